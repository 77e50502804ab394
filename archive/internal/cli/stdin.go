package cli

import (
	"context"
	"errors"
	"io"
)

// errOnce refuses standard input where more than one question is asked.
var errOnce = errors.New("standard input can be asked one question only; name a folder or files")

// stdinName stands for standard input on a command line.
const stdinName = "-"

// interruptible reads from a reader whose Read may block for ever, until a
// context ends.
type interruptible struct {
	done   <-chan struct{}
	err    func() error
	chunks chan chunk
	now    chunk
}

type chunk struct {
	b   []byte
	err error
}

func newInterruptible(ctx context.Context, r io.Reader) *interruptible {
	i := &interruptible{done: ctx.Done(), err: ctx.Err, chunks: make(chan chunk)}
	go i.pump(r)
	return i
}

func (i *interruptible) pump(r io.Reader) {
	for {
		b := make([]byte, 64<<10)
		n, err := r.Read(b)
		select {
		case i.chunks <- chunk{b[:n], err}:
		case <-i.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read returns what has come, or the context's error.
func (i *interruptible) Read(b []byte) (int, error) {
	for len(i.now.b) == 0 {
		if i.now.err != nil {
			return 0, i.now.err
		}
		select {
		case i.now = <-i.chunks:
		case <-i.done:
			i.now = chunk{err: i.err()}
		}
	}
	n := copy(b, i.now.b)
	i.now.b = i.now.b[n:]
	return n, nil
}
