package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"actionlog/storage"
)

// span is a run of whole lines of a text that can be read by itself.
type span struct {
	off    int64     // of its first byte, in the file or in the stream
	packed int64     // bytes of the member; 0 where the file is plain, or not ours
	stream int64     // one more than where the gzip begins that can only be read through; 0 for none
	plain  int64     // bytes of its lines
	line   int       // number of the first of them
	lines  int       // how many they are, where a header says so; else 0
	times  timeRange // anyTime where that has not been looked for
	text   []byte    // the lines, valid until the next span; nil if they are to be loaded
}

// text is a source that is open.
type text struct {
	ctx  context.Context
	src  *source
	f    *os.File // nil while released
	path string
	base string
	size int64 // when it was opened; what comes later is for later
	gzip bool

	gz     *memberReader // of members of other programs
	tried  int64         // bytes that were unpacked in search of them
	stream int64         // which span.stream gz is at, for spans to be loaded from; 0 for none
	read   int64         // how far that has been read
	due    int           // how many such spans are still to be loaded, by Actions
}

// openText opens a source. The error is fs.ErrNotExist for a file that was
// removed meanwhile, and a [*CorruptError] for what is no regular file. Streams
// of the text end with ctx.
func openText(ctx context.Context, src *source) (*text, error) {
	if src.in != nil {
		return &text{ctx: ctx, src: src, base: src.in.name}, nil
	}
	f, err := src.open()
	var irregular *irregularError
	if errors.As(err, &irregular) {
		return nil, &CorruptError{File: irregular.name, Line: 1, Err: irregular}
	}
	if err != nil {
		return nil, err
	}
	t := &text{ctx: ctx, src: src, f: f, path: f.Name(), base: filepath.Base(f.Name())}
	info, err := f.Stat()
	var magic [memberHead]byte
	var n int
	if err == nil {
		t.size = info.Size()
		n, err = f.ReadAt(magic[:], 0)
	}
	if err != nil && err != io.EOF {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	if bytes.HasPrefix(magic[:n], headStart[:2]) || filepath.Ext(t.base) == ".gz" {
		t.gzip = true
	}
	return t, nil
}

func (t *text) close() {
	if t.f != nil {
		t.f.Close()
	}
}

// spans ranges over the text from its beginning. Errors about the text are a
// [*SyntaxError] or a [*CorruptError], and more spans may follow them; after any
// other error nothing follows.
func (t *text) spans() iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		if t.src.in != nil {
			t.input(yield)
			return
		}
		if !t.gzip {
			t.pieces(io.NewSectionReader(t.f, 0, t.size), 1, true, yield)
			return
		}
		t.members(yield)
	}
}

// reached returns up to where in the file a span reaches that spans gave last.
func (t *text) reached(s *span) int64 {
	switch {
	case t.src.in != nil:
		return 0
	case s.stream > 0:
		return s.stream - 1 + t.gz.end()
	case s.packed > 0:
		return s.off + s.packed
	}
	return s.off + s.plain
}

// pieces ranges over lines as they come, the first of which has the number
// line. With the error of a line that is too long comes where it is. Of a text
// that may still grow, an unfinished last line is left out.
func (t *text) pieces(r io.Reader, line int, grows bool, yield func(span, error) bool) (more bool, err error) {
	for p, err := range piecesUpTo(r, storage.MaxJSON) {
		switch {
		case err != nil:
			return true, err
		case !p.whole && grows:
			return true, nil
		case p.text == nil:
			err := fmt.Errorf("the line has %d bytes; allowed are at most %d", p.size, storage.MaxJSON)
			if !yield(span{off: p.off, plain: p.size, line: line}, &SyntaxError{File: t.base, Line: line, Offset: p.off, Err: err}) {
				return false, nil
			}
			line++
		default:
			if !yield(span{off: p.off, plain: p.size, line: line, times: anyTime, text: p.text}, nil) {
				return false, nil
			}
			line += bytes.Count(p.text, newline)
		}
	}
	return true, nil
}

// members hops from header to header. Where there is no header of ours, it reads
// another program's gzip up to the next that is one; where there is damage, it
// looks for the next member.
func (t *text) members(yield func(span, error) bool) {
	line := 1
	if t.size == 0 {
		yield(span{}, &CorruptError{File: t.base, Line: 1, Err: errors.New("the file is empty, and no gzip")})
	}
	var head [memberHead]byte
	for off := int64(0); off < t.size; {
		n, err := t.f.ReadAt(head[:], off)
		if err != nil && err != io.EOF {
			yield(span{}, fmt.Errorf("read %s: %w", t.path, err))
			return
		}
		m, ours := parseMember(head[:n])
		if ours && off+m.packed <= t.size {
			if !yield(span{off: off, packed: m.packed, plain: m.plain, line: line, lines: m.lines, times: m.times}, nil) {
				return
			}
			off, line = off+m.packed, line+m.lines
			continue
		}
		damage := errors.New("the member is cut off by the end of the file")
		if !ours {
			var more bool
			if more, off, line, damage = t.foreign(off, line, yield); !more {
				return
			}
			if damage == nil {
				continue
			}
		}
		if err := t.damage(off, line, damage); !yield(span{}, err) || !isDamage(err) {
			return
		}
		if off, err = t.nextMember(off + 1); err != nil {
			yield(span{}, t.failure(err))
			return
		}
	}
}

// damage tells what is wrong with a member from what went wrong with reading it.
func (t *text) damage(off int64, line int, err error) error {
	var failed *readError
	if errors.As(err, &failed) {
		return t.failure(failed.err)
	}
	return &CorruptError{File: t.base, Line: line, Offset: off, Err: err}
}

// failure names the file that could not be read, unless a context has ended.
func (t *text) failure(err error) error {
	if ctxErr := t.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	return fmt.Errorf("read %s: %w", t.path, err)
}

func isDamage(err error) bool {
	var corrupt *CorruptError
	return errors.As(err, &corrupt)
}
