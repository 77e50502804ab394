package archive

import (
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"iter"

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
