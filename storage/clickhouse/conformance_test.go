package clickhouse_test

import (
	"context"
	"os"
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

// shorter leaves out rules that take long and that TestConformance holds to by the
// same code, unless all are asked for by ACTIONLOG_LONG=1.
func shorter(s storetest.Store, rules ...string) storetest.Store {
	if os.Getenv("ACTIONLOG_LONG") != "1" {
		for _, rule := range rules {
			s.Skip[rule] = "TestConformance has it; ACTIONLOG_LONG=1 runs it here, too"
		}
	}
	return s
}

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
		return shorter(suite(s, func(ctx context.Context, batch []storage.Action) error {
			if err := s.Tidy(ctx); err != nil {
				return err
			}
			if err := s.Insert(ctx, batch); err != nil {
				return err
			}
			return s.Tidy(ctx)
		}), "fields", "hostile-text", "ids", "ownership", "cursor", "invalid", "context", "concurrent", "paging", "paging-live", "text", "bounds", "order", "limit", "filter", "actions")
	})
}
