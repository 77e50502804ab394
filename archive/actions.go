package archive

import (
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"

	"actionlog/storage"
)

// Actions ranges over the actions that match q, oldest first and then by id,
// over all files. The query's Sort and Cursor are ignored, and a Limit of zero
// is none; any other ends the range after so many actions.
//
// A damaged line comes as a [*SyntaxError] and a damaged stretch of a file as a
// [*CorruptError], each with the zero Action, and more follows after it unless
// the caller breaks off. What cannot match need not be looked at, so its damage
// need not be found. A last line without a newline
// in a plain file is not there yet, and no error. An error of the disk is the
// last of its file, an error of q or of ctx the last of all.
//
// The files are gone through twice: once to learn from when to when each
// megabyte of lines reaches — of a sealed file, its headers say so —, once to
// read them in that order. What is in memory is what overlaps: about one
// megabyte of lines for each writer at the time. A megabyte in which an action
// came in much later than it ended, or that has a time from nowhere, is read
// once more for it, and not kept in between; but of another program's gzip,
// which can only be read through, it is kept.
//
// Of an archive that [OpenReader] made, the actions come as they are read.
func (a *Archive) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) {
		limit := q.Limit
		q.Sort, q.Cursor, q.Limit = storage.OldestFirst, "", storage.NoLimit
		m, err := q.Compile()
		if err != nil {
			yield(storage.Action{}, err)
			return
		}
		r := merge{ctx: ctx, m: m, filter: newLineFilter(m), left: limit, yield: yield}
		defer r.close()
		if a.in != nil {
			r.stream(a)
			return
		}
		if r.survey(a) {
			r.run()
		}
	}
}

// merge brings the spans of all texts into one order.
type merge struct {
	ctx    context.Context
	m      *storage.Matcher
	filter lineFilter
	left   int // actions that may still be given; not positive for any number
	yield  func(storage.Action, error) bool

	texts []*text
	spans []mergeSpan // that have not been read, in the order of their earliest moment
	rest  restHeap    // that are to be read once more
	runs  runHeap     // what has been read and not yet given
	u     unpacker
	gz    *memberReader // that no text is using
}

// mergeSpan is a span that is to be read.
type mergeSpan struct {
	t *text
	span
	from  int64 // no action that is wanted of it is earlier
	again bool  // whether it has been read before
}

// survey notes all spans that may hold a match. It reports whether to go on.
func (r *merge) survey(a *Archive) bool {
	sources, err := a.sources()
	if err != nil {
		r.fail(err)
		return false
	}
	for i := range sources {
		t, err := openText(r.ctx, &sources[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			if !r.fail(err) {
				return false
			}
			continue
		}
		r.texts = append(r.texts, t)
		t.gz = r.gz
		if !r.surveyText(t) {
			return false
		}
	}
	slices.SortStableFunc(r.spans, func(x, y mergeSpan) int {
		if x.from < y.from {
			return -1
		} else if x.from > y.from {
			return 1
		}
		return 0
	})
	return true
}

func (r *merge) surveyText(t *text) bool {
	from, to := r.m.Bounds()
	first := len(r.spans)
	for s, err := range t.spans() {
		if ctxErr := r.ctx.Err(); ctxErr != nil {
			r.fail(ctxErr)
			return false
		}
		if err != nil {
			if !r.fail(err) {
				return false
			}
			continue
		}
		if s.text != nil {
			s.times = timesOf(s.text)
			s.text = nil
		}
		if s.times.overlaps(from, to) {
			r.spans = append(r.spans, mergeSpan{t: t, span: s, from: s.times.min})
		}
	}
	r.settleStream(r.spans[first:])
	r.gz, t.gz, t.stream = t.gz, nil, 0
	if !slices.ContainsFunc(r.spans[first:], func(s mergeSpan) bool { return s.packed == 0 }) {
		t.release()
	}
	return true
}

// settleStream makes the spans of a text that can only be read through come in
// the order in which they stand there.
func (r *merge) settleStream(spans []mergeSpan) {
	least := anyTime.max
	for i := len(spans) - 1; i >= 0; i-- {
		if spans[i].stream > 0 {
			least = min(least, spans[i].from)
			spans[i].from = least
		}
	}
}

// run reads the spans and gives the actions in order.
func (r *merge) run() {
	for {
		for s := r.earliest(); s != nil && (len(r.runs) == 0 || s.from <= r.runs[0].head().Time.UnixNano()); s = r.earliest() {
			if err := r.ctx.Err(); err != nil {
				r.fail(err)
				return
			}
			if !r.read(r.take()) {
				return
			}
		}
		if len(r.runs) == 0 {
			return
		}
		if !r.yield(*r.runs[0].head(), nil) {
			return
		}
		if r.left--; r.left == 0 {
			return
		}
		if r.runs[0] = r.runs[0][1:]; len(r.runs[0]) == 0 {
			heap.Pop(&r.runs)
		} else {
			heap.Fix(&r.runs, 0)
		}
	}
}

// read adds the matches of a span as a run of their own.
func (r *merge) read(s mergeSpan) bool {
	lines, err := s.t.load(&r.u, &s.span)
	if errors.Is(err, fs.ErrNotExist) {
		return true // removed meanwhile
	}
	if err != nil {
		return r.fail(err)
	}
	times := timesAsked(r.m)
	problem := r.fail
	if s.again {
		times.min = max(times.min, s.from)
		problem = func(error) bool { return true } // told before
	}
	var found run
	d := decoding{t: s.t, span: &s.span, filter: &r.filter, times: times}
	ok := d.run(lines,
		func(a *storage.Action) bool {
			if r.m.Match(a) {
				found = append(found, *a)
			}
			return true
		}, problem)
	if len(found) > 0 {
		slices.SortFunc(found, func(x, y storage.Action) int { return r.m.Compare(&x, &y) })
		heap.Push(&r.runs, r.split(s, found))
	}
	return ok
}

// stream gives the matches of what can be read only once as they come.
func (r *merge) stream(a *Archive) {
	sources, err := a.sources()
	if err != nil {
		r.fail(err)
		return
	}
	t := &text{ctx: r.ctx, src: &sources[0], base: a.in.name}
	for s, err := range t.spans() {
		if err = errors.Join(err, r.ctx.Err()); err != nil {
			if !r.fail(err) || r.ctx.Err() != nil {
				return
			}
			continue
		}
		d := decoding{t: t, span: &s, filter: &r.filter, times: timesAsked(r.m)}
		if !d.run(s.text, r.giveMatch, r.fail) {
			return
		}
	}
}

// giveMatch gives an action if it matches, and reports whether to go on.
func (r *merge) giveMatch(a *storage.Action) bool {
	if !r.m.Match(a) {
		return true
	}
	if !r.yield(*a, nil) {
		return false
	}
	r.left--
	return r.left != 0
}

func (r *merge) fail(err error) bool { return r.yield(storage.Action{}, err) }

func (r *merge) close() {
	for _, t := range r.texts {
		t.close()
	}
}
