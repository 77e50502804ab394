package archive

import (
	"bytes"
	"context"
	"errors"
	"io"

	"actionlog/archive/internal/inflate"
	"actionlog/storage"
)

const (
	// maxHeld is how much text of another program's member is kept until its
	// checksum was found right. A longer one is given out as it comes.
	maxHeld = 16 << 20

	heldChunk = 1 << 20
)

// memberReader gives the text of gzip members out, one after the other. That of
// a member of up to maxHeld bytes comes only after its checksum was found right,
// and that of a longer one only after heldChunk more could be unpacked, as damage
// is seldom noticed later. Where the input ends before the member, all that could
// be unpacked of it comes.
type memberReader struct {
	zr   inflate.Reader
	stop func(off int64) bool // whether to end before the member at off, if lines are whole; nil for never

	chunks  [][]byte // memory of the text that is held
	used    int      // how many of them hold something
	ready   []byte   // what can be given out of the first of them
	at      int      // which of them that is
	flowing bool     // whether the member is too long to be held

	start  int64 // where the member at hand begins
	begun  bool  // whether there was a member
	last   byte  // of the text so far
	failed error
}

// reset begins anew with members that come from r.
func (m *memberReader) reset(r io.Reader) {
	m.zr.Reset(r)
	m.used, m.ready, m.at, m.flowing = 0, nil, 0, false
	m.start, m.begun, m.last, m.failed = 0, false, '\n', nil
}

// end returns where the members end that were read, once that is known.
func (m *memberReader) end() int64 { return m.zr.Offset() }

// Read returns io.EOF at the end of the input, and where stop says so. Any other
// error is about the member at start, or that of the input.
func (m *memberReader) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		switch {
		case len(m.ready) > 0:
			n = copy(p, m.ready)
			m.ready = m.ready[n:]
		case m.at+2 < m.used || m.at+1 < m.used && !m.flowing:
			m.at++
			m.ready = m.chunks[m.at]
		case m.flowing:
			m.flow()
		case m.failed != nil:
			err = m.failed
		default:
			m.failed = m.next()
		}
	}
	if n > 0 {
		m.last = p[n-1]
	}
	return n, err
}

// flow reads on in a member that is too long to be held. Of the last two chunks
// the first has been given out.
func (m *memberReader) flow() {
	m.chunks = m.chunks[m.used-2:]
	n, err := io.ReadFull(&m.zr, m.chunks[0][:heldChunk])
	m.chunks[0], m.chunks[1] = m.chunks[1], m.chunks[0][:n]
	m.at, m.used, m.ready = 0, 2, m.chunks[0]
	switch err {
	case nil:
		return
	case io.EOF, io.ErrUnexpectedEOF: // of the text
	case inflate.ErrTruncated:
		m.failed = err
	default:
		m.failed, m.used, m.ready = err, 0, nil
	}
	m.flowing = false
}

// next takes in the next member, or the beginning of one that is too long.
func (m *memberReader) next() error {
	m.start = m.zr.Offset()
	m.used, m.at, m.ready = 0, 0, nil
	if m.begun && m.last == '\n' && m.stop != nil && m.stop(m.start) {
		return io.EOF
	}
	if err := m.zr.Next(); err != nil {
		if err == io.EOF && !m.begun {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	m.begun = true
	return m.hold()
}

// hold reads the member up to its end or maxHeld.
func (m *memberReader) hold() error {
	for m.used < maxHeld/heldChunk {
		if m.used == len(m.chunks) {
			m.chunks = append(m.chunks, make([]byte, 0, heldChunk))
		}
		n, err := io.ReadFull(&m.zr, m.chunks[m.used][:heldChunk])
		m.chunks[m.used] = m.chunks[m.used][:n]
		m.used++
		switch err {
		case nil:
			continue
		case io.EOF, io.ErrUnexpectedEOF: // of the text
			m.ready = m.chunks[0]
			return nil
		case inflate.ErrTruncated:
			m.ready = m.chunks[0]
			return err
		}
		m.used = 0
		return err
	}
	m.flowing = true
	m.ready = m.chunks[0]
	return nil
}

// foreign ranges over the lines of gzip members of other programs, and of ours
// whose headers are damaged, from off on up to the next member of ours that
// begins with a line. It returns where that is, and the number of the line. An
// error that is none of reading the file is damage of the member at end.
func (t *text) foreign(off int64, line int, yield func(span, error) bool) (more bool, end int64, next int, err error) {
	r := t.memberReader(off)
	more, err = t.pieces(r, line, false, func(s span, err error) bool {
		if err != nil {
			line++
		}
		line += bytes.Count(s.text, newline)
		s.stream = off + 1
		return yield(s, err)
	})
	if err != nil {
		return more, off + r.start, line, err
	}
	return more, off + r.end(), line, nil
}

// memberReader returns a reader of the gzip from off on up to a member of ours.
// It uses the memory of the one before.
func (t *text) memberReader(off int64) *memberReader {
	if t.gz == nil {
		t.gz = new(memberReader)
	}
	t.gz.reset(&ctxReader{t.ctx, io.NewSectionReader(t.f, off, t.size-off)})
	t.gz.stop = func(at int64) bool {
		var head [memberHead]byte
		n, _ := t.f.ReadAt(head[:], off+at)
		_, ours := parseMember(head[:n])
		return ours
	}
	return t.gz
}

// ctxReader ends with a context, and marks what else fails as no damage.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, &readError{err}
	}
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		err = &readError{err}
	}
	return n, err
}

// readError is why the disk could not be read, or was not, in contrast to what
// is wrong with what was read.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// trialBudget is how many bytes may be unpacked in vain, of a file of size
// bytes, in search of members behind damage.
func trialBudget(size int64) int64 { return 256<<20 + 4*size }

// nextMember returns the offset of the first member at or after off, or the size
// of the file if there is none: of ours one whose header is sound, of others one
// that can be unpacked whole or, where it is long, begins with a line.
func (t *text) nextMember(off int64) (int64, error) {
	buf := make([]byte, 1<<20)
	for off < t.size {
		if err := t.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := t.f.ReadAt(buf[:min(int64(len(buf)), t.size-off)], off)
		if err != nil && err != io.EOF {
			return 0, err
		}
		last := off+int64(n) >= t.size
		at := 0
		for ; at < n; at++ {
			i := bytes.Index(buf[at:n], headStart[:3])
			if i < 0 {
				at = max(at, n-2)
				break
			}
			if at += i; n-at < memberHead && !last {
				break
			}
			_, ours := parseMember(buf[at:n])
			if !ours {
				if ours, err = t.trial(off + int64(at)); err != nil {
					return 0, err
				}
			}
			if ours {
				return off + int64(at), nil
			}
		}
		if last || at == 0 {
			break
		}
		off += int64(at)
	}
	return t.size, nil
}

// trial reports whether what is at off is a member of another program.
func (t *text) trial(off int64) (bool, error) {
	if t.tried > trialBudget(t.size) {
		return false, nil
	}
	r := t.memberReader(off)
	err := r.next()
	t.tried += r.end() + 1<<10
	var failed *readError
	switch {
	case errors.As(err, &failed):
		return false, failed.err
	case err != nil:
		for i := range r.chunks {
			t.tried += int64(len(r.chunks[i]))
		}
		return false, nil
	}
	return !r.flowing || hasLine(r.ready), nil
}

// hasLine reports whether text begins with an action, or has one behind the
// rest of a line.
func hasLine(text []byte) bool {
	var a storage.Action
	for range 2 {
		line, rest, found := bytes.Cut(text, newline)
		if !found {
			return false
		}
		if storage.DecodeJSON(line, &a) == nil {
			return true
		}
		text = rest
	}
	return false
}
