package ship

import (
	"context"
	"io"

	"actionlog/storage"
)

// Writer is a [Destination] that writes actions to an [io.Writer] as the archive
// has them, a line each: to standard output, for example. What was sent again is
// there twice.
type Writer struct {
	w    io.Writer
	buf  []byte
	torn bool // whether the last write ended within a line
}

// NewWriter returns a destination that writes to w, with one Write a batch.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Deliver writes the batch.
func (w *Writer) Deliver(_ context.Context, batch []storage.Action) (Outcome, error) {
	w.buf = w.buf[:0]
	if w.torn { // the rest of the line is lost; what follows it shall not be
		w.buf = append(w.buf, '\n')
	}
	for i := range batch {
		w.buf = appendLine(w.buf, &batch[i])
	}
	n, err := w.w.Write(w.buf)
	if n > 0 {
		w.torn = w.buf[n-1] != '\n'
	}
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	return Outcome{}, err
}

// Preview returns the line of an action.
func (w *Writer) Preview(a *storage.Action) ([]byte, error) { return appendLine(nil, a), nil }
