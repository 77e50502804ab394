package main

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// patience is how long anything may take that should be immediate.
const patience = 5 * time.Second

// doubt is how long a handler or a client waits for what a peer may have taken
// away.
const doubt = 2 * time.Second

func deadlines(w http.ResponseWriter, r *http.Request, l *lost) {
	control := http.NewResponseController(w)
	soon := time.Now().Add(time.Minute)
	if control.SetReadDeadline(soon) != nil || control.SetWriteDeadline(soon) != nil {
		l.add("no deadline")
	}
	if r.ProtoMajor == 1 {
		l.check(control.EnableFullDuplex(), "no full duplex")
	}
	l.check(control.Flush(), "no flush by the controller")
	write(w, hello)
}

// tooLate is a handler that http.TimeoutHandler gives up.
func tooLate(w http.ResponseWriter, r *http.Request, _ *lost) {
	http.TimeoutHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}), 10*time.Millisecond, "sorry").ServeHTTP(w, r)
}

// acknowledged tells a streaming handler that its client has what it flushed.
var acknowledged = make(chan struct{})

// stream goes on only once the client has the first half.
func stream(w http.ResponseWriter, _ *http.Request, l *lost) {
	write(w, hello)
	l.flush(w)
	select {
	case <-acknowledged:
	case <-time.After(doubt):
		l.add("flush without effect")
	}
	write(w, hello)
}

// wait writes and waits for the client to go.
func wait(w http.ResponseWriter, r *http.Request, l *lost) {
	write(w, hello)
	l.flush(w)
	select {
	case <-r.Context().Done():
	case <-time.After(patience):
		l.add("the context was not cancelled")
	}
}

func hijack(w http.ResponseWriter, _ *http.Request, l *lost) {
	h, ok := w.(http.Hijacker)
	if !ok {
		l.add("no hijack")
		return
	}
	conn, _, err := h.Hijack()
	if err != nil {
		l.add("no hijack")
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 5\r\nConnection: close\r\n\r\nshort")
}

// webSocket sends one message.
func webSocket(w http.ResponseWriter, r *http.Request, l *lost) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		l.add("no WebSocket")
		return
	}
	defer conn.CloseNow()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, []byte(hello)); err != nil {
		l.add("no message by WebSocket")
	}
	conn.Read(ctx) // until the client closes
}
