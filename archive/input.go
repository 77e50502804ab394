package archive

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
)

// input is a text that can be read only once.
type input struct {
	name string
	r    io.Reader
	used atomic.Bool
}

// OpenReader returns a reader of JSON Lines, plain or in gzip, as they come
// from r, such as standard input; name stands for a file name in errors and
// ids. It can be asked one question, once, and keeps no more in memory than the
// answer and some twenty megabytes. What has been read is given out at the latest
// after a megabyte, or at the end; of gzip as the documentation of the package
// says.
func OpenReader(r io.Reader, name string) *Archive {
	return &Archive{in: &input{name: name, r: r}}
}

// begin refuses a second question.
func (in *input) begin() error {
	if in.used.Swap(true) {
		return fmt.Errorf("read %s: it can be read only once", in.name)
	}
	return nil
}

// input ranges over what is read.
func (t *text) input(yield func(span, error) bool) {
	src := &sourceReader{r: &ctxReader{t.ctx, t.src.in.r}}
	buffered := bufio.NewReaderSize(src, 64<<10)
	start, err := buffered.Peek(2)
	if err != nil && err != io.EOF {
		yield(span{}, src.failure(t.base))
		return
	}
	var r io.Reader = buffered
	if bytes.Equal(start, headStart[:2]) {
		var m memberReader
		m.reset(buffered)
		r = &m
	}
	line := 1
	more, err := t.pieces(r, 1, false, func(s span, err error) bool {
		if err != nil {
			line++
		}
		line += bytes.Count(s.text, newline)
		return yield(s, err)
	})
	if more && err != nil {
		yield(span{}, t.inputError(src, line, err))
	}
}

// inputError tells damage from a reader that failed.
func (t *text) inputError(src *sourceReader, line int, err error) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if src.err != nil {
		return src.failure(t.base)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &CorruptError{File: t.base, Line: line, Err: err}
}
