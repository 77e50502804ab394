package ring

import (
	"runtime"
	"sync/atomic"
)

// rescue takes what a flood overwrites before it has left the window, as far as
// it could be wanted among the keeps: the last actions and the last failures of
// each service, and the slowest of each action. Writers share it without
// waiting for one another.
type rescue struct {
	some     atomic.Bool // there is somebody on one of the rafts
	actions  [maxServices]atomic.Pointer[raft]
	failures [maxServices]atomic.Pointer[raft]
	slow     [maxPairs + maxServices]atomic.Pointer[raft]
}

// raft holds some that were rescued. It has room for more than are wanted, so
// that two writers seldom meet.
type raft struct {
	next  atomic.Uint64
	full  atomic.Bool  // there is somebody on it
	floor atomic.Int64 // of the slowest: no shorter duration finds a seat
	seats []seat
}

type seat struct {
	taken atomic.Bool // locked
	a     kept        // number 0 is none
}

const (
	lastSeats = keepLast + keepLast/3
	slowSeats = keepSlow + keepSlow/2
)

// save copies the record of action n, whose slot the caller holds for writing.
func (r *Ring) save(n uint64, nm *name, rec *record) {
	side := ""
	if rec.sideLen != 0 {
		side = string(r.side.at(rec.side, int(rec.sideLen)))
	}
	raftOf(&r.rescue.actions[nm.svc], lastSeats).board(n, rec, side, isNewer)
	if rec.flags&failed != 0 {
		raftOf(&r.rescue.failures[nm.svc], lastSeats).board(n, rec, side, isNewer)
	}
	if rec.duration > r.counts.keeps.floors[nm.pair].Load() {
		slow := raftOf(&r.rescue.slow[nm.pair], slowSeats)
		if rec.duration > slow.floor.Load() && !slow.board(n, rec, side, isSlower) {
			slow.floor.Store(rec.duration)
		}
	}
	if !r.rescue.some.Load() {
		r.rescue.some.Store(true)
	}
}

func isNewer(n uint64, _ *record, than *kept) bool { return n > than.number }

func isSlower(n uint64, rec *record, than *kept) bool {
	return rec.duration > than.rec.duration || rec.duration == than.rec.duration && n > than.number
}

func raftOf(p *atomic.Pointer[raft], seats int) *raft {
	if f := p.Load(); f != nil {
		return f
	}
	p.CompareAndSwap(nil, &raft{seats: make([]seat, seats)})
	return p.Load()
}

// board gives an action a seat that is free, or whose action is less, and
// reports whether there was one.
func (f *raft) board(n uint64, rec *record, side string, isMore func(uint64, *record, *kept) bool) bool {
	for range len(f.seats) {
		s := &f.seats[f.next.Add(1)%uint64(len(f.seats))]
		if !s.taken.CompareAndSwap(false, true) {
			continue
		}
		boarded := s.a.number == 0 || isMore(n, rec, &s.a)
		if boarded {
			s.a.number, s.a.rec = n, *rec
			if side != s.a.side {
				s.a.side = side
			}
		}
		s.taken.Store(false)
		if boarded {
			if !f.full.Load() {
				f.full.Store(true)
			}
			return true
		}
	}
	return false
}

// take moves what was rescued since the last call to the end of list, in any
// order, some perhaps twice.
func (x *rescue) take(list []kept) []kept {
	if !x.some.Swap(false) {
		return list
	}
	for i := range x.actions {
		list = x.actions[i].Load().empty(list)
		list = x.failures[i].Load().empty(list)
	}
	for i := range x.slow {
		list = x.slow[i].Load().empty(list)
	}
	return list
}

func (f *raft) empty(list []kept) []kept {
	if f == nil || !f.full.Swap(false) {
		return list
	}
	f.floor.Store(0)
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
