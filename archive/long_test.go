package archive_test

import (
	"math"
	"path/filepath"
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

// TestBadLineKeepsRange checks that a line which is no action does not make a
// member one of all times, and is told where it is read.
func TestBadLineKeepsRange(t *testing.T) {
	t.Parallel()
	batch := newMaker(day0).next(3)
	const bad = "{\"bad\":1}\n"
	for _, c := range []struct {
		name, text string
		from, to   time.Time
	}{
		{"among-others", lines(batch[:1]) + bad + lines(batch[1:]), batch[0].Time, batch[2].Time},
		{"alone", bad, time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sealed := packed(t, c.text)
			members, err := archive.Members(sealed)
			if err != nil || len(members) != 1 || !members[0].From.Equal(c.from) || !members[0].To.Equal(c.to) {
				t.Errorf("the members are %+v, %v; want from %s to %s", members, err, c.from, c.to)
			}
			for _, text := range []string{c.text, string(sealed)} {
				dir := t.TempDir()
				put(t, filepath.Join(dir, "actions-2026-11-22.jsonl"), text)
				got, problems := readAll(t, dir, storage.Query{})
				if len(got) != strings.Count(c.text, "\n")-1 || len(problems) != 1 {
					t.Errorf("%d actions read, problems %v", len(got), problems)
				}
			}
		})
	}
}
