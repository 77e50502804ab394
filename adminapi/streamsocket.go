package adminapi

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"

	"github.com/coder/websocket"
)

// wantsSocket reports whether a client asks for a WebSocket.
func wantsSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header["Upgrade"], "websocket")
}

// hasToken reports whether one of the comma-separated lists holds a token.
func hasToken(lists []string, token string) bool {
	for _, list := range lists {
		for each := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(each), token) {
				return true
			}
		}
	}
	return false
}

// streamable refuses what cannot become a stream.
func streamable(w http.ResponseWriter, r *http.Request, socket bool) error {
	if r.ContentLength != 0 {
		return badRequest("a stream takes no body; send the request without one")
	}
	if !socket {
		if !can[http.Flusher](w) && !can[interface{ FlushError() error }](w) {
			return &Error{Status: http.StatusNotImplemented, Detail: "this server keeps answers back until they are whole, so it cannot stream; something around the admin API wraps its writer without Flush and Unwrap"}
		}
		return nil
	}
	key := r.Header["Sec-Websocket-Key"]
	switch {
	case !r.ProtoAtLeast(1, 1) || !hasToken(r.Header["Connection"], "upgrade"):
		return &Error{
			Status: http.StatusUpgradeRequired, Detail: `a WebSocket is asked for over HTTP/1.1 with "Connection: Upgrade"; a proxy may have taken it away`,
			Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
		}
	case len(r.Header["Sec-Websocket-Version"]) != 1 || r.Header["Sec-Websocket-Version"][0] != "13":
		return &Error{
			Status: http.StatusUpgradeRequired, Detail: "header Sec-WebSocket-Version is " + shorten(strings.Join(r.Header["Sec-Websocket-Version"], ",")) + "; allowed is 13",
			Header: http.Header{"Sec-Websocket-Version": {"13"}},
		}
	case len(key) != 1 || !validKey(strings.TrimSpace(key[0])):
		return badRequest("header Sec-WebSocket-Key is " + shorten(strings.Join(key, ",")) + "; allowed is one of 16 bytes in base 64")
	case !can[http.Hijacker](w):
		return &Error{Status: http.StatusNotImplemented, Detail: "this server cannot upgrade the connection to a WebSocket; ask for the stream without an upgrade"}
	}
	return nil
}

func validKey(key string) bool {
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == 16
}

// can reports whether a writer, or one that it wraps, is a T, as
// http.ResponseController looks for it.
func can[T any](w http.ResponseWriter) bool {
	for {
		if _, ok := w.(T); ok {
			return true
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = inner.Unwrap()
	}
}

// serveSocket sends a stream over a WebSocket. The handshake, what the client
// sends, and the end are the library's; the messages are written beside it,
// whole and encoded once for all streams.
func (h *Handler) serveSocket(ctx context.Context, w http.ResponseWriter, r *http.Request, seat *streamSeat, s *liveStream) error {
	up := &upgrader{ResponseWriter: w, wire: &socketWire{
		timeout: h.opts.StreamTimeout,
		silence: 2*h.opts.StreamHeartbeat + h.opts.StreamTimeout,
	}}
	// The guard has looked at the origin, by rules of its own.
	conn, err := websocket.Accept(up, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		h.opts.OnError(r, &failure{what: "upgrade to a WebSocket", err: err})
		panic(http.ErrAbortHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	gone := up.wire.hear(conn, cancel)
	defer func() {
		_ = conn.CloseNow()
		<-gone
	}()
	h.streams.connect(seat, up.wire.hurry)

	err = s.run(ctx, up.wire, frames)
	switch {
	case up.wire.gone.Load(), isClosed(gone): // the client is gone, or was too slow
	case ctx.Err() != nil:
		end, code := endOf(ctx), websocket.StatusGoingAway
		if end == errLoginEnded {
			code = websocket.StatusPolicyViolation
		}
		up.wire.close(conn, code, end.Error())
	case errors.Is(err, storage.ErrClosed):
		up.wire.close(conn, websocket.StatusGoingAway, storage.ErrClosed.Error())
	default:
		h.opts.OnError(r, &failure{what: "stream actions", err: err})
		up.wire.close(conn, websocket.StatusInternalError, "the server failed to stream actions")
	}
	return nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// upgrader gives the connection that the library takes over deadlines.
type upgrader struct {
	http.ResponseWriter
	wire *socketWire
}

func (u *upgrader) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.wire.Conn = conn
	return u.wire, bufio.NewReadWriter(rw.Reader, bufio.NewWriterSize(u.wire, 256)), nil
}

// socketWire is a wire that is a WebSocket's connection. Each read and each
// write has a deadline, so that neither waits for a client that is gone. The
// library writes nothing but control frames, each with one call of Write.
type socketWire struct {
	net.Conn
	timeout time.Duration // for one write
	silence time.Duration // how long the client may send nothing
	haste   haste
	gone    atomic.Bool // nothing can be written any more

	mu     sync.Mutex // held while whole frames are written
	closed bool       // a close frame was written, and nothing may follow it
}

func (c *socketWire) send(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.gone.Store(true)
		return net.ErrClosed
	}
	for len(b) > 0 {
		piece := b[:min(len(b), maxPiece)]
		if _, err := c.write(piece); err != nil {
			return err
		}
		b = b[len(piece):]
	}
	return nil
}

// Write writes a control frame.
func (c *socketWire) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = c.closed || len(b) > 0 && b[0] == closeFrame
	return c.write(b)
}

func (c *socketWire) write(b []byte) (int, error) {
	c.haste.set(c.SetWriteDeadline, c.timeout)
	n, err := c.Conn.Write(b)
	if err != nil {
		c.gone.Store(true)
	}
	return n, err
}

// Read reads what the client sends: answers to pings, and its close.
func (c *socketWire) Read(b []byte) (int, error) {
	c.haste.set(c.SetReadDeadline, c.silence)
	return c.Conn.Read(b)
}

// hear reads what the client sends on a goroutine of its own, until the
// connection is closed; then it calls cancel and closes the channel. A stream
// takes no messages: the first one ends it. (The library's CloseRead does so
// too, but then waits for itself for 15 seconds.)
func (c *socketWire) hear(conn *websocket.Conn, cancel context.CancelFunc) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer cancel()
		defer close(gone)
		if _, _, err := conn.Reader(context.Background()); err == nil {
			c.close(conn, websocket.StatusPolicyViolation, "a stream takes no messages")
		}
	}()
	return gone
}

func (c *socketWire) hurry() { c.haste.begin(c.SetDeadline) }

// close says why the stream ends, and waits a moment for the client to agree.
func (c *socketWire) close(conn *websocket.Conn, code websocket.StatusCode, why string) {
	c.hurry()
	_ = conn.Close(code, why)
}
