package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// client asks a server of its own.
type client struct {
	server *httptest.Server
	method string
	over   <-chan struct{} // closed when the handler has returned
	sent   *atomic.Int64   // by the connections' ReadFrom, where sendfile starts
}

// sending is a connection that counts what its own ReadFrom sends.
type sending struct {
	*net.TCPConn
	sent *atomic.Int64
}

func (s sending) ReadFrom(src io.Reader) (int64, error) {
	n, err := s.TCPConn.ReadFrom(src)
	s.sent.Add(n)
	return n, err
}

type listener struct {
	net.Listener
	sent atomic.Int64
}

func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return sending{tcp, &l.sent}, err
	}
	return conn, err
}

// newClient starts a server of h.
func newClient(h http.Handler, s situation, over <-chan struct{}) *client {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	counting := &listener{Listener: server.Listener}
	server.Listener = counting
	if server.EnableHTTP2 = s.http2; s.http2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	method := s.method
	if method == "" {
		method = http.MethodGet
	}
	return &client{server, method, over, &counting.sent}
}

// request makes the request, with a place for informational answers.
func (c *client) request(ctx context.Context, early *int) *http.Request {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			*early = code
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, c.method, c.server.URL+"/cases/7", nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	return r
}

// plain reads the answer whole.
func (c *client) plain() seen {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	var s seen
	res, err := c.server.Client().Transport.RoundTrip(c.request(ctx, &s.early))
	if err != nil {
		s.cut = true
		return s
	}
	defer res.Body.Close()
	s.status = res.StatusCode
	s.bytes, err = io.Copy(io.Discard, res.Body)
	s.cut = err != nil
	s.trailer = res.Trailer.Get("X-State")
	return s
}

// stream acknowledges the first half before it reads the other.
func (c *client) stream() seen {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	var s seen
	res, err := c.server.Client().Transport.RoundTrip(c.request(ctx, &s.early))
	if err != nil {
		s.cut = true
		return s
	}
	defer res.Body.Close()
	s.status = res.StatusCode
	n, err := io.ReadFull(res.Body, make([]byte, len(hello)))
	if err == nil {
		select {
		case acknowledged <- struct{}{}:
		case <-c.over:
		}
		s.bytes, err = io.Copy(io.Discard, res.Body)
	}
	s.bytes += int64(n)
	s.cut = err != nil
	return s
}

// leave goes away after the first bytes of the body.
func (c *client) leave() seen {
	s := seen{cut: true}
	conn, err := net.Dial("tcp", c.server.Listener.Addr().String())
	if err != nil {
		return s
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(doubt))
	fmt.Fprintf(conn, "GET /cases/7 HTTP/1.1\r\nHost: %s\r\n\r\n", c.server.Listener.Addr())
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return s
	}
	s.status = res.StatusCode
	n, _ := io.ReadFull(res.Body, make([]byte, len(hello)))
	s.bytes = int64(n)
	return s
}

// webSocket reads one message.
func (c *client) webSocket() seen {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, strings.Replace(c.server.URL, "http", "ws", 1)+"/cases/7", nil)
	var s seen
	if res != nil {
		s.status = res.StatusCode
	}
	if err != nil {
		return s
	}
	defer conn.CloseNow()
	_, message, err := conn.Read(ctx)
	s.cut = err != nil || string(message) != hello
	return s
}
