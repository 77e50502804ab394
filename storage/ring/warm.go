package ring

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"actionlog/storage"
)

// warmth is what a ring was warmed with: the ids of the actions with the first
// numbers, which are not this process's.
type warmth struct {
	ids     []storage.ID // by number, from 1 on
	numbers map[storage.ID]uint64
}

// Warm fills a new ring with actions that an earlier process recorded, such as
// a database has them, in any order. They keep their ids and answer queries,
// as if they had been recorded here, up to the ring's whole capacity; but no
// pump writes them, no cursor begins before them unless it is asked to go on
// behind one of them, and neither Lifetime nor Totals counts them.
//
// It is called before anything is recorded, and returns an error if something
// was.
func (r *Ring) Warm(actions []storage.Action) error {
	if n := r.head.Load(); n != 0 {
		return fmt.Errorf("warm the ring: %d actions are in it already; allowed is to warm a new one", n)
	}
	list := slices.Clone(actions)
	slices.SortFunc(list, func(x, y storage.Action) int {
		return cmp.Or(x.Time.Compare(y.Time), strings.Compare(string(x.ID), string(y.ID)))
	})
	list = list[max(0, len(list)-len(r.slots)):]
	w := &warmth{ids: make([]storage.ID, len(list)), numbers: make(map[storage.ID]uint64, len(list))}
	for i := range list {
		w.ids[i] = list[i].ID
		w.numbers[list[i].ID] = uint64(i + 1)
	}
	r.warmth.Store(w)
	for i := range list {
		r.Record(list[i])
	}
	d := &r.counts
	d.mu.Lock()
	defer d.mu.Unlock()
	r.catchUp()
	d.life, d.accounts = storage.Counts{}, accounts{}
	return nil
}

// warmed returns how many numbers are those of actions that were warmed with.
func (r *Ring) warmed() uint64 {
	if w := r.warmth.Load(); w != nil {
		return uint64(len(w.ids))
	}
	return 0
}

// number returns the number of an id that the ring has given, or was warmed
// with.
func (r *Ring) number(id storage.ID) (uint64, bool) {
	if w := r.warmth.Load(); w != nil {
		if n, ok := w.numbers[id]; ok {
			return n, true
		}
	}
	return r.process.Number(id)
}

// appendID appends the id of action n.
func (r *Ring) appendID(dst []byte, n uint64) []byte {
	if w := r.warmth.Load(); w != nil && 0 < n && n <= uint64(len(w.ids)) {
		return append(dst, w.ids[n-1]...)
	}
	return r.process.AppendID(dst, n)
}
