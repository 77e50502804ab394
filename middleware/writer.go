package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"
)

//go:generate sh -c "go run ./internal/genwriters > writers_generated.go"

// writer is a response writer with no optional interface. Each combination of
// them has a type of the same memory and more methods: a pointer to one
// converts to a pointer to another, so showing just the interfaces that the
// wrapped writer has costs nothing.
type writer struct{ exchange }

// http1Writer stands for the writer of net/http's HTTP/1 server.
type http1Writer writer

// http2Writer stands for the writer of net/http's HTTP/2 server.
type http2Writer writer

// The optional interfaces of a response writer.
const (
	canFlush = 1 << iota
	canFlushError
	canHijack
	canReadFrom
	canPush
	canCloseNotify
	canWriteString
	canControl   // deadlines and full duplex, without Unwrap
	mayBeCarried // it is one of ours, or may unwrap to one

	interfaces = canControl - 1 // those of writers_generated.go
)

const (
	likeHTTP1 = canFlush | canFlushError | canHijack | canReadFrom | canCloseNotify | canWriteString | canControl
	likeHTTP2 = canFlush | canFlushError | canPush | canCloseNotify | canWriteString | canControl
)

// The interfaces that net/http does not name, or calls deprecated.
type (
	flushErrorer  interface{ FlushError() error }
	closeNotifier interface{ CloseNotify() <-chan bool }
	controller    interface {
		SetReadDeadline(time.Time) error
		SetWriteDeadline(time.Time) error
		EnableFullDuplex() error
	}
)

// shapeOf returns what w can do.
func shapeOf(w http.ResponseWriter) (shape uint16) {
	add := func(bit uint16, ok bool) {
		if ok {
			shape |= bit
		}
	}
	_, ok := w.(http.Flusher)
	add(canFlush, ok)
	_, ok = w.(flushErrorer)
	add(canFlushError, ok)
	_, ok = w.(http.Hijacker)
	add(canHijack, ok)
	_, ok = w.(io.ReaderFrom)
	add(canReadFrom, ok)
	_, ok = w.(http.Pusher)
	add(canPush, ok)
	_, ok = w.(closeNotifier)
	add(canCloseNotify, ok)
	_, ok = w.(io.StringWriter)
	add(canWriteString, ok)
	_, ok = w.(controller)
	add(canControl, ok)
	_, ok = w.(carrier)
	add(mayBeCarried, ok)
	_, ok = w.(unwrapper)
	add(mayBeCarried, ok)
	return shape
}

// show returns w with the optional interfaces of shape. Deadlines and full
// duplex are shown for the writers of net/http, and left to Unwrap, which
// http.ResponseController follows, for all others.
func (w *writer) show(shape uint16) http.ResponseWriter {
	switch shape &^ mayBeCarried {
	case likeHTTP1:
		return (*http1Writer)(w)
	case likeHTTP2:
		return (*http2Writer)(w)
	}
	return w.as(shape & interfaces)
}

// shapes remembers what the writers of each type can do. There are few types,
// and nearly always the first one fits.
type shapes struct {
	known atomic.Pointer[[]shapeOfType]
}

type shapeOfType struct {
	of    reflect.Type
	shape uint16
}

// maxShapes bounds what is remembered.
const maxShapes = 32

func (s *shapes) of(w http.ResponseWriter) uint16 {
	t := reflect.TypeOf(w)
	known := s.known.Load()
	if known != nil {
		for i := range *known {
			if k := &(*known)[i]; k.of == t {
				return k.shape
			}
		}
	}
	shape := shapeOf(w)
	var grown []shapeOfType
	if known != nil {
		grown = append(grown, *known...)
	}
	if len(grown) < maxShapes {
		grown = append(grown, shapeOfType{t, shape})
		s.known.CompareAndSwap(known, &grown) // who loses tries again with the next request
	}
	return shape
}

func (w *http1Writer) Flush()                                       { w.flush() }
func (w *http1Writer) FlushError() error                            { return w.flushError() }
func (w *http1Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }
func (w *http1Writer) ReadFrom(src io.Reader) (int64, error)        { return w.readFrom(src) }
func (w *http1Writer) CloseNotify() <-chan bool                     { return w.closeNotify() }
func (w *http1Writer) WriteString(s string) (int, error)            { return w.writeString(s) }
func (w *http1Writer) SetReadDeadline(t time.Time) error            { return w.control().SetReadDeadline(t) }
func (w *http1Writer) SetWriteDeadline(t time.Time) error           { return w.control().SetWriteDeadline(t) }
func (w *http1Writer) EnableFullDuplex() error                      { return w.control().EnableFullDuplex() }

func (w *http2Writer) Flush()                                        { w.flush() }
func (w *http2Writer) FlushError() error                             { return w.flushError() }
func (w *http2Writer) Push(target string, o *http.PushOptions) error { return w.push(target, o) }
func (w *http2Writer) CloseNotify() <-chan bool                      { return w.closeNotify() }
func (w *http2Writer) WriteString(s string) (int, error)             { return w.writeString(s) }
func (w *http2Writer) SetReadDeadline(t time.Time) error             { return w.control().SetReadDeadline(t) }
func (w *http2Writer) SetWriteDeadline(t time.Time) error            { return w.control().SetWriteDeadline(t) }
func (w *http2Writer) EnableFullDuplex() error                       { return w.control().EnableFullDuplex() }

func (x *exchange) control() controller { return x.inner.(controller) }

func (x *exchange) closeNotify() <-chan bool { return x.inner.(closeNotifier).CloseNotify() }

func (x *exchange) push(target string, o *http.PushOptions) error {
	return x.inner.(http.Pusher).Push(target, o)
}

func (x *exchange) hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := x.inner.(http.Hijacker).Hijack()
	if err == nil {
		x.state.Or(hijacked)
	}
	return conn, rw, err
}
