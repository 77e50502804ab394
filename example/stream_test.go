package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestStopsWithStreamsOpen has Ctrl-C end the example at once although clients
// hold streams open, one of which reads nothing.
func TestStopsWithStreamsOpen(t *testing.T) {
	t.Parallel()
	p := start(t, "-archive", t.TempDir(), "-traffic", "500")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	stuck, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	fmt.Fprint(stuck, "GET /action-logs/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")

	req, err := http.NewRequestWithContext(ctx, "GET", p.url+"/action-logs/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	events := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(resp.Body)
		events <- string(all)
	}()

	socket, _, err := websocket.Dial(ctx, p.url+"/action-logs/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.CloseNow() }()
	closed := make(chan error, 1)
	go func() {
		for {
			if _, _, err := socket.Read(ctx); err != nil {
				closed <- err
				return
			}
		}
	}()

	time.Sleep(500 * time.Millisecond)
	if err := p.stop(t, os.Interrupt); err != nil {
		t.Errorf("the example ended with %v\n%s", err, p.stderr.String())
	}
	if all := <-events; !strings.Contains(all, "event: action\n") || !strings.HasSuffix(all, ": the stream ends: the server is shutting down\n\n") {
		t.Errorf("the events end with %q", all[max(0, len(all)-300):])
	}
	if err := <-closed; websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the WebSocket ends with %v", err)
	}
}

// TestStopsWithSocketsOnly has the example say goodbye to WebSockets, for which
// http.Server.Shutdown does not wait.
func TestStopsWithSocketsOnly(t *testing.T) {
	t.Parallel()
	p := start(t, "-archive", t.TempDir(), "-traffic", "0")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	const sockets = 30
	closed := make(chan error, sockets)
	for range sockets {
		socket, _, err := websocket.Dial(ctx, p.url+"/action-logs/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = socket.CloseNow() }()
		go func() {
			_, _, err := socket.Read(ctx)
			closed <- err
		}()
	}
	if err := p.stop(t, os.Interrupt); err != nil {
		t.Errorf("the example ended with %v\n%s", err, p.stderr.String())
	}
	for range sockets {
		if err := <-closed; websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("a WebSocket ends with %v", err)
		}
	}
}
