package clickhouse_test

import (
	"context"
	"testing"

	"actionlog/storage"
	"actionlog/storage/clickhouse"
	"actionlog/storage/storetest"
)

// suite returns a store for the suite. Writes are followed by what then does.
func suite(s *clickhouse.Store, then func(ctx context.Context, batch []storage.Action) error) storetest.Store {
	return storetest.Store{
		Searcher: s, Close: s.Close, Concurrent: true,
		Put: func(ctx context.Context, batch []storage.Action) error {
			if err := s.Write(ctx, batch); err != nil {
				return err
			}
			return then(ctx, batch)
		},
		Skip: map[string]string{"follow-closed": "a closed store has no connection over which to read what is left"},
	}
}

func nothing(context.Context, []storage.Action) error { return nil }

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s, _, _ := openNew(t)
		return suite(s, nothing)
	})
}

// TestConformanceWithRepeats inserts every batch twice, with the roll-ups made
// between, and again after.
func TestConformanceWithRepeats(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s, _, _ := openNew(t)
		return suite(s, func(ctx context.Context, batch []storage.Action) error {
			if err := s.Tidy(ctx); err != nil {
				return err
			}
			if err := s.Insert(ctx, batch); err != nil {
				return err
			}
			return s.Tidy(ctx)
		})
	})
}
