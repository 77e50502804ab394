package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"actionlog/storage"
)

// eventRetry is how long a browser waits before it connects again.
const eventRetry = 2 * time.Second

func setEventHeaders(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform") // what compresses may wait for more to compress
	h.Set("X-Accel-Buffering", "no")                 // lets nginx pass on each event at once
}

// serveEvents sends a stream as Server-Sent Events.
func (h *Handler) serveEvents(ctx context.Context, w http.ResponseWriter, seat *streamSeat, s *liveStream) error {
	out := &eventWire{w: w, control: http.NewResponseController(w), timeout: h.opts.StreamTimeout}
	_ = out.control.SetReadDeadline(time.Time{}) // one that is left over would end the stream
	h.streams.connect(seat, out.hurry)
	setEventHeaders(w.Header())
	w.WriteHeader(http.StatusOK)
	err := out.send(fmt.Appendf(nil, ": actions as they are recorded\nretry: %d\n\n", eventRetry.Milliseconds()))
	if err == nil {
		err = s.run(ctx, out, events)
	}
	switch {
	case out.failed: // the client is gone, or was too slow
		return nil
	case ctx.Err() != nil: // the server or the login ends, unless the client is gone
		err = endOf(ctx)
	case !errors.Is(err, storage.ErrClosed):
		return err
	}
	out.end(err)
	return nil
}

// eventWire is a wire that is the body of an answer.
type eventWire struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	failed  bool
	haste   haste
}

func (e *eventWire) send(b []byte) error {
	defer e.haste.unset(e.control.SetWriteDeadline)
	for err := error(nil); ; {
		piece := b[:min(len(b), maxPiece)]
		e.haste.set(e.control.SetWriteDeadline, e.timeout)
		if _, err = e.w.Write(piece); err == nil && len(piece) == len(b) {
			err = e.control.Flush()
		}
		if b = b[len(piece):]; err != nil || len(b) == 0 {
			e.failed = e.failed || err != nil
			return err
		}
	}
}

func (e *eventWire) hurry() { e.haste.begin(e.control.SetWriteDeadline) }

// end says why the stream ends. A browser will connect again.
func (e *eventWire) end(why error) {
	e.hurry()
	_ = e.send(fmt.Appendf(nil, ": the stream ends: %v\n\n", why))
}
