package ring_test

import (
	"context"
	"testing"

	"actionlog/storage"
	"actionlog/storage/ring"
	"actionlog/storage/storetest"
)

func TestConformance(t *testing.T) {
	for name, opts := range map[string]ring.Options{
		"default": {},
		"wide":    {Window: 100_000},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Store {
				r := ring.New(opts)
				return storetest.Store{
					Searcher: r,
					Put: func(_ context.Context, batch []storage.Action) error {
						for _, a := range batch {
							r.Record(a)
						}
						return nil
					},
					Close:      func() error { return r.Close(context.Background()) },
					AssignsIDs: true,
					Concurrent: true,
					Overrun:    300_000,
				}
			})
		})
	}
}
