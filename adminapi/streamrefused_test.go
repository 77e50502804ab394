package adminapi_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// TestStreamOfAClosedStore asks for streams of a ring that was closed.
func TestStreamOfAClosedStore(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	logged(r, 1, 9)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r, OnError: func(*http.Request, error) {}}))
	newest := string(r.Newest())
	_ = r.Close(context.Background())
	for _, query := range []string{"", "?last=3", "?after=" + newest} {
		resp, err := srv.Client().Get(srv.URL + "/action-logs/stream" + query)
		if err != nil {
			t.Fatal(err)
		}
		if got := detail(t, resp); resp.StatusCode != 503 || got != "store is closed" || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%q: a stream is %d %v %q, want a 503 to try again later", query, resp.StatusCode, resp.Header, got)
		}
		if _, resp, err := dial(t, srv, query, nil); err == nil || resp == nil || resp.StatusCode != 503 {
			t.Errorf("%q: a WebSocket is %v, %v; want a 503", query, resp, err)
		}
	}
	s := listen(t, srv, "?after=0") // there is something left to send
	for range 9 {
		s.action()
	}
	if rest, err := io.ReadAll(s.in); err != nil || string(rest) != ": the stream ends: store is closed\n\n" {
		t.Errorf("the stream ends with %q, %v", rest, err)
	}
}

// lasting is a ring whose searches take as long as they may.
type lasting struct {
	*ring.Ring
	asked chan struct{}
}

func (l *lasting) Search(ctx context.Context, _ storage.Query) (storage.Page, error) {
	close(l.asked)
	<-ctx.Done()
	return storage.Page{}, ctx.Err()
}

// TestStreamEndsBeforeItBegins closes the handler while a stream looks for the
// last actions.
func TestStreamEndsBeforeItBegins(t *testing.T) {
	t.Parallel()
	store := &lasting{Ring: newRing(t), asked: make(chan struct{})}
	h := newHandler(t, adminapi.Options{Store: store, OnError: func(*http.Request, error) {}})
	answers := make(chan *http.Response)
	go func() { answers <- do(h, request("GET", "/action-logs/stream?last=1")) }()
	<-store.asked
	_ = h.Close()
	resp := <-answers
	if got := detail(t, resp); resp.StatusCode != 503 || got != "the server is shutting down" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the answer is %d %v %q", resp.StatusCode, resp.Header, got)
	}
}

// TestStreamEndsWithLogin logs out while streams of the login are open, and
// others.
func TestStreamEndsWithLogin(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, Token: "s3cret"})
	srv := startServer(t, h)
	host := "Host: " + srv.Listener.Addr().String()
	cookie, other := logIn(t, h, host), logIn(t, h, host)
	_, value, _ := strings.Cut(cookie, ": ")
	s := listen(t, srv, "", cookie)
	c, _, err := dial(t, srv, "", http.Header{"Cookie": {value}})
	if err != nil {
		t.Fatal(err)
	}
	kept := []*sse{listen(t, srv, "", other), listen(t, srv, "", "Authorization: Bearer s3cret", cookie)}
	if resp := do(h, request("POST", "/action-logs/logout", host, cookie)); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("logout is %d", resp.StatusCode)
	}
	ended := make(chan string)
	go func() { rest, _ := io.ReadAll(s.in); ended <- string(rest) }()
	select {
	case rest := <-ended:
		if !strings.HasSuffix(rest, ": the stream ends: its login has ended\n\n") {
			t.Errorf("the stream ends with %q", rest)
		}
	case <-time.After(10 * time.Second):
		t.Error("the stream goes on")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, _, err := c.Read(ctx); err == nil || !strings.Contains(err.Error(), "StatusPolicyViolation") {
		t.Errorf("the WebSocket ends with %v", err)
	}
	logged(r, 1, 1)
	for _, s := range kept {
		s.action()
	}
}
