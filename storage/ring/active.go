package ring

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

// The table of what is in flight: 4096 entries of 128 bytes. What begins while
// eight entries tried are taken is counted and not listed.
const (
	activeBits  = 12
	activeTries = 8
	listed      = 1 << activeBits // set in the token of what has an entry
	notListed   = 1<<32 - 1
)

// An entry's state: serial<<8 | flags. 0 is free.
const (
	entryLocked = 1 // being written, or read by a lister
	entryLive   = 2
	entryEnded  = 4 // ended while a lister read it; the lister frees it
)

// entry is one request in flight.
type entry struct {
	state   atomic.Uint64
	mono    int64
	handle  storage.Handle
	flags   uint8 // remote4 or remote6
	method  uint8 // lengths of the texts
	request uint8
	path    uint8
	remote  [16]byte
	text    [88]byte
}

type active struct {
	entries []entry
	listing sync.Mutex // held by who lists; never by who begins or ends
	_       [64]byte
	hidden  atomic.Int64 // in flight and not listed
	_       [56]byte
}

func (t *active) init() { t.entries = make([]entry, 1<<activeBits) }

// begin registers something that began at mono.
func (t *active) begin(mono int64, h storage.Handle, s *storage.Start) storage.Active {
	serial := uint32(mono) // all but surely another one than an entry had before
	token := s.Near
	if token == 0 {
		token = rand.Uint32()
	}
	for range activeTries {
		token &= 1<<activeBits - 1
		e := &t.entries[token]
		if e.state.Load() == 0 && e.state.CompareAndSwap(0, entryLocked) {
			e.mono, e.handle = mono, h
			e.set(s)
			e.state.Store(uint64(serial)<<8 | entryLive)
			return storage.Active{Mono: mono, Token: token | listed, Serial: serial}
		}
		token = rand.Uint32()
	}
	t.hidden.Add(1)
	return storage.Active{Mono: mono, Token: notListed}
}

func (e *entry) set(s *storage.Start) {
	e.flags = 0
	if s.Remote.IsValid() {
		e.flags = putAddr(&e.remote, s.Remote)
	}
	n := copy(e.text[:16], s.Method)
	e.method = uint8(n)
	m := 0
	if len(s.RequestID) <= 48 {
		m = copy(e.text[n:], s.RequestID)
	}
	e.request = uint8(m)
	path := s.Path
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i] // a secret cut in half is not known any more
	}
	e.path = uint8(copy(e.text[n+m:], path))
}

// end frees what begin registered. A second end of the same one does nothing.
func (t *active) end(a storage.Active) {
	if a.Token == notListed {
		t.hidden.Add(-1)
		return
	}
	e := &t.entries[a.Token&(1<<activeBits-1)]
	live := uint64(a.Serial)<<8 | entryLive
	if e.state.CompareAndSwap(live, 0) {
		return
	}
	for { // a lister holds it, or it has ended before
		if e.state.CompareAndSwap(live|entryLocked, live|entryLocked|entryEnded) || e.state.CompareAndSwap(live, 0) {
			return
		}
		if e.state.Load()&^(entryLocked) != live {
			return
		}
	}
}

// copyLive copies the entry if it is live.
func (e *entry) copyLive(to *entry) bool {
	state := e.state.Load()
	if state&0xff != entryLive || !e.state.CompareAndSwap(state, state|entryLocked) {
		return false
	}
	to.mono, to.handle, to.flags, to.remote = e.mono, e.handle, e.flags, e.remote
	to.method, to.request, to.path, to.text = e.method, e.request, e.path, e.text
	if !e.state.CompareAndSwap(state|entryLocked, state) {
		e.state.Store(0) // it ended meanwhile
		return false
	}
	return true
}

// Active returns what is in flight now, longest-running first. Beyond some
// thousands at once not all are listed; long paths are cut, and queries left
// out. Names are those
// known when the action began: of a request whose route is not known yet, only
// method and path.
func (r *Ring) Active(ctx context.Context) ([]storage.Running, error) {
	if r.closed.Load() {
		return nil, storage.ErrClosed
	}
	now := time.Now()
	mono := r.clock.mono()
	list := []storage.Running{}
	r.active.listing.Lock()
	defer r.active.listing.Unlock()
	for i := range r.active.entries {
		var e entry
		if !r.active.entries[i].copyLive(&e) {
			continue
		}
		age := durationOf(max(mono-e.mono, 0))
		name := r.names.at(e.handle)
		method, rest := e.text[:e.method], e.text[e.method:]
		list = append(list, storage.Running{
			Began: now.Add(-age), Age: age, Service: name.service, Action: name.action,
			Method: text(method), RequestID: text(rest[:e.request]),
			Path: text(rest[e.request:][:e.path]), Remote: addrOf(&e.remote, e.flags),
		})
	}
	slices.SortFunc(list, func(x, y storage.Running) int { return cmp.Compare(y.Age, x.Age) })
	return list, ctx.Err()
}

// InFlight returns how many actions are in flight, those that [Ring.Active]
// does not list included.
func (r *Ring) InFlight() int {
	n := int(max(r.active.hidden.Load(), 0))
	for i := range r.active.entries {
		if r.active.entries[i].state.Load()&entryLive != 0 {
			n++
		}
	}
	return n
}

// text returns what may have been cut within a rune.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "") }

func durationOf(ns int64) time.Duration { return time.Duration(ns) }
