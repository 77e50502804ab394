package archive

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"time"

	"actionlog/storage"
)

// reading is a text of a feed that is open.
type reading struct {
	t    *text
	name Name
	mark Mark // behind the line that was given last
	from time.Time

	spans func() (span, error, bool) // gives the next span
	stop  func()
	u     unpacker
	lines []byte // of the span at hand, that are still to be given
}

func (r *reading) close() {
	if r.stop != nil {
		r.stop()
	}
	r.t.close()
}

// seek goes to the mark. It reports whether the text is another than the one
// that the mark is of.
func (r *reading) seek() (changed bool, err error) {
	if r.t.gzip {
		r.spans, r.stop = iter.Pull2(r.t.spans())
		return r.seekSealed()
	}
	if changed, err := r.checkPlain(); changed || err != nil {
		return changed, err
	}
	r.spans, r.stop = iter.Pull2(r.plain())
	return false, nil
}

// checkPlain looks whether the last line that was read is where it was.
func (r *reading) checkPlain() (changed bool, err error) {
	if r.t.size < r.mark.Offset {
		return true, nil
	}
	last := make([]byte, r.mark.Last)
	if _, err := r.t.f.ReadAt(last, r.mark.Offset-r.mark.Last); err != nil && err != io.EOF {
		return false, r.t.failure(err)
	}
	return !r.mark.ends(last), nil
}

// plain ranges over what a plain file has behind the mark.
func (r *reading) plain() iter.Seq2[span, error] {
	from, line := r.mark.Offset, int(r.mark.Line)+1
	return func(yield func(span, error) bool) {
		if r.t.size <= from {
			return
		}
		more, err := r.t.pieces(io.NewSectionReader(r.t.f, from, r.t.size-from), line, true, yield)
		if more && err != nil {
			yield(span{}, r.t.failure(err))
		}
	}
}

// seekSealed hops to the member that the mark is in, and looks whether it holds
// the last line that was read. Damage before it was told before.
func (r *reading) seekSealed() (changed bool, err error) {
	if r.mark.Offset == 0 {
		return false, nil
	}
	for begin := int64(0); ; {
		s, err, ok := r.spans()
		if !ok {
			return true, nil // it is shorter
		}
		if err != nil && !isBroken(err) {
			return false, err
		}
		begin += s.plain
		if begin < r.mark.Offset {
			continue
		}
		if err == nil {
			r.lines, err = r.t.load(&r.u, &s)
		}
		if err != nil && !isBroken(err) {
			return false, err
		}
		if err != nil { // told when it was read, or will not be read again
			r.mark.Offset, r.mark.Line, r.mark.Last = begin, max(r.mark.Line, int64(s.line-1+s.lines)), 0
			return false, nil
		}
		at := r.mark.Offset - (begin - s.plain)
		if !r.mark.ends(r.lines[:at]) {
			return true, nil
		}
		r.lines = r.lines[at:]
		return false, nil
	}
}

// next returns the next entry, or false at the end of the text. After an error
// that is none of the text, there are no more.
func (r *reading) next() (e Entry, ok bool, err error) {
	for {
		for len(r.lines) > 0 {
			if e, ok := r.line(); ok {
				return e, true, nil
			}
		}
		s, err, ok := r.spans()
		if !ok {
			return Entry{}, false, nil
		}
		if err == nil {
			err = r.t.ctx.Err()
		}
		if err == nil && s.packed > 0 && !r.from.IsZero() && s.times.max < r.from.UnixNano() {
			r.skip(&s)
			continue
		}
		if err == nil {
			if s.line > 0 {
				r.mark.Line = int64(s.line) - 1
			}
			r.lines, err = r.t.load(&r.u, &s)
		}
		if err != nil && !isBroken(err) {
			return Entry{}, false, err
		}
		if err != nil {
			r.skip(&s)
			return Entry{Err: err, Size: int(s.plain), Mark: r.mark}, true, nil
		}
	}
}

// skip passes over a span.
func (r *reading) skip(s *span) {
	r.lines = nil
	if s.plain == 0 {
		return
	}
	r.mark.Offset += s.plain
	r.mark.Line = int64(s.line) - 1 + int64(max(s.lines, 1))
	r.mark.Last = 0
	r.mark.Known = max(r.mark.Known, r.mark.Line)
}

// line takes the next line, and reports whether there is something to give.
func (r *reading) line() (e Entry, ok bool) {
	end := bytes.IndexByte(r.lines, '\n') + 1
	if end == 0 {
		end = len(r.lines) // of another program's gzip
	}
	line := r.lines[:end]
	r.lines = r.lines[end:]
	start := r.mark.Offset
	r.mark.pass(line)
	e = Entry{Size: len(line), Mark: r.mark}
	if err := storage.DecodeJSON(bytes.TrimSuffix(line, newline), &e.Action); err != nil {
		e.Action = storage.Action{}
		e.Err = &SyntaxError{File: r.t.base, Line: int(r.mark.Line), Offset: start, Err: err}
		return e, true
	}
	if e.Action.Time.Before(r.from) {
		return e, false
	}
	if e.Action.ID == "" {
		e.Action.ID = lineID(r.t.src.stem, int(r.mark.Line))
	}
	return e, true
}

// isBroken reports whether an error is of the text, and not of reading it.
func isBroken(err error) bool {
	var syntax *SyntaxError
	return isDamage(err) || errors.As(err, &syntax)
}
