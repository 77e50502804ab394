package adminapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
)

// occupy opens a stream from a peer, without a network, and returns what ends
// it. It fails unless the stream begins.
func occupy(t *testing.T, h *adminapi.Handler, peer string) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &live{header: http.Header{}, wrote: make(chan struct{}, 100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(w, request("GET", "/action-logs/stream", "From-Peer: "+peer).WithContext(ctx))
	}()
	select {
	case <-w.wrote:
	case <-done:
		t.Fatalf("the stream of %s is refused: %d %s", peer, w.status, w.text)
	}
	return func() { cancel(); <-done }
}

// live is a writer that tells of each write, without a network.
type live struct {
	header http.Header
	wrote  chan struct{}

	mu     sync.Mutex
	status int
	text   string
	at     []time.Time // of each write
}

// take returns what was written since, and when.
func (l *live) take() (text string, at []time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text, at = l.text, l.at
	l.text, l.at = "", nil
	return text, at
}

func (l *live) Header() http.Header  { return l.header }
func (l *live) WriteHeader(code int) { l.mu.Lock(); l.status = code; l.mu.Unlock() }
func (l *live) Flush()               {}

func (l *live) Write(b []byte) (int, error) {
	l.mu.Lock()
	l.text += string(b)
	l.at = append(l.at, time.Now())
	l.mu.Unlock()
	select {
	case l.wrote <- struct{}{}:
	default:
	}
	return len(b), nil
}

func TestStreamLimits(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{
		MaxStreams: 4, MaxStreamsPerPeer: 2, OnError: func(*http.Request, error) {},
		AllowedPrefixes: prefixes(t, "0.0.0.0/0 ::/0"),
	})
	refused := func(peer string, status int) {
		t.Helper()
		resp := do(h, request("GET", "/action-logs/stream", "From-Peer: "+peer))
		if text := detail(t, resp); resp.StatusCode != status || resp.Header.Get("Retry-After") != "10" {
			t.Errorf("the stream of %s is %d %v: %s", peer, resp.StatusCode, resp.Header, text)
		}
	}
	first := occupy(t, h, "[2001:db8::1]:1")
	second := occupy(t, h, "[2001:db8::ffff:2]:1")
	refused("[2001:db8::3]:1", 429)
	third := occupy(t, h, "192.0.2.1:1")
	mapped := occupy(t, h, "[::ffff:192.0.2.1]:1")
	refused("192.0.2.1:2", 429)
	refused("192.0.2.2:1", 503)
	second()
	again := occupy(t, h, "192.0.2.2:1")
	for _, end := range []func(){first, third, mapped, again} {
		end()
	}
	if n := h.OpenStreams(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
	occupy(t, h, "[2001:db8::3]:1")()
}

func TestStreamOfBareStore(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: bare{empty{}}})
	resp := do(h, request("GET", "/action-logs/stream"))
	if text := detail(t, resp); resp.StatusCode != 404 || text != "the store of this server cannot stream actions" {
		t.Errorf("status %d: %s", resp.StatusCode, text)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// whole is a writer that keeps its answer until the handler returns.
type whole struct{ http.ResponseWriter }

func TestStreamRefused(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{OnError: func(*http.Request, error) {}})
	w := httptest.NewRecorder()
	h.ServeHTTP(whole{w}, request("GET", "/action-logs/stream"))
	if text := detail(t, w.Result()); w.Code != 501 {
		t.Errorf("a writer that cannot flush is answered %d: %s", w.Code, text)
	}
	r := request("GET", "/action-logs/stream")
	r.ContentLength = -1
	resp := do(h, r)
	if text := detail(t, resp); resp.StatusCode != 400 || text != "a stream takes no body; send the request without one" {
		t.Errorf("a stream with a body is answered %d: %s", resp.StatusCode, text)
	}
}

// TestStreamHead has HEAD answered at once, with the headers of GET.
func TestStreamHead(t *testing.T) {
	t.Parallel()
	srv := startServer(t, newHandler(t, adminapi.Options{}))
	for query, want := range map[string]int{"": 200, "?last=1": 200, "?limit=1": 400} {
		resp, err := srv.Client().Head(srv.URL + "/action-logs/stream" + query)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want || want == 200 && resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("HEAD %s is %d %v", query, resp.StatusCode, resp.Header)
		}
		resp.Body.Close()
	}
}

// wrapped is a writer as middleware has it: all but the methods of
// ResponseWriter is reached by Unwrap.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestStreamThroughMiddleware(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapped{wrapped{w}}, r) }))
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	s, c := listen(t, srv, ""), mustDial(t, srv, "")
	logged(r, 1, 1)
	s.action()
	actionIn(t, c)
}

func TestStreamOverHTTP2(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r})
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.Config.WriteTimeout = 300 * time.Millisecond
	srv.StartTLS()
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	s := listen(t, srv, "")
	if s.resp.ProtoMajor != 2 {
		t.Fatalf("protocol is %s", s.resp.Proto)
	}
	for i := range 5 {
		time.Sleep(100 * time.Millisecond)
		logged(r, i, i)
		s.action()
	}
	s.resp.Body.Close()
	for deadline := time.Now().Add(10 * time.Second); h.OpenStreams() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stream is still open")
		}
	}
}

// TestStreamOverHTTP2Idles has nothing to say for longer than one write may
// take.
func TestStreamOverHTTP2Idles(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, StreamTimeout: 100 * time.Millisecond, StreamHeartbeat: time.Minute})
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	s := listen(t, srv, "")
	for i := range 3 {
		time.Sleep(300 * time.Millisecond)
		logged(r, i, i)
		s.action()
	}
}

var _ storage.Follower = (*wide)(nil)
