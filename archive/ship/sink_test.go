package ship_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/storage"
)

// TestSink delivers into another archive, which is a sink.
func TestSink(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 35)
	copied := t.TempDir()
	w := openWriter(t, copied, archive.Options{})
	to := ship.To(w)
	s := open(t, dir, to, fast())
	catchUp(t, s)
	a, err := archive.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.Search(t.Context(), storage.Query{Sort: storage.OldestFirst})
	if err != nil || !slices.Equal(ids(page.Actions), ids(list)) {
		t.Errorf("the copy has %d actions, %v", len(page.Actions), err)
	}
	text, err := to.(ship.Previewer).Preview(&list[0])
	if want := string(list[0].AppendJSON(nil)) + "\n"; err != nil || string(text) != want {
		t.Errorf("the preview is %s, %v", text, err)
	}
}

// sink is a sink that refuses, and shows what it would write.
type sink struct{ wrote []storage.Action }

func (s *sink) Write(_ context.Context, batch []storage.Action) error {
	if len(batch) > 3 {
		return &ship.BatchError{Kind: ship.TooLarge, Err: errors.New("too many")}
	}
	s.wrote = append(s.wrote, batch...)
	return nil
}

func (*sink) Preview(*storage.Action) ([]byte, error) { return []byte("INSERT"), nil }

// TestSinkTells lets a sink say what is to be done about a batch, and show what it
// writes.
func TestSinkTells(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	to := &sink{}
	catchUp(t, open(t, dir, ship.To(to), fast()))
	if !slices.Equal(ids(to.wrote), ids(list)) {
		t.Errorf("%d were written", len(to.wrote))
	}
	if text, err := ship.To(to).(ship.Previewer).Preview(&list[0]); err != nil || string(text) != "INSERT" {
		t.Errorf("the preview is %s, %v", text, err)
	}
}

// TestKinds names the kinds of errors.
func TestKinds(t *testing.T) {
	t.Parallel()
	var names []string
	for k := range ship.Kind(4) {
		names = append(names, k.String())
	}
	if got := strings.Join(names, ", "); got != "unavailable, too large, refused, kind 3" {
		t.Errorf("the kinds are %s", got)
	}
}
