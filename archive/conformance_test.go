package archive_test

import (
	"context"
	"sync"
	"testing"

	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/storetest"
)

// TestConformance runs the suite of all stores on an archive: once with all
// lines in one plain file, once with a file sealed after each few batches.
func TestConformance(t *testing.T) {
	for name, every := range map[string]int{"plain": 0, "sealed": 1, "mixed": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) storetest.Store { return openStore(t, every) })
		})
	}
}

// openStore returns an archive that is rotated after every so many batches; 0
// for never.
func openStore(t *testing.T, every int) storetest.Store {
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{MaxAge: -1})
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a.OnProblem = func(err error) { t.Errorf("search of a sound archive: %v", err) }
	var mu sync.Mutex
	batches := 0
	put := func(ctx context.Context, batch []storage.Action) error {
		if err := w.Write(ctx, batch); err != nil {
			return err
		}
		mu.Lock()
		batches++
		turn := every > 0 && batches%every == 0
		mu.Unlock()
		if turn {
			return w.Rotate(ctx)
		}
		return nil
	}
	return storetest.Store{Searcher: a, Put: put, Concurrent: true}
}
