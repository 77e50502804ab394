package adminapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// event is one Server-Sent Event, or a comment.
type event struct {
	name, id, data, comment string
}

// sse reads a stream.
type sse struct {
	t    testing.TB
	resp *http.Response
	in   *bufio.Reader
	last string // what a browser would resume by
}

// startServer serves a handler, and closes both at the end.
func startServer(t testing.TB, h *adminapi.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.RegisterOnShutdown(func() { _ = h.Close() })
	srv.Start()
	t.Cleanup(func() {
		_ = h.Close()
		srv.Client().CloseIdleConnections()
		srv.Close()
	})
	return srv
}

// listen opens a stream and fails unless it begins.
func listen(t testing.TB, srv *httptest.Server, query string, headers ...string) *sse {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/action-logs/stream"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %v: %s", resp.StatusCode, resp.Header, body(t, resp))
	}
	return &sse{t: t, resp: resp, in: bufio.NewReader(resp.Body)}
}

// read returns the next event as it stands, also one without a name.
func (s *sse) read() (e event, err error) {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return e, err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			return e, nil
		}
		switch name, value, _ := strings.Cut(line, ": "); name {
		case "":
			e.comment = value
		case "id":
			e.id, s.last = value, value
		case "event":
			e.name = value
		case "data":
			e.data = value
		}
		if strings.HasPrefix(line, ": ") {
			e.comment = line[2:]
		}
	}
}

// next returns the next event that has a name.
func (s *sse) next() event {
	s.t.Helper()
	for {
		e, err := s.read()
		if err != nil {
			s.t.Fatalf("stream: %v", err)
		}
		if e.name != "" {
			return e
		}
	}
}

// action returns the next action, and fails if something was missed.
func (s *sse) action() storage.Action {
	s.t.Helper()
	e := s.next()
	var a storage.Action
	if err := json.Unmarshal([]byte(e.data), &a); e.name != "action" || err != nil || string(a.ID) != e.id {
		s.t.Fatalf("event is %+v (%v), want an action", e, err)
	}
	return a
}

// missed returns the count of the next event.
func (s *sse) missed() uint64 {
	s.t.Helper()
	e := s.next()
	var m struct{ Missed uint64 }
	if err := json.Unmarshal([]byte(e.data), &m); e.name != "missed" || err != nil {
		s.t.Fatalf("event is %+v (%v), want a count of what was missed", e, err)
	}
	return m.Missed
}

func logged(r *ring.Ring, from, to int) {
	for i := from; i <= to; i++ {
		r.Log("s"+strconv.Itoa(i%3), "a"+strconv.Itoa(i), "", time.Duration(i)*time.Millisecond, nil)
	}
}

func TestStreamLive(t *testing.T) {
	t.Parallel()
	r := newRing(t, samples()...)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s := listen(t, srv, "")
	for i := range 20 {
		logged(r, i, i)
		if a := s.action(); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action %d is %+v", i, a)
		}
	}
	if got := s.resp.Header; got.Get("Cache-Control") != "no-store, no-transform" || got.Get("X-Accel-Buffering") != "no" {
		t.Errorf("headers are %v", got)
	}
}

func TestStreamBegins(t *testing.T) {
	t.Parallel()
	r := newRing(t, samples()...)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s := listen(t, srv, "")
	first, err := s.read()
	if err != nil || first.comment == "" {
		t.Fatalf("the stream begins with %+v, %v; want a comment", first, err)
	}
	place, err := s.read()
	if err != nil || place.id != string(r.Newest()) || place.data != "" {
		t.Fatalf("then comes %+v, %v; want the id %s alone", place, err, r.Newest())
	}
}

func TestStreamFilters(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s := listen(t, srv, "?service=s1&service=s2&min_duration=10ms")
	logged(r, 1, 20)
	for _, i := range []int{10, 11, 13, 14, 16, 17, 19, 20} {
		if a := s.action(); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action is %s, want a%d", a.Action, i)
		}
	}
}

func TestStreamLast(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	logged(r, 1, 30)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s := listen(t, srv, "?last=3&service=s1")
	for _, i := range []int{22, 25, 28} {
		if a := s.action(); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action is %s, want a%d", a.Action, i)
		}
	}
	logged(r, 31, 31)
	if a := s.action(); a.Action != "a31" {
		t.Fatalf("action is %s, want a31", a.Action)
	}
}

func TestStreamResumes(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	logged(r, 1, 10)
	s := listen(t, srv, "?last=1000")
	var ids []string
	for range 10 {
		ids = append(ids, string(s.action().ID))
	}
	logged(r, 11, 12)
	for name, tt := range map[string]struct {
		query, header string
		want          string
	}{
		"after":           {"?after=" + ids[4], "", "a6"},
		"header":          {"", ids[6], "a8"},
		"header-wins":     {"?after=" + ids[2], ids[7], "a9"},
		"last-is-ignored": {"?last=1000&after=" + ids[3], "", "a5"},
		"newest":          {"?after=" + ids[9], "", "a11"},
		"other-process":   {"?after=0", "", "a1"},
		"future-process":  {"?after=zzzzzzzzzzzzzzzzzzzzzzzzzzz", "", "a1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if tt.header != "" {
				headers = append(headers, "Last-Event-ID: "+tt.header)
			}
			s := listen(t, srv, tt.query, headers...)
			want, _ := strconv.Atoi(tt.want[1:])
			for ; want <= 12; want++ {
				if a := s.action(); a.Action != "a"+strconv.Itoa(want) {
					t.Fatalf("action is %s, want a%d", a.Action, want)
				}
			}
		})
	}
}

func TestStreamEndsWithHandler(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r})
	srv := startServer(t, h)
	s := listen(t, srv, "")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(s.in)
	if err != nil || !strings.HasSuffix(string(rest), ": the stream ends: the server is shutting down\n\n") {
		t.Fatalf("the stream ends with %q, %v", rest, err)
	}
	resp, err := srv.Client().Get(srv.URL + "/action-logs/stream")
	if err != nil {
		t.Fatal(err)
	}
	if got := detail(t, resp); resp.StatusCode != 503 || got != "the server is shutting down" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a stream of a closed handler is %d %q", resp.StatusCode, got)
	}
}
