package archive_test

import (
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// TestLongActionIsCut writes actions whose lines nobody would read back as they
// are: they are cut, the actions themselves are not touched, and what lies
// around them stays.
func TestLongActionIsCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		bytes  int
		wanted int
	}{
		{"fits", storage.MaxJSON - 600, storage.MaxJSON - 600},
		{"does-not", storage.MaxJSON, storage.MaxError},
		{"many-times", 20 * storage.MaxJSON, storage.MaxError},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			w := openWriter(t, dir, archive.Options{})
			batch := newMaker(time.Now()).next(3)
			batch[1].Status, batch[1].Error = storage.Failed, strings.Repeat("x", c.bytes)
			write(t, w, batch)
			rotate(t, w)
			if len(batch[1].Error) != c.bytes {
				t.Error("the caller's action was cut")
			}
			got, problems := readAll(t, dir, storage.Query{})
			if len(problems) > 0 || len(got) != 3 || len(got[1].Error) != c.wanted {
				t.Errorf("%d actions read, problems %v", len(got), problems)
			}
			if s := w.Status(); s.Written != 3 {
				t.Errorf("the status is %+v", s)
			}
		})
	}
}
