package ring

import (
	"slices"
	"sync/atomic"
)

// progress says how far the counting has come, to writers that are about to
// overwrite what it may not have counted yet. That spares it two locked
// instructions for each slot, half of what counting an action costs.
//
// The counting announces up to where it will read, and then looks whether anybody
// has a number already with which he could overwrite one of those. If so it locks
// slot by slot, and marks each as counted. If not, whoever gets such a number
// later looks at progress between getting it and taking the slot. So he sees the
// announcement, and lets the slot be, or he sees that the reading is over, and
// what he writes comes after what was read.
//
// In the same order a writer learns whether the action in the slot was counted:
// up to done it was, unless it is among the late ones. What he sees may be old,
// but not so that it matters: if the action is counted after he looked, it is
// counted by itself, for which its slot is locked or marked, and he cannot take
// the slot as he saw it.
type progress struct {
	done  atomic.Uint64            // up to here all have been looked at
	reach atomic.Uint64            // up to here they are being read, if beyond done
	lates atomic.Pointer[[]uint64] // of those up to done, the ones that were not there yet
}

// begin announces that the actions after n, up to to, are read now, and reports
// whether that may go without locking their slots.
func (p *progress) begin(r *Ring, n, to uint64) (quiet bool) {
	p.reach.Store(to)
	if r.head.Load()-n <= uint64(len(r.slots)) {
		return true
	}
	p.reach.Store(n) // a flood: whoever has a number already may not have seen it
	return false
}

// end says that all up to number n have been looked at. Late ones have been told.
func (p *progress) end(n uint64) {
	p.reach.Store(n)
	p.done.Store(n)
}

// tellLate says which up to done were not there when they were looked at.
func (p *progress) tellLate(numbers []uint64) {
	if len(numbers) == 0 {
		p.lates.Store(nil)
		return
	}
	list := slices.Clone(numbers)
	p.lates.Store(&list)
}

// of says about action n, which lies in a slot of that state, whether it was
// counted, and whether it may be just being read without a lock. The caller has
// a number for the slot, and has not taken it yet.
func (p *progress) of(n, state uint64) (isCounted, isRead bool) {
	if state&counted != 0 {
		return true, false
	}
	if n > p.done.Load() {
		return false, n <= p.reach.Load()
	}
	lates := p.lates.Load()
	return lates == nil || !slices.Contains(*lates, n), false
}
