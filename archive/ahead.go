package archive

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"actionlog/storage"
)

const (
	// maxAhead is how many spans are read before they are due, whatever the
	// number of processors.
	maxAhead = 4

	// maxProblems is how many problems of a span are kept. One that has more is
	// decoded once more to tell them.
	maxProblems = 1000
)

// ahead is what a merge reads before it is due.
type ahead struct {
	queue   []*fetch // in the order of the spans
	begun   int      // spans of merge.spans that are in the queue
	free    []*unpacker
	working sync.WaitGroup
	last    map[*text]chan struct{} // closed once the text's last span that was begun has been loaded
}

// fetch is a span that is read.
type fetch struct {
	s      mergeSpan
	u      *unpacker
	after  chan struct{} // closed when the span may be loaded; nil for at once
	loaded chan struct{} // closed when it was; nil if nobody waits
	done   chan struct{}

	found    run // in order
	problems []error
	again    func(problem func(error) bool) bool // tells the problems, if they are too many
	err      error
}

// wait returns once nothing is read any more.
func (a *ahead) wait() { a.working.Wait() }

// fetched returns what was read of the span that was taken last, and has the
// next ones read meanwhile.
func (r *merge) fetched() *fetch {
	a := &r.ahead
	f := a.queue[0]
	a.queue = a.queue[1:]
	a.begun--
	r.begin()
	<-f.done
	return f
}

// begin has the next spans read.
func (r *merge) begin() {
	a := &r.ahead
	for a.begun < min(len(r.spans), workers(), maxAhead) {
		f := &fetch{s: r.spans[a.begun], done: make(chan struct{})}
		if n := len(a.free); n > 0 {
			f.u, a.free = a.free[n-1], a.free[:n-1]
		} else {
			f.u = new(unpacker)
		}
		if f.s.stream > 0 {
			if a.last == nil {
				a.last = map[*text]chan struct{}{}
			}
			f.after, f.loaded = a.last[f.s.t], make(chan struct{})
			a.last[f.s.t] = f.loaded
			if f.after == nil {
				f.s.t.gz, r.gz = r.gz, nil
			}
		}
		a.queue = append(a.queue, f)
		a.begun++
		a.working.Go(func() {
			defer close(f.done)
			r.fetch(f)
		})
	}
}

// recycle takes the memory of a span back that has been dealt with.
func (r *merge) recycle(f *fetch) {
	r.ahead.free = append(r.ahead.free, f.u)
	if f.s.stream == 0 {
		return
	}
	t := f.s.t
	if t.due--; t.due == 0 {
		r.gz, t.gz, t.stream = t.gz, nil, 0
		delete(r.ahead.last, t)
	}
}

// fetch loads and decodes a span.
func (r *merge) fetch(f *fetch) {
	if f.after != nil {
		<-f.after
	}
	lines, err := f.s.t.load(f.u, &f.s.span)
	if f.loaded != nil {
		close(f.loaded)
	}
	if err != nil {
		f.err = err
		return
	}
	d := decoding{t: f.s.t, span: &f.s.span, filter: &r.filter, times: timesAsked(r.m)}
	if f.s.again {
		d.times.min = max(d.times.min, f.s.from)
	}
	many := false
	d.run(lines,
		func(a *storage.Action) bool {
			if r.m.Match(a) {
				f.found = append(f.found, *a)
			}
			return true
		},
		func(err error) bool {
			if many = many || len(f.problems) == maxProblems; !many {
				f.problems = append(f.problems, err)
			}
			return true
		})
	if many {
		f.problems, f.again = nil, func(problem func(error) bool) bool { return d.run(lines, nil, problem) }
	}
	slices.SortFunc(f.found, func(x, y storage.Action) int { return r.m.Compare(&x, &y) })
}

// tell tells what is wrong with lines of the span, and reports whether to go on.
func (f *fetch) tell(problem func(error) bool) bool {
	if f.again != nil {
		return f.again(problem)
	}
	for _, err := range f.problems {
		if !problem(err) {
			return false
		}
	}
	return true
}

// ending is a context that can be ended apart from the one that it is.
type ending struct {
	context.Context
	over atomic.Bool
}

func (e *ending) end() { e.over.Store(true) }

func (e *ending) Err() error {
	if e.over.Load() {
		return context.Canceled
	}
	return e.Context.Err()
}
