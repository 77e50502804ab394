package storage_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/ring"
	"actionlog/storage/sqlite"
)

// moving is an archive beside which something happens whenever it is asked.
type moving struct {
	*archive.Archive
	asked func()
}

func (m *moving) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	defer m.asked()
	return m.Archive.Search(ctx, q)
}

func (m *moving) Sums(ctx context.Context, q storage.Query) (*storage.Summer, error) {
	defer m.asked()
	return m.Archive.Sums(ctx, q)
}

func (m *moving) Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error) {
	defer m.asked()
	return m.Archive.Series(ctx, q, step)
}

func (m *moving) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) {
		defer m.asked()
		m.Archive.Actions(ctx, q)(yield)
	}
}

// lagging is a database that loses an hour after each answer.
type lagging struct {
	*sqlite.Store
	asked func()
}

func (l *lagging) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	defer l.asked()
	return l.Store.Search(ctx, q)
}

// TestTiersWhileRetentionMoves asks for everything while the database lets go
// of its oldest hours, which the archive has.
func TestTiersWhileRetentionMoves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begin := time.Now().UTC().Truncate(time.Hour).Add(-40 * time.Hour)
	process := storage.NewProcess(begin)
	var list []storage.Action
	for i := range 400 {
		list = append(list, storage.Action{Time: begin.Add(time.Duration(i) * 6 * time.Minute), Service: "CaseService", Action: fmt.Sprint(i), Status: storage.Success, Duration: time.Duration(i), ID: process.ID(uint64(i + 1))})
	}
	folder := filepath.Join(dir, "archive")
	files, err := archive.OpenWriter(folder, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	var ahead atomic.Int64
	ahead.Store(-int64(time.Since(begin))) // it was made before all of them
	db, err := sqlite.Open(filepath.Join(dir, "actions.sqlite"), sqlite.Options{MaxAge: 30 * time.Hour, House: time.Hour, Now: func() time.Time {
		return time.Now().Add(time.Duration(ahead.Load()))
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, err := range []error{files.Write(t.Context(), list), files.Close(), db.Write(t.Context(), list)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ahead.Store(0)
	if err := db.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := 0
	move := func() {
		if left > 0 {
			left--
			ahead.Add(int64(time.Hour))
			if err := db.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	tiers := storage.Tiers(ring.New(ring.Options{}), &lagging{db, move}, &moving{sealed, move})
	for round := range 6 {
		left = 2
		n := 0
		for a, err := range tiers.Actions(t.Context(), storage.Query{}) {
			if err != nil || a.Action != fmt.Sprint(n) {
				t.Fatalf("round %d, Actions: got %s, %v; want %d", round, a.Action, err, n)
			}
			n++
		}
		if n != len(list) {
			t.Errorf("round %d, Actions: %d, want %d", round, n, len(list))
		}
		left = 2
		st, err := tiers.Stats(t.Context(), storage.Query{Status: storage.Success})
		if err != nil || st.Total != int64(len(list)) {
			t.Errorf("round %d, Stats: %d, %v; want %d", round, st.Total, err, len(list))
		}
		left = 2
		points, err := tiers.Series(t.Context(), storage.Query{}, time.Hour)
		var sum int64
		for i := range points {
			sum += points[i].Total
		}
		if err != nil || sum != int64(len(list)) {
			t.Errorf("round %d, Series: %d, %v; want %d", round, sum, err, len(list))
		}
		left = 1
		page, err := tiers.Search(t.Context(), storage.Query{Limit: storage.NoLimit})
		if err != nil || len(page.Actions) != len(list) {
			t.Errorf("round %d, Search: %d, %v; want %d", round, len(page.Actions), err, len(list))
		}
	}
}
