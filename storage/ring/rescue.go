package ring

import (
	"sync"
	"sync/atomic"
)

// rescue takes what a flood overwrites before it has left the window, as far as
// it could be wanted among the keeps: of each service at most keepLast actions and
// keepLast failures between two countings. The flooding service's own are soon
// too many and cost no more than a look.
type rescue struct {
	actions  [maxServices]atomic.Int32 // rescued since the last counting
	failures [maxServices]atomic.Int32

	mu   sync.Mutex // held to add one, or to take all
	list []kept
}

// save copies the record of action n, whose slot the caller holds for writing,
// if its service has room.
func (r *Ring) save(n uint64, rec *record) {
	svc := r.names.at(rec.handle).svc
	wanted := r.rescue.actions[svc].Load() < keepLast && r.rescue.actions[svc].Add(1) <= keepLast
	if rec.flags&failed != 0 && r.rescue.failures[svc].Load() < keepLast && r.rescue.failures[svc].Add(1) <= keepLast {
		wanted = true
	}
	if !wanted {
		return
	}
	a := kept{number: n, rec: *rec}
	if rec.sideLen != 0 {
		a.side = string(r.side.at(rec.side, int(rec.sideLen)))
	}
	r.rescue.mu.Lock()
	r.rescue.list = append(r.rescue.list, a)
	r.rescue.mu.Unlock()
}

// take returns what was rescued, and begins anew.
func (x *rescue) take() []kept {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := x.list
	if len(list) == 0 {
		return nil
	}
	x.list = nil
	for i := range x.actions {
		x.actions[i].Store(0)
		x.failures[i].Store(0)
	}
	return list
}
