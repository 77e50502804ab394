package ring

import (
	"cmp"
	"runtime"
	"slices"
	"sync/atomic"
)

// rescue takes what a flood overwrites before it has left the window, as far as
// it could be wanted among the keeps: the last actions and the last failures of
// each service. Writers share it without waiting for one another.
type rescue struct {
	actions  [maxServices]atomic.Pointer[raft]
	failures [maxServices]atomic.Pointer[raft]
}

// raft holds the last that were rescued of a service. It has room for more than
// are wanted, so that two writers seldom meet.
type raft struct {
	next  atomic.Uint64
	full  atomic.Bool // there is somebody on it
	seats [4 * keepLast / 3]seat
}

type seat struct {
	taken atomic.Bool // locked
	a     kept        // number 0 is none
}

// save copies the record of action n, whose slot the caller holds for writing.
func (r *Ring) save(n uint64, rec *record) {
	svc := r.names.at(rec.handle).svc
	a := kept{number: n, rec: *rec}
	if rec.sideLen != 0 {
		a.side = string(r.side.at(rec.side, int(rec.sideLen)))
	}
	board(&r.rescue.actions[svc], a)
	if rec.flags&failed != 0 {
		board(&r.rescue.failures[svc], a)
	}
}

func board(p *atomic.Pointer[raft], a kept) {
	f := p.Load()
	if f == nil {
		p.CompareAndSwap(nil, new(raft))
		f = p.Load()
	}
	for range 8 {
		s := &f.seats[f.next.Add(1)%uint64(len(f.seats))]
		if s.taken.CompareAndSwap(false, true) {
			s.a = a
			s.taken.Store(false)
			f.full.Store(true)
			return
		}
	}
}

// take returns what was rescued since the last call, oldest first.
func (x *rescue) take() (list []kept) {
	for i := range x.actions {
		list = x.actions[i].Load().empty(list)
		list = x.failures[i].Load().empty(list)
	}
	slices.SortFunc(list, func(a, b kept) int { return cmp.Compare(a.number, b.number) })
	return slices.CompactFunc(list, func(a, b kept) bool { return a.number == b.number })
}

// empty moves what is on the raft to the end of list.
func (f *raft) empty(list []kept) []kept {
	if f == nil || !f.full.Swap(false) {
		return list
	}
	for i := range f.seats {
		s := &f.seats[i]
		for !s.taken.CompareAndSwap(false, true) {
			runtime.Gosched() // a writer is copying
		}
		if s.a.number != 0 {
			list = append(list, s.a)
			s.a = kept{}
		}
		s.taken.Store(false)
	}
	return list
}
