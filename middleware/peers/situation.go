package main

import (
	"net/http"
	"os"
)

// situation is one thing that a handler does, and how a client asks for it.
type situation struct {
	name   string
	method string // GET if empty
	http2  bool
	wire   seen // what a client sees of the handler without any peer
	handle func(w http.ResponseWriter, r *http.Request, l *lost)

	// ask sends the request; nil for a plain one whose answer is read whole.
	ask func(c *client) seen

	sendfile   bool   // the body is to go by the connection's ReadFrom
	mayRecover bool   // the answer may be a 500 instead
	detached   bool   // the handler took the connection: the answer is its own, and 0 for no status is right, too
	how        string // how the request ended, where it was not the ordinary way
}

// seen is what a client saw.
type seen struct {
	status  int // 0 for no answer
	bytes   int64
	cut     bool // the answer ended too early, or there was none
	early   int  // an informational status before it
	trailer string
}

// lost collects what a handler could not do.
type lost struct {
	what []string
	file string // for the handler: the path of a file that is as long as large
}

func (l *lost) add(what string) { l.what = append(l.what, what) }

func (l *lost) check(err error, what string) {
	if err != nil {
		l.add(what)
	}
}

const (
	hello = "hello" // five bytes
	large = 1 << 20
)

// flush does as handlers do that stream.
func (l *lost) flush(w http.ResponseWriter) {
	f, ok := w.(http.Flusher)
	if !ok {
		l.add("no flush")
		return
	}
	f.Flush()
}

func write(w http.ResponseWriter, text string) { w.Write([]byte(text)) }

var plain = []situation{
	{name: "a body alone", wire: seen{status: 200, bytes: 5},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) { write(w, hello) }},
	{name: "nothing written", wire: seen{status: 200},
		handle: func(http.ResponseWriter, *http.Request, *lost) {}},
	{name: "404 and a body", wire: seen{status: 404, bytes: 5},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.WriteHeader(http.StatusNotFound)
			write(w, hello)
		}},
	{name: "200, then 500", wire: seen{status: 200, bytes: 5},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.WriteHeader(http.StatusOK)
			w.WriteHeader(http.StatusInternalServerError)
			write(w, hello)
		}},
	{name: "a body, then 500", wire: seen{status: 200, bytes: 5},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			write(w, hello)
			w.WriteHeader(http.StatusInternalServerError)
		}},
	{name: "103, then 201", wire: seen{status: 201, bytes: 5, early: 103},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.Header().Set("Link", "</style.css>; rel=preload; as=style")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusCreated)
			write(w, hello)
		}},
	{name: "103, then a body", wire: seen{status: 200, bytes: 5, early: 103},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.WriteHeader(http.StatusEarlyHints)
			write(w, hello)
		}},
	{name: "flush, then 500", wire: seen{status: 200, bytes: 5}, how: "streamed",
		handle: func(w http.ResponseWriter, _ *http.Request, l *lost) {
			l.flush(w)
			w.WriteHeader(http.StatusInternalServerError)
			write(w, hello)
		}},
	{name: "204 and a body", wire: seen{status: 204},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.WriteHeader(http.StatusNoContent)
			write(w, hello)
		}},
	{name: "HEAD and a body", method: "HEAD", wire: seen{status: 200},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) { write(w, hello) }},
	{name: "more than the Content-Length", wire: seen{status: 200, bytes: 5},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.Header().Set("Content-Length", "5")
			write(w, hello)
			write(w, hello)
		}},
	{name: "trailers", wire: seen{status: 200, bytes: 5, trailer: "done"},
		handle: func(w http.ResponseWriter, _ *http.Request, _ *lost) {
			w.Header().Set("Trailer", "X-State")
			write(w, hello)
			w.Header().Set("X-State", "done")
		}},
	{name: "a file by sendfile", wire: seen{status: 200, bytes: large}, sendfile: true,
		handle: func(w http.ResponseWriter, r *http.Request, l *lost) {
			f, err := os.Open(l.file)
			if err != nil {
				l.add(err.Error())
				return
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				l.add(err.Error())
				return
			}
			http.ServeContent(w, r, "large.bin", info.ModTime(), f)
		}},
	{name: "deadlines by ResponseController", wire: seen{status: 200, bytes: 5}, how: "streamed", handle: deadlines},
	{name: "behind, http.TimeoutHandler answers", wire: seen{status: 503, bytes: 5}, handle: tooLate},
}

var streams = []situation{
	{name: "a stream, flushed", wire: seen{status: 200, bytes: 10}, how: "streamed", ask: (*client).stream, handle: stream},
	{name: "HTTP/2: a stream, flushed", http2: true, wire: seen{status: 200, bytes: 10}, how: "streamed", ask: (*client).stream, handle: stream},
	{name: "HTTP/2: flush, 500, trailers", http2: true, wire: seen{status: 200, bytes: 5, trailer: "done"}, how: "streamed",
		handle: func(w http.ResponseWriter, _ *http.Request, l *lost) {
			w.Header().Set("Trailer", "X-State")
			l.flush(w)
			w.WriteHeader(http.StatusInternalServerError)
			write(w, hello)
			w.Header().Set("X-State", "done")
		}},
	{name: "HTTP/2: deadlines", http2: true, wire: seen{status: 200, bytes: 5}, how: "streamed", handle: deadlines},
}

var ends = []situation{
	{name: "a panic", wire: seen{cut: true}, mayRecover: true, how: "panic",
		handle: func(http.ResponseWriter, *http.Request, *lost) { panic("boom") }},
	{name: "a panic in the middle", wire: seen{status: 200, bytes: 5, cut: true}, how: "panic",
		handle: func(w http.ResponseWriter, _ *http.Request, l *lost) {
			write(w, hello)
			l.flush(w)
			panic("boom")
		}},
	{name: "http.ErrAbortHandler in the middle", wire: seen{status: 200, bytes: 5, cut: true}, how: "aborted",
		handle: func(w http.ResponseWriter, _ *http.Request, l *lost) {
			write(w, hello)
			l.flush(w)
			panic(http.ErrAbortHandler)
		}},
	{name: "HTTP/2: http.ErrAbortHandler", http2: true, wire: seen{status: 200, bytes: 5, cut: true}, how: "aborted",
		handle: func(w http.ResponseWriter, _ *http.Request, l *lost) {
			write(w, hello)
			l.flush(w)
			panic(http.ErrAbortHandler)
		}},
	{name: "the client gone in the middle", wire: seen{status: 200, bytes: 5, cut: true}, ask: (*client).leave, handle: wait, how: "aborted"},
	{name: "hijacked, answers 418 itself", wire: seen{status: 418, bytes: 5}, detached: true, how: "hijacked", handle: hijack},
	{name: "a WebSocket", wire: seen{status: 101}, ask: (*client).webSocket, detached: true, how: "hijacked", handle: webSocket},
}

// situations returns all of them, in the order of the table.
func situations() []situation {
	return append(append(append([]situation(nil), plain...), streams...), ends...)
}
