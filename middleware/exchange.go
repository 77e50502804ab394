package middleware

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync/atomic"
)

// exchange is one request and its response as far as a handler can reach
// them. A handler may keep its writer for ever and use it from any goroutine,
// therefore an exchange serves one request and no other, and all that changes
// after it was handed out is atomic. Each request takes new memory for its
// exchange, which is most of what one costs: it is to be small.
type exchange struct {
	inner http.ResponseWriter
	state atomic.Uint64 // what happened to the response, see below
	m     *Middleware
	r     *http.Request        // as it was given to the handler
	told  atomic.Pointer[told] // nil for nothing
}

// The state of a response: the body's bytes in the low 48 bits, then 10 bits
// of the status code, then flags.
const (
	bytesMask = 1<<48 - 1
	codeShift = 48
	codeMask  = 1<<10 - 1

	flushed  = 1 << 58 // by the handler
	hijacked = 1 << 59
	broken   = 1 << 60 // a write failed: the client went away
	timedOut = 1 << 61 // a write came after http.TimeoutHandler had answered
)

func codeOf(state uint64) int { return int(state >> codeShift & codeMask) }

func bytesOf(state uint64) int64 { return int64(state & bytesMask) }

// carried is how an exchange is found from any writer that it is part of.
func (x *exchange) carried() *exchange { return x }

// Unwrap returns the writer that this one stands for, as
// [http.ResponseController] expects it.
func (x *exchange) Unwrap() http.ResponseWriter { return x.inner }

// Header returns the header of the response.
func (x *exchange) Header() http.Header { return x.inner.Header() }

// WriteHeader notes the first final status code. Informational codes pass.
func (x *exchange) WriteHeader(code int) {
	x.inner.WriteHeader(code)
	if code < 200 && (code != http.StatusSwitchingProtocols || x.r.ProtoMajor >= 2) {
		return
	}
	for {
		old := x.state.Load()
		if old&(hijacked|codeMask<<codeShift) != 0 {
			return
		}
		if x.state.CompareAndSwap(old, old|uint64(code&codeMask)<<codeShift) {
			return
		}
	}
}

// Write counts what was written.
func (x *exchange) Write(p []byte) (int, error) {
	n, err := x.inner.Write(p)
	if x.captures() {
		x.note().capture(x.inner.Header(), p[:max(n, 0)])
	}
	x.wrote(int64(n), flagsOf(err))
	return n, err
}

func (x *exchange) writeString(s string) (int, error) {
	n, err := x.inner.(io.StringWriter).WriteString(s)
	if x.captures() {
		x.note().capture(x.inner.Header(), []byte(s[:max(n, 0)]))
	}
	x.wrote(int64(n), flagsOf(err))
	return n, err
}

// readFrom hands the source on to the inner writer, so that a file still
// travels by sendfile. A failing answer is copied here instead: its text is
// wanted.
func (x *exchange) readFrom(src io.Reader) (int64, error) {
	if x.captures() {
		return io.Copy(struct{ io.Writer }{x}, src)
	}
	n, err := x.inner.(io.ReaderFrom).ReadFrom(src)
	var flags uint64
	if err != nil && fromSink(src, err) {
		flags = flagsOf(err)
	}
	if n > 0 || flags != 0 {
		x.wrote(n, flags)
	}
	return n, err
}

// fromSink reports whether copying from src failed at the far side, as far as
// the error tells. Reading a file fails with an [fs.PathError], so the network
// has failed where a system call or a deadline is the cause instead. For other
// sources, which may be connections themselves, only a write is told for sure.
func fromSink(src io.Reader, err error) bool {
	if errors.As(err, new(*fs.PathError)) {
		return false
	}
	if isFile(src) && (errors.As(err, new(*os.SyscallError)) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)) {
		return true
	}
	for op := (*net.OpError)(nil); errors.As(err, &op); err = op.Err {
		if op.Op == "write" {
			return true
		}
	}
	return false
}

// isFile reports whether src is a file, or the start of one as [io.CopyN] hands
// it on. [io.Copy] hides an *os.File in a type of its own.
func isFile(src io.Reader) bool {
	if l, ok := src.(*io.LimitedReader); ok {
		src = l.R
	}
	_, ok := src.(interface{ Stat() (fs.FileInfo, error) })
	return ok
}

func (x *exchange) flush() {
	x.inner.(http.Flusher).Flush()
	x.wrote(0, flushed)
}

func (x *exchange) flushError() error {
	err := x.inner.(flushErrorer).FlushError()
	if errors.Is(err, http.ErrNotSupported) {
		return err
	}
	x.wrote(0, flushed|flagsOf(err))
	return err
}

// captures reports whether the body is the text of a failure.
func (x *exchange) captures() bool {
	return codeOf(x.state.Load()) >= x.m.captureFrom
}

// wrote adds n bytes and flags. What was written without a status code went
// out as 200, unless the connection is no longer the server's.
func (x *exchange) wrote(n int64, flags uint64) {
	for {
		old := x.state.Load()
		if old&hijacked != 0 {
			return
		}
		now := old | flags
		if now&(codeMask<<codeShift) == 0 {
			now |= http.StatusOK << codeShift
		}
		if n > 0 && bytesOf(now)+n <= bytesMask {
			now += uint64(n)
		}
		if now == old || x.state.CompareAndSwap(old, now) {
			return
		}
	}
}

// flagsOf tells a client that went away from a handler that did wrong.
func flagsOf(err error) uint64 {
	switch {
	case err == nil,
		errors.Is(err, http.ErrBodyNotAllowed),
		errors.Is(err, http.ErrContentLength),
		errors.Is(err, http.ErrHijacked):
		return 0
	case errors.Is(err, http.ErrHandlerTimeout):
		return timedOut
	}
	return broken
}

// carrier is implemented by every writer of this package.
type carrier interface{ carried() *exchange }

// unwrapper is what [http.ResponseController] follows, too.
type unwrapper interface{ Unwrap() http.ResponseWriter }

// maxChain bounds how many writers are unwrapped in search of one of ours.
const maxChain = 64

// find returns the exchange nearest to w in its chain of writers, or nil.
func find(w http.ResponseWriter) *exchange {
	for range maxChain {
		if c, ok := w.(carrier); ok {
			return c.carried()
		}
		u, ok := w.(unwrapper)
		if !ok {
			return nil
		}
		w = u.Unwrap()
	}
	return nil
}

// findOf is find for the exchange that m itself made.
func findOf(m *Middleware, w http.ResponseWriter) *exchange {
	for range maxChain {
		x := find(w)
		if x == nil || x.m == m {
			return x
		}
		w = x.inner
	}
	return nil
}
