package archive

import (
	"bytes"
	"fmt"
	"io"
	"iter"
)

// maxLine is the longest line that is sealed as one. Ours are a few kilobytes at
// most; beyond this, memory would be at the mercy of a damaged file.
const maxLine = 16 << 20

// piece is some whole lines of a text.
type piece struct {
	off   int64  // of its first byte
	size  int64  // in bytes
	text  []byte // valid until the next piece; nil if it is one line that is too long
	whole bool   // whether it ends with a newline; only the last piece may not
}

// pieces cuts a text into pieces of whole lines, each the most that fits into
// memberText, or one longer line. What follows the last newline comes last, by
// itself. Where the cuts are depends on the text alone. After an error, which
// follows the whole lines before it, nothing more comes.
func pieces(r io.Reader) iter.Seq2[piece, error] { return piecesUpTo(r, maxLine) }

// piecesUpTo is pieces for lines of which only those of up to longest bytes are
// of interest: longer ones may be given without their text.
func piecesUpTo(r io.Reader, longest int) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		c := cutter{r: r, longest: longest, buf: make([]byte, memberText)}
		for {
			p, ok := c.next()
			if ok && !yield(p, nil) {
				return
			}
			if !ok {
				if c.err != io.EOF {
					yield(piece{}, c.err)
				}
				return
			}
		}
	}
}

// cutter is the state of cutting a text.
type cutter struct {
	r       io.Reader
	longest int // of a line that is given whatever its length
	buf     []byte
	held    int   // bytes of buf in use
	given   int   // … of which belong to the piece before
	off     int64 // of buf[0] in the text
	skipped int64 // bytes of a line that is too long, before buf[0]
	err     error // io.EOF at the end
}

// next returns the next piece, or false at the end.
func (c *cutter) next() (piece, bool) {
	c.drop(c.given)
	for {
		c.fill()
		end := bytes.LastIndexByte(c.buf[:c.held], '\n') + 1
		if c.skipped > 0 {
			end = bytes.IndexByte(c.buf[:c.held], '\n') + 1
		}
		switch {
		case end > 0:
			return c.give(end, true), true
		case c.err == io.EOF && (c.held > 0 || c.skipped > 0):
			return c.give(c.held, false), true
		case c.err != nil:
			return piece{}, false
		case len(c.buf) > c.longest || c.skipped > 0:
			c.skipped += int64(c.held)
			c.drop(c.held)
		default:
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
	}
}

// give returns the first n bytes as a piece, or as the end of a line that is
// too long.
func (c *cutter) give(n int, whole bool) piece {
	p := piece{off: c.off - c.skipped, size: c.skipped + int64(n), text: c.buf[:n], whole: whole}
	if c.skipped > 0 {
		p.text = nil
	}
	c.given, c.skipped = n, 0
	return p
}

// drop forgets the first n bytes.
func (c *cutter) drop(n int) {
	c.held = copy(c.buf, c.buf[n:c.held])
	c.off += int64(n)
	c.given = 0
	if c.held <= memberText {
		c.buf = c.buf[:memberText]
	}
}

// fill reads until the buffer is full or the text ends.
func (c *cutter) fill() {
	for empty := 0; c.err == nil && c.held < len(c.buf); {
		n, err := c.r.Read(c.buf[c.held:])
		c.held += n
		c.err = err
		if n > 0 {
			empty = 0
		} else if empty++; empty > 100 && err == nil {
			c.err = fmt.Errorf("%w after byte %d", io.ErrNoProgress, c.off+int64(c.held))
		}
	}
}
