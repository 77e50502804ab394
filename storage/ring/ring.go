package ring

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

// Ring keeps the last actions in memory. It is a [storage.Recorder], a
// [storage.Searcher], a [storage.Clearer] and a [storage.Follower]. All
// methods are safe for concurrent use. Make one with [New].
type Ring struct {
	opts    Options
	process storage.Process
	warmth  atomic.Pointer[warmth] // nil if it was not warmed
	began   time.Time
	slots   []slot
	mask    uint64
	clock   clock
	names   names
	side    side
	active  active
	wake    waker
	gaps    gaps
	rescue  rescue
	spill   spill

	pumpsMu sync.Mutex
	pumps   []*Pump
	reports []report
	closed  atomic.Bool

	_    [128]byte
	head atomic.Uint64 // the newest number handed out; numbers begin with 1
	_    [128]byte

	counts derived
}

// New returns an empty ring. It starts no goroutine.
func New(opts Options) *Ring {
	opts = opts.withDefaults()
	now := time.Now()
	r := &Ring{opts: opts, process: storage.NewProcess(now), began: now, slots: make([]slot, opts.slots())}
	r.mask = uint64(len(r.slots) - 1)
	r.clock.init()
	r.names.init()
	r.side.init(opts.Window, len(r.slots))
	r.active.init()
	r.wake.init()
	r.counts.init(&r.opts, now)
	return r
}

// Intern returns the handle of a name. A ring tells 256 services, 2048
// services' actions and 4096 routes apart; further names share "other".
func (r *Ring) Intern(service, action, route, method string) storage.Handle {
	return r.names.intern(service, action, route, method)
}

// Place returns a place for what is in flight. See [storage.Recorder].
func (r *Ring) Place() storage.Place { return r.active.add(false) }

// Begin registers something in flight. See [storage.Recorder].
func (r *Ring) Begin(h storage.Handle, s *storage.Start) storage.Active {
	return r.active.begin(r.clock.mono(), h, s)
}

// End records what Begin registered. See [storage.Recorder].
func (r *Ring) End(a storage.Active, f *storage.Finish) storage.Stamp {
	mono := r.clock.mono()
	r.active.end(&a)
	if f == nil {
		return storage.Stamp{}
	}
	duration := max(mono-a.Mono, 0)
	return r.put(r.clock.wall(mono), duration, f, "")
}

// Record takes in an action that has ended. See [storage.Recorder]. An
// Instance that a carries is kept, an ID is not.
func (r *Ring) Record(a storage.Action) {
	f := storage.Finish{
		Failed:  a.Status == storage.Failed || a.Status != storage.Success && a.Error != "",
		TraceID: a.TraceID,
		SpanID:  a.SpanID,
		Error:   a.Error,
		Attrs:   a.Attrs,
	}
	var route, method string
	if h := a.HTTP; h != nil {
		route, method = h.Route, h.Method
		f.HTTP, f.Code, f.Bytes, f.Outcome = true, h.Code, h.Bytes, h.Outcome
		f.Path, f.RequestID, f.Remote = h.Path, h.RequestID, h.Remote
	}
	f.Handle = r.names.intern(a.Service, a.Action, route, method)
	instance := ""
	if a.Instance != r.opts.Instance {
		instance = tidy(a.Instance, storage.MaxName)
	}
	at := r.clock.wall(r.clock.mono())
	if !a.Time.IsZero() {
		at = nanosOf(a.Time)
	}
	r.put(at, max(int64(a.Duration), 0), &f, instance)
}

// nanosOf returns the moment in nanoseconds since 1970, as far as they reach.
func nanosOf(t time.Time) int64 {
	switch year := t.Year(); {
	case year < 1970:
		return 0
	case year > 2261:
		return time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() - 1
	}
	return t.UnixNano()
}

// Clear draws a line: queries, stats and keeps begin anew after it. Sinks
// still get what came before. It returns an error only if the ring is closed.
func (r *Ring) Clear(context.Context) error {
	if r.closed.Load() {
		return storage.ErrClosed
	}
	r.counts.mu.Lock()
	defer r.counts.mu.Unlock()
	r.catchUp()
	r.clearSpilled()
	r.counts.clear(time.Now())
	return nil
}

// Newest returns the id of the newest action before which nothing is still
// being written, or "" if there is none yet.
func (r *Ring) Newest() storage.ID {
	r.counts.mu.Lock()
	defer r.counts.mu.Unlock()
	r.catchUp()
	newest := r.counts.done.Load()
	for _, n := range r.counts.late {
		if !r.gaps.is(n) {
			newest = min(newest, n-1)
		}
	}
	return r.idOf(newest)
}

// Flush waits until every pump has written what was recorded before the call,
// or has counted it as missed. It returns ctx.Err() if that comes first.
func (r *Ring) Flush(ctx context.Context) error {
	for _, p := range r.pumpList() {
		if err := p.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the ring's pumps: each writes what was recorded before the
// call until ctx is done, and the error says what could not be written.
// Searches and cursors then answer [storage.ErrClosed]; recording stays
// harmless. Further calls return nil.
func (r *Ring) Close(ctx context.Context) error {
	if r.closed.Swap(true) {
		return nil
	}
	r.wake.wake()
	return r.closePumps(ctx)
}
