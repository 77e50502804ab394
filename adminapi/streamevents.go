package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

const (
	// maxPiece is the most bytes that are given to a connection at once, and
	// for which it has one write deadline.
	maxPiece = 64 << 10

	// eventRetry is how long a browser waits before it connects again.
	eventRetry = 2 * time.Second
)

func setEventHeaders(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // lets nginx pass on each event at once
}

// serveEvents sends a stream as Server-Sent Events.
func (h *Handler) serveEvents(ctx context.Context, w http.ResponseWriter, seat *streamSeat, s *liveStream) error {
	out := &eventWire{w: w, control: http.NewResponseController(w), timeout: h.opts.StreamTimeout}
	_ = out.control.SetReadDeadline(time.Time{}) // the server's would end the stream
	h.streams.connect(seat, out.hurry)
	setEventHeaders(w.Header())
	w.WriteHeader(http.StatusOK)
	err := out.send(fmt.Appendf(nil, ": actions as they are recorded\nretry: %d\n\n", eventRetry.Milliseconds()))
	if err == nil {
		err = s.run(ctx, out, events)
	}
	switch {
	case out.failed, ctx.Err() != nil && !errors.Is(context.Cause(ctx), errClosed):
		return nil // the client is gone
	case ctx.Err() != nil:
		out.end(errClosed)
	case errors.Is(err, storage.ErrClosed):
		out.end(err)
	default:
		return err
	}
	return nil
}

// eventWire is a wire that is the body of an answer.
type eventWire struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	failed  bool
	hurried atomic.Bool
}

func (e *eventWire) send(b []byte) error {
	for err := error(nil); ; {
		piece := b[:min(len(b), maxPiece)]
		e.setDeadline()
		if _, err = e.w.Write(piece); err == nil && len(piece) == len(b) {
			err = e.control.Flush()
		}
		if b = b[len(piece):]; err != nil || len(b) == 0 {
			e.failed = e.failed || err != nil
			return err
		}
	}
}

// setDeadline gives the next write its time, as far as the server's writer can
// be told.
func (e *eventWire) setDeadline() {
	_ = e.control.SetWriteDeadline(time.Now().Add(e.timeout))
	if e.hurried.Load() {
		_ = e.control.SetWriteDeadline(time.Now().Add(closingGrace))
	}
}

func (e *eventWire) hurry() {
	e.hurried.Store(true)
	_ = e.control.SetWriteDeadline(time.Now().Add(closingGrace))
}

// end says why the stream ends; a browser will connect again.
func (e *eventWire) end(why error) {
	_ = e.send(fmt.Appendf(nil, ": the stream ends: %v\n\n", why))
}
