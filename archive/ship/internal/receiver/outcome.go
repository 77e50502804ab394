package receiver

import (
	"iter"
	"slices"
	"testing"

	"actionlog/archive/ship"
	"actionlog/storage"
)

// CheckOutcome checks that an outcome for n actions is one: indexes in order,
// within the batch, and none in both lists.
func CheckOutcome(t testing.TB, out ship.Outcome, n int) {
	t.Helper()
	var all []int
	last := -1
	for _, i := range out.Retry {
		if i <= last {
			t.Fatalf("Retry is not ascending: %v", out.Retry)
		}
		last = i
		all = append(all, i)
	}
	last = -1
	for _, r := range out.Refused {
		if r.Index <= last {
			t.Fatalf("Refused is not ascending: %v", out.Refused)
		}
		last = r.Index
		all = append(all, r.Index)
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Fatalf("an action is in both lists: %+v", out)
	}
	if len(all) > 0 && (all[0] < 0 || all[len(all)-1] >= n) {
		t.Fatalf("an index is not of the batch of %d: %+v", n, out)
	}
}

// Parts cuts a batch.
func Parts(batch []storage.Action, n int) iter.Seq[[]storage.Action] { return slices.Chunk(batch, n) }

// Drop takes names out of a row, and what is empty.
func Drop(row map[string]string, names ...string) map[string]string {
	for _, name := range names {
		delete(row, name)
	}
	for name, value := range row {
		if value == "" {
			delete(row, name)
		}
	}
	return row
}
