package adminapi_test

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"time"

	"actionlog/storage"
)

// bare is a store that can do nothing but search.
type bare struct{ storage.Searcher }

// broken is a store that fails in every way in which a store can.
type broken struct{ err error }

func (b broken) fail() error {
	if b.err == nil {
		panic(fmt.Sprintf("index out of range [%d]", 7))
	}
	return b.err
}

func (b broken) Search(context.Context, storage.Query) (storage.Page, error) {
	return storage.Page{}, b.fail()
}

func (b broken) Stats(context.Context, storage.Query) (storage.Stats, error) {
	return storage.Stats{}, b.fail()
}

func (b broken) Clear(context.Context) error { return b.fail() }

func (b broken) Active(context.Context) ([]storage.Running, error) { return nil, b.fail() }

func (b broken) Slow(context.Context, storage.Query) ([]storage.Action, error) { return nil, b.fail() }

func (b broken) Actions(context.Context, storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) { yield(storage.Action{}, b.fail()) }
}

func (b broken) Errors(context.Context, storage.Query) ([]storage.ErrorGroup, error) {
	return nil, b.fail()
}

func (b broken) Series(context.Context, storage.Query, time.Duration) ([]storage.Point, error) {
	return nil, b.fail()
}

// empty is a store of nothing, with every map and slice nil.
type empty struct{}

func (empty) Search(context.Context, storage.Query) (storage.Page, error) { return storage.Page{}, nil }

func (empty) Stats(context.Context, storage.Query) (storage.Stats, error) {
	return storage.Stats{}, nil
}

func (empty) Active(context.Context) ([]storage.Running, error) { return nil, nil }

func (empty) Slow(context.Context, storage.Query) ([]storage.Action, error) { return nil, nil }

func (empty) Errors(context.Context, storage.Query) ([]storage.ErrorGroup, error) { return nil, nil }

func (empty) Series(context.Context, storage.Query, time.Duration) ([]storage.Point, error) {
	return nil, nil
}

// busy is a store with requests in flight of exactly known ages.
type busy struct{ empty }

func (busy) Active(context.Context) ([]storage.Running, error) {
	return []storage.Running{
		{Began: noon, Age: 1499 * time.Microsecond, Service: "s", Action: "job"},
		{
			Began: noon.Add(-3 * time.Second).In(time.FixedZone("", 3600)), Age: 3000500 * time.Microsecond, Service: "CaseService", Action: "POST /cases/{id}",
			Method: "POST", Path: "/cases/7?a=1&b=2", Remote: netip.MustParseAddr("::1"), RequestID: "req-9",
		},
	}, nil
}

func startOf(method, path string) *storage.Start {
	return &storage.Start{Method: method, Path: path, Remote: netip.MustParseAddr("127.0.0.1")}
}
