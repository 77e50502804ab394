package storage_test

import (
	"testing"

	"actionlog/storage"
)

func TestAfter(t *testing.T) {
	t.Parallel()
	q := storage.Query{Sort: storage.SlowestFirst, Limit: 1}
	if key, id, ok := compile(t, q).After(); ok || key != 0 || id != "" {
		t.Errorf("the first page is after %d and %q", key, id)
	}
	c := storage.NewCollector(compile(t, q))
	for _, a := range []storage.Action{{ID: "a", Duration: 2}, {ID: "b", Duration: 3}, {ID: "c", Duration: 1}} {
		c.Offer(&a)
	}
	q.Cursor = c.Page("").Next
	if key, id, ok := compile(t, q).After(); !ok || key != 3 || id != "b" {
		t.Errorf("the second page is after %d and %q, %v; want 3 and b", key, id, ok)
	}
}
