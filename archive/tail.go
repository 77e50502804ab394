package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"time"

	"actionlog/storage"
)

// tailPause is how often Tail looks for new lines.
const tailPause = 200 * time.Millisecond

// Tail returns a range over the actions that match q and are written after the
// call, as they come, until ctx ends, whose error is not given. It can be ranged
// over once. Lines that are sealed before they were read, and files that are
// begun, are followed too. The query's Sort and Cursor are ignored, and a Limit
// of zero is none. Errors are as those of [Archive.Actions]. Of an archive that
// [OpenReader] made, Tail is Actions.
func (a *Archive) Tail(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	if a.in != nil {
		return a.Actions(ctx, q)
	}
	limit := q.Limit
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return func(yield func(storage.Action, error) bool) { yield(storage.Action{}, err) }
	}
	var errs []error // of before the range begins
	f := follower{
		merge: merge{ctx: ctx, m: m, filter: newLineFilter(m), left: limit, yield: func(_ storage.Action, err error) bool {
			errs = append(errs, err)
			return true
		}},
		marks: map[string]mark{},
	}
	more := f.round(a, true)
	return func(yield func(storage.Action, error) bool) {
		for _, err := range errs {
			if !yield(storage.Action{}, err) {
				return
			}
		}
		f.yield = yield
		for more {
			select {
			case <-ctx.Done():
				return
			case <-time.After(tailPause):
			}
			more = f.round(a, false)
		}
	}
}

// mark is how far a text has been read.
type mark struct {
	off  int64 // in its plain text
	line int   // number of the next
}

// follower is the state of a Tail.
type follower struct {
	merge
	marks map[string]mark // by the first path
}

// round reads what is new, or only notes where everything ends. It reports
// whether to go on.
func (f *follower) round(a *Archive, first bool) bool {
	sources, err := a.sources()
	if err != nil {
		f.fail(err)
		return false
	}
	for i := range sources {
		src := &sources[i]
		key := src.paths[0]
		at, known := f.marks[key]
		if !known {
			at = mark{0, 1}
		}
		t, err := openText(f.ctx, src)
		if errors.Is(err, fs.ErrNotExist) {
			delete(f.marks, key)
			continue
		}
		if err != nil {
			if !f.fail(err) {
				return false
			}
			continue
		}
		ok := true
		if first && t.gzip {
			at.off = anyTime.max // what is sealed already is over
		} else {
			at, ok = f.read(t, at, first)
		}
		t.close()
		if f.marks[key] = at; !ok {
			return false
		}
	}
	return f.ctx.Err() == nil
}

// read gives the lines behind a mark and returns the next mark.
func (f *follower) read(t *text, at mark, silent bool) (next mark, more bool) {
	if at.off == anyTime.max {
		return at, true
	}
	if t.gzip {
		return f.readSealed(t, at)
	}
	if t.size < at.off { // cut by a writer that mended it
		return mark{t.size, at.line}, true
	}
	next = at
	from := at.off
	done, err := t.pieces(io.NewSectionReader(t.f, from, t.size-from), at.line, true, func(s span, err error) bool {
		s.off += from
		if err != nil { // a line that is too long
			next = mark{s.off + s.plain, s.line + 1}
			return f.fail(err)
		}
		next = mark{s.off + s.plain, s.line + bytes.Count(s.text, newline)}
		return silent || f.give(t, &s, s.text)
	})
	if err != nil {
		return next, f.fail(err)
	}
	return next, done
}

// readSealed gives what a file had behind a mark when it was sealed, after
// which there is no more.
func (f *follower) readSealed(t *text, at mark) (next mark, more bool) {
	next = mark{anyTime.max, 1}
	var u unpacker
	begin := int64(0)
	for s, err := range t.spans() {
		if err == nil && begin+s.plain > at.off {
			var lines []byte
			if lines, err = t.load(&u, &s); err == nil {
				skip := max(at.off-begin, 0)
				s.line += bytes.Count(lines[:skip], newline)
				if !f.give(t, &s, lines[skip:]) {
					return next, false
				}
			}
		}
		if err != nil && !f.fail(err) {
			return next, false
		}
		begin += s.plain
	}
	return next, true
}

func (f *follower) give(t *text, s *span, lines []byte) bool {
	d := decoding{t: t, span: s, filter: &f.filter, times: timesAsked(f.m)}
	return d.run(lines, f.giveMatch, f.fail)
}
