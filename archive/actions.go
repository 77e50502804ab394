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
		over := &ending{Context: ctx}
		r := merge{ctx: over, m: m, filter: newLineFilter(m), left: limit, yield: yield}
		defer r.close()
		defer over.end()
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
	ahead ahead
	u     unpacker      // of what is read again
	gz    *memberReader // that no text is using
	lanes int           // indexes that are held open
	done  progress
}

// mergeSpan is a span that is to be read.
type mergeSpan struct {
	t *text
	span
	from  int64 // no action that is wanted of it is earlier
	again bool  // whether it has been read before
	share int64 // bytes of the file that it stands for
}

// survey notes all spans that may hold a match. It reports whether to go on.
func (r *merge) survey(a *Archive) bool {
	sources, err := a.sources()
	if err != nil {
		r.fail(err)
		return false
	}
	r.done.begin(a, sources)
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
		if !r.surveyText(t, a.IgnoreIndex) {
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

func (r *merge) surveyText(t *text, ignoreIndex bool) bool {
	first := len(r.spans)
	more, left := true, t.size
	if ignoreIndex || !r.surveyIndex(t) {
		var through bool
		if more, through = r.surveySpans(t); through { // and will be so once more
			left /= 2
			r.done.add(t.size - left)
		}
	}
	spans := r.spans[first:]
	for i := range spans {
		spans[i].share = left / int64(len(spans))
	}
	if len(spans) == 0 {
		r.done.add(left)
	}
	if !slices.ContainsFunc(spans, func(s mergeSpan) bool { return s.t == t && s.packed == 0 }) {
		t.release()
	}
	return more
}

// surveySpans goes through a text. It reports whether to go on, and whether it
// had to read the lines.
func (r *merge) surveySpans(t *text) (more, through bool) {
	from, to := r.m.Bounds()
	first := len(r.spans)
	t.gz = r.gz
	defer func() { r.gz, t.gz, t.stream = t.gz, nil, 0 }()
	for s, err := range t.spans() {
		if ctxErr := r.ctx.Err(); ctxErr != nil {
			r.fail(ctxErr)
			return false, through
		}
		if err != nil {
			if !r.fail(err) {
				return false, through
			}
			continue
		}
		if s.text != nil {
			s.times = timesOf(s.text)
			s.text = nil
			through = true
		}
		if s.times.overlaps(from, to) {
			r.spans = append(r.spans, mergeSpan{t: t, span: s, from: s.times.min})
		}
	}
	r.settleStream(r.spans[first:])
	return true, through
}

// maxLanes is how many indexes are held open to read failed lines from.
const maxLanes = 64

// surveyIndex notes the spans that the index of a sealed file does not rule out.
// It reports false if there is no index that can be used.
func (r *merge) surveyIndex(t *text) bool {
	if !t.gzip {
		return false
	}
	x, err := openIndex(t)
	if err != nil {
		return false
	}
	q := r.m.Query()
	var jobs []job
	if r.lanes < maxLanes && !x.damaged {
		jobs, err = x.lane(t, &q, asked(r.m).times)
	}
	if jobs != nil && err == nil {
		r.lanes++
		r.texts = append(r.texts, &text{f: x.f})
	} else {
		defer x.close()
		jobs, err = x.jobs(t, &q)
	}
	if err != nil || x.damaged {
		return false
	}
	of := asked(r.m)
	for _, j := range jobs {
		if j.extent.overlaps(of) {
			r.spans = append(r.spans, mergeSpan{t: j.t, span: j.span, from: j.span.times.min})
		}
	}
	return true
}

// settleStream makes the spans of a text that can only be read through come in
// the order in which they stand there.
func (r *merge) settleStream(spans []mergeSpan) {
	least := anyTime.max
	for i := len(spans) - 1; i >= 0; i-- {
		if spans[i].stream > 0 {
			spans[i].t.due++
			least = min(least, spans[i].from)
			spans[i].from = least
		}
	}
}

// run reads the spans and gives the actions in order.
func (r *merge) run() {
	r.begin()
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
			r.done.add(r.done.total)
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
	var f *fetch
	if s.again {
		f = &fetch{s: s, u: &r.u}
		r.fetch(f)
	} else {
		f = r.fetched()
		defer r.recycle(f)
	}
	r.done.add(s.share)
	if errors.Is(f.err, fs.ErrNotExist) {
		return true // removed meanwhile
	}
	if f.err != nil {
		return r.fail(f.err)
	}
	ok := true
	if !s.again { // else they were told before
		ok = f.tell(r.fail)
	}
	if len(f.found) > 0 {
		heap.Push(&r.runs, r.split(s, f.found))
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
	r.ahead.wait()
	for _, t := range r.texts {
		t.close()
	}
}
