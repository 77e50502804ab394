package sqlite_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

// TestCancelWhileReading ends a search that has found something and goes on to
// look through everything else.
func TestCancelWhileReading(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, 15_000)
	list[len(list)-1].Action = "needle"
	write(t, s, list)
	for _, q := range []storage.Query{{Text: "needle"}, {Text: "nowhere"}, {Text: "nowhere", Sort: storage.SlowestFirst}} {
		var err error
		for try := 0; err == nil && try < 20; try++ { // what is measured may have waited for the machine
			began := time.Now()
			if _, err := s.Search(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Since(began)/4)
			_, err = s.Search(ctx, q)
			cancel()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: got the error %v, want the context's", q.Values(), err)
		}
		if _, err := s.Search(t.Context(), storage.Query{Limit: 1}); err != nil {
			t.Errorf("after one that was cancelled: %v", err)
		}
	}
}

// cancelling is a context that is done after it was asked so many times.
type cancelling struct {
	context.Context
	left int
}

func (c *cancelling) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestCancelWhileWriting ends a write at each of its steps: nothing of it is
// kept, and the same write goes well later.
func TestCancelWhileWriting(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t), sqlite.Options{MaxAge: -1})
	process := storage.NewProcess(noon)
	list := some(&process, noon, 300)
	for steps := 0; ; steps++ {
		err := s.Write(&cancelling{t.Context(), steps}, list)
		if err == nil {
			if steps < 10 {
				t.Errorf("a write of 300 actions was not cancelled after %d steps", steps)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("step %d: got the error %v, want the context's", steps, err)
		}
		if n := total(t, s, storage.Query{}); n != 0 {
			t.Fatalf("step %d: %d actions of a cancelled write were kept", steps, n)
		}
	}
	if n := total(t, s, storage.Query{}); n != len(list) {
		t.Errorf("%d actions, want %d", n, len(list))
	}
}
