package archive

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"sync"

	"actionlog/storage"
)

// scan finds the actions that match, of all texts of an archive, in any order:
// what the index rules out is not read, the rest is unpacked and decoded by
// several goroutines.
type scan struct {
	a *Archive
	m *storage.Matcher

	// found gets what matches of one span. It is called by several goroutines,
	// but by each worker one at a time. The slice is the worker's.
	found func(worker int, actions []storage.Action)

	// of is what an action must lie in to be of interest; it may become
	// narrower while the scan goes on. The default is what m asks for.
	of func() extent

	// rolled takes what it can from the roll-ups of an index and returns the
	// times that this covers: what lies in them is not given to found. It is
	// called by one goroutine. nil takes nothing.
	rolled func(x *index, of extent) (covered timeRange, err error)

	filter  lineFilter
	done    progress
	reached int64 // bytes of the file at hand that have been told

	gz      *memberReader // of the text at hand
	jobs    chan job
	free    chan []byte // copies of lines are made into these
	cancel  context.CancelCauseFunc
	working sync.WaitGroup // workers
	pending sync.WaitGroup // jobs of the text at hand
}

// extent is a range of times and one of durations, both ends inclusive.
type extent struct {
	times, durations timeRange
}

func (e extent) overlaps(o extent) bool {
	return e.times.min <= o.times.max && o.times.min <= e.times.max &&
		e.durations.min <= o.durations.max && o.durations.min <= e.durations.max
}

// job is a span to be looked through.
type job struct {
	t       *text
	span    span
	extent  extent
	covered timeRange // what lies in it is counted already
	copied  bool      // the span's text is one of free
}

// workers is how many goroutines look through spans.
func workers() int { return max(runtime.GOMAXPROCS(0), 1) }

// perWorker makes one of something for each worker.
func perWorker[T any](make func() T) []T {
	list := []T{}
	for range workers() {
		list = append(list, make())
	}
	return list
}

func newScan(a *Archive, m *storage.Matcher) *scan {
	all := asked(m)
	return &scan{a: a, m: m, of: func() extent { return all }, filter: newLineFilter(m)}
}

// asked returns what all that can match lies in.
func asked(m *storage.Matcher) extent {
	all := extent{times: timesAsked(m), durations: anyTime}
	if q := m.Query(); q.MinDuration > 0 || q.MaxDuration > 0 {
		all.durations.min = int64(q.MinDuration)
		if q.MaxDuration > 0 {
			all.durations.max = int64(q.MaxDuration)
		}
	}
	return all
}

// timesAsked returns the times of all that can match.
func timesAsked(m *storage.Matcher) timeRange {
	from, to := m.Bounds()
	if to != anyTime.max {
		to--
	}
	return timeRange{from, to}
}

// run returns when all has been found, or upon the first error that is none of
// the texts themselves.
func (s *scan) run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	sources, err := s.a.sources()
	if err != nil {
		return err
	}
	sort := s.m.Query().Sort
	if sort.Descending() && !sort.ByDuration() {
		slices.Reverse(sources)
	}
	s.done.begin(s.a, sources)
	asked := ctx
	ctx, s.cancel = context.WithCancelCause(ctx)
	defer s.cancel(nil)
	n := workers()
	s.jobs = make(chan job)
	s.free = make(chan []byte, n+1)
	for range n + 1 {
		s.free <- nil
	}
	for i := range n {
		s.working.Go(func() { s.work(ctx, i, n) })
	}
	for i := range sources {
		if err := s.source(asked, ctx, &sources[i]); err != nil {
			s.cancel(err)
			break
		}
	}
	close(s.jobs)
	s.working.Wait()
	if err := asked.Err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// source looks through one text. Reading it ends with asked, handing it out with
// ctx, which ends with the scan.
func (s *scan) source(asked, ctx context.Context, src *source) error {
	t, err := openText(asked, src)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return s.pass(err)
	}
	t.gz = s.gz
	err = s.text(ctx, t)
	s.pending.Wait()
	s.gz = t.gz
	t.close()
	s.reach(t.size)
	s.reached = 0
	return err
}

// reach tells that the text at hand has been dealt with up to an offset of its
// file.
func (s *scan) reach(off int64) {
	if off > s.reached {
		s.done.add(off - s.reached)
		s.reached = off
	}
}

// text gives out the spans of a text.
func (s *scan) text(ctx context.Context, t *text) error {
	sort := s.m.Query().Sort
	if t.gzip && !s.a.IgnoreIndex {
		if ok, err := s.indexed(ctx, t); ok || err != nil {
			return err
		}
	}
	var later []job
	backwards := t.gzip && sort.Descending() && !sort.ByDuration()
	for sp, err := range t.spans() {
		if err == nil {
			j := job{t: t, span: sp, extent: extent{sp.times, anyTime}, covered: noTime}
			if backwards && sp.text == nil {
				later = append(later, j)
				continue
			}
			err = s.give(ctx, j)
			s.reach(t.reached(&sp))
		}
		if err = s.pass(err); err != nil {
			return err
		}
	}
	slices.Reverse(later)
	return s.giveAll(ctx, t, later)
}

// giveAll hands out spans that are all that there is of a text.
func (s *scan) giveAll(ctx context.Context, t *text, jobs []job) error {
	for i, j := range jobs {
		if err := s.give(ctx, j); err != nil {
			return err
		}
		s.reach(t.size / int64(len(jobs)) * int64(i))
	}
	return nil
}

// give hands a span to a worker, unless it is of no interest any more.
func (s *scan) give(ctx context.Context, j job) error {
	if !j.extent.overlaps(s.of()) {
		return ctx.Err()
	}
	if j.span.text != nil {
		select {
		case buf := <-s.free:
			j.span.text, j.copied = append(buf[:0], j.span.text...), true
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	s.pending.Add(1)
	select {
	case s.jobs <- j:
		return nil
	case <-ctx.Done():
		s.pending.Done()
		return context.Cause(ctx)
	}
}

// work looks through spans until there are no more.
func (s *scan) work(ctx context.Context, worker, workers int) {
	var u unpacker
	var found []storage.Action
	for j := range s.jobs {
		if ctx.Err() == nil {
			found = found[:0]
			if err := s.pass(s.look(&u, &j, &found)); err != nil {
				s.cancel(err)
			}
			if len(found) > 0 {
				s.found(worker, found)
				clear(found)
			}
		}
		if j.copied {
			s.free <- j.span.text
		}
		s.pending.Done()
	}
}

// look finds the matches of a span.
func (s *scan) look(u *unpacker, j *job, found *[]storage.Action) error {
	of := s.of()
	if !j.extent.overlaps(of) {
		return nil
	}
	lines, err := j.t.load(u, &j.span)
	if err != nil {
		return err
	}
	d := decoding{t: j.t, span: &j.span, filter: &s.filter, times: of.times}
	d.run(lines,
		func(a *storage.Action) bool {
			if !j.covered.contains(a.Time.UnixNano()) && s.m.Match(a) {
				*found = append(*found, *a)
			}
			return true
		},
		func(err error) bool { s.a.problem(err); return true })
	return nil
}

// pass returns the errors that end a scan, and tells the others.
func (s *scan) pass(err error) error {
	var corrupt *CorruptError
	var syntax *SyntaxError
	if errors.As(err, &corrupt) || errors.As(err, &syntax) {
		s.a.problem(err)
		return nil
	}
	return err
}
