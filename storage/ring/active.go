package ring

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"actionlog/storage"
)

// A place's state: token<<8 | flags. Without flags it is free.
const (
	placeLive   = 1 // something is in flight there
	placeListed = 2 // a lister reads it
	placeEnded  = 4 // ended while a lister read it; the lister frees it
)

// place is where one thing in flight is kept. Whoever has the place writes it
// while it is free, and a lister reads it while it holds it: neither waits for
// the other. It has cache lines of its own.
type place struct {
	state  atomic.Uint64
	token  uint64 // of the last one that began here
	table  *active
	mono   int64
	handle storage.Handle
	shared bool // by all who have no place of their own
	what   storage.Start
}

// active is all the places. It has weak pointers to them, so that a place goes
// together with who has it, or when the garbage collector empties spare.
type active struct {
	spare  sync.Pool // of places for those who have none
	mu     sync.Mutex
	places []weak.Pointer[place]
}

func (t *active) init() {
	t.spare.New = func() any { return t.add(true) }
}

// add makes a place.
func (t *active) add(shared bool) *place {
	p := &place{table: t, shared: shared}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.places) == cap(t.places) {
		t.places = slices.DeleteFunc(t.places, func(w weak.Pointer[place]) bool { return w.Value() == nil })
		t.places = slices.Grow(t.places, len(t.places)+64)
	}
	t.places = append(t.places, weak.Make(p))
	return p
}

// all calls do with each place.
func (t *active) all(do func(*place)) {
	t.mu.Lock()
	places := slices.Clone(t.places) // who wants a place does not wait for a lister
	t.mu.Unlock()
	for _, w := range places {
		if p := w.Value(); p != nil {
			do(p)
		}
	}
}

// begin registers something that began at mono.
func (t *active) begin(mono int64, h storage.Handle, s *storage.Start) storage.Active {
	p, _ := s.Place.(*place)
	if p == nil || p.table != t || p.state.Load() != 0 { // a lister may hold it still
		p = t.spare.Get().(*place)
	}
	p.token++
	p.mono, p.handle, p.what = mono, h, *s
	p.state.Store(p.token<<8 | placeLive)
	return storage.Active{Mono: mono, Token: p.token, Place: p}
}

// end frees the place of what began. A second end of the same one does nothing.
func (t *active) end(a *storage.Active) {
	p, _ := a.Place.(*place)
	if p == nil {
		return
	}
	live := a.Token<<8 | placeLive
	for !p.state.CompareAndSwap(live, 0) { // a lister holds it, or it has ended before
		if p.state.CompareAndSwap(live|placeListed, live|placeListed|placeEnded) || p.state.Load()&^placeListed != live {
			return
		}
	}
	if p.shared {
		t.spare.Put(p)
	}
}

// read returns a copy of the place if something is in flight there.
func (p *place) read() (mono int64, h storage.Handle, s storage.Start, ok bool) {
	state, ok := p.hold()
	if !ok {
		return 0, 0, storage.Start{}, false
	}
	mono, h, s = p.mono, p.handle, p.what
	return mono, h, s, p.release(state)
}

// hold keeps the place from being written, if something is in flight there.
func (p *place) hold() (state uint64, ok bool) {
	state = p.state.Load()
	return state, state&0xff == placeLive && p.state.CompareAndSwap(state, state|placeListed)
}

// release undoes hold, and reports whether it is still in flight.
func (p *place) release(state uint64) bool {
	if p.state.CompareAndSwap(state|placeListed, state) {
		return true
	}
	p.state.Store(0) // it ended meanwhile
	return false
}

// Active returns what is in flight now, longest-running first. Queries are left
// out. Names are those known when the action began: of a request whose route is
// not known yet, only method and path.
func (r *Ring) Active(ctx context.Context) ([]storage.Running, error) {
	if r.closed.Load() {
		return nil, storage.ErrClosed
	}
	now := time.Now()
	mono := r.clock.mono()
	list := []storage.Running{}
	r.active.all(func(p *place) {
		began, h, s, ok := p.read()
		if !ok {
			return
		}
		age, name := durationOf(max(mono-began, 0)), r.names.at(h)
		path, _, _ := strings.Cut(s.Path, "?")
		list = append(list, storage.Running{
			Began: now.Add(-age), Age: age, Service: name.service, Action: name.action,
			Method: tidy(s.Method, 32), RequestID: tidy(s.RequestID, storage.MaxRequestID),
			Path: tidy(path, storage.MaxPath), Remote: s.Remote.Unmap().WithZone(""),
		})
	})
	slices.SortFunc(list, func(x, y storage.Running) int { return cmp.Compare(y.Age, x.Age) })
	return list, ctx.Err()
}

// InFlight returns how many actions are in flight.
func (r *Ring) InFlight() (n int) {
	r.active.all(func(p *place) {
		if p.state.Load()&(placeLive|placeEnded) == placeLive {
			n++
		}
	})
	return n
}

func durationOf(ns int64) time.Duration { return time.Duration(ns) }
