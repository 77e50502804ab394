package adminapi

import (
	"sync/atomic"
	"time"
)

// wire is the connection of a stream.
type wire interface {
	// send sends whole messages, or fails within the write deadline.
	send(b []byte) error

	// hurry lets no send take longer than closingGrace from now on. It is
	// safe to call while another goroutine sends.
	hurry()
}

// maxPiece is the most bytes that are given to a connection at once, and for
// which it has one write deadline.
const maxPiece = 64 << 10

// closingGrace is how long the last words of a stream may take.
const closingGrace = time.Second

// haste is a moment after which a connection is of no use any more, once it
// has begun. It is safe for concurrent use.
type haste struct {
	end atomic.Pointer[time.Time]
}

// begin sets the moment, unless it is set, as the deadline of what is under
// way.
func (h *haste) begin(setDeadline func(time.Time) error) {
	end := time.Now().Add(closingGrace)
	h.end.CompareAndSwap(nil, &end)
	_ = setDeadline(*h.end.Load())
}

// set sets the deadline of what comes next, as far as the connection has one. It
// looks at the moment again afterwards, which may have been set meanwhile.
func (h *haste) set(setDeadline func(time.Time) error, timeout time.Duration) {
	at := time.Now().Add(timeout)
	if h.end.Load() == nil {
		_ = setDeadline(at)
	}
	if end := h.end.Load(); end != nil {
		if end.Before(at) {
			at = *end
		}
		_ = setDeadline(at)
	}
}

// unset takes the deadline away until the next set, since over HTTP/2 one that
// passes ends a stream that is idle, too.
func (h *haste) unset(setDeadline func(time.Time) error) {
	if h.end.Load() == nil {
		_ = setDeadline(time.Time{})
	}
	if end := h.end.Load(); end != nil {
		_ = setDeadline(*end)
	}
}
