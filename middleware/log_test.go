package middleware_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"actionlog/middleware"
)

// lines is a log that may be written to and read at the same time.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// events returns the logged events, with what differs from run to run masked
// after it was checked.
func (l *lines) events(t *testing.T) (events []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if ns, ok := e["durationNs"].(float64); ok {
			if ns <= 0 || e["duration"].(float64) != float64(int64(ns/1e6+0.5)) {
				t.Errorf("durations in %s", line)
			}
			if id := e["id"].(string); !regexp.MustCompile(`^[0-9a-z]{27}$`).MatchString(id) {
				t.Errorf("id %q", id)
			} else if h := e["http"].(map[string]any); h["requestId"] == id {
				h["requestId"] = "the id"
			}
			if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`).MatchString(e["timestamp"].(string)) {
				t.Errorf("timestamp in %s", line)
			}
			delete(e, "durationNs")
			delete(e, "duration")
			delete(e, "id")
			delete(e, "timestamp")
		}
		events = append(events, e)
	}
	return events
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out lines
	logger := zerolog.New(&out).With().Str("app", "x").Logger()
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Logger = &logger })
	s := server(t, 1, mw.Handler(mux(
		"POST /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
			middleware.Attr(w, "tenant", "a\"b")
			w.WriteHeader(201)
			io.WriteString(w, "ok")
		},
		"GET /fail", func(w http.ResponseWriter, r *http.Request) { middleware.Fail(w, errors.New("no \"luck\"")) },
		"GET /\"é/{x...}", func(w http.ResponseWriter, r *http.Request) { middleware.Name(w, "a\"b", "c\\d\x00\u2028") },
		"GET /stream", func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush() },
	)))
	ask(t, s, "POST", "/cases/7", "X-Request-Id", "abc", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	ask(t, s, "GET", "/none")
	ask(t, s, "GET", "/fail")
	ask(t, s, "GET", "/stream")
	ask(t, s, "GET", "/%22%C3%A9/a%0Ab%FF")
	rec.wait(t, 5)
	s.Close()
	type object = map[string]any
	want := []map[string]any{
		{"level": "info", "app": "x", "service": "test", "action": "POST /cases/{id}", "status": "success",
			"http":    object{"method": "POST", "route": "/cases/{id}", "path": "/cases/7", "code": 201.0, "bytes": 2.0, "remote": "127.0.0.1", "requestId": "abc"},
			"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "attrs": object{"tenant": "a\"b"}},
		{"level": "warn", "app": "x", "service": "test", "action": "GET (unmatched)", "status": "success",
			"http": object{"method": "GET", "route": "", "path": "/none", "code": 404.0, "bytes": 19.0, "remote": "127.0.0.1", "requestId": "the id"}},
		{"level": "error", "app": "x", "service": "test", "action": "GET /fail", "status": "failed", "error": "no \"luck\"",
			"http": object{"method": "GET", "route": "/fail", "path": "/fail", "code": 200.0, "bytes": 0.0, "remote": "127.0.0.1", "requestId": "the id"}},
		{"level": "info", "app": "x", "service": "test", "action": "GET /stream", "status": "success",
			"http": object{"method": "GET", "route": "/stream", "path": "/stream", "code": 200.0, "bytes": 0.0, "remote": "127.0.0.1", "requestId": "the id", "outcome": "streamed"}},
		{"level": "info", "app": "x", "service": "a\"b", "action": "c\\d\x00\u2028", "status": "success",
			"http": object{"method": "GET", "route": "/\"é/{x...}", "path": "/\"é/a\nb\ufffd", "code": 200.0, "bytes": 0.0, "remote": "127.0.0.1", "requestId": "the id"}},
	}
	if diff := cmp.Diff(want, out.events(t)); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}

// TestLogLevel shows that what the logger does not want is not made, and that
// what is skipped is not logged.
func TestLogLevel(t *testing.T) {
	t.Parallel()
	var out lines
	logger := zerolog.New(&out).Level(zerolog.WarnLevel)
	mw, rec := newMiddleware(t, func(o *middleware.Options) {
		o.Logger = &logger
		o.Skip = []string{"/skipped"}
	})
	s := server(t, 1, mw.Handler(mux("/", empty, "/skipped", failing(500, "", "x"))))
	ask(t, s, "GET", "/")
	ask(t, s, "GET", "/skipped")
	rec.one(t)
	s.Close()
	if got := out.String(); got != "" {
		t.Errorf("logged %s", got)
	}
}

// TestContextLogger shows that a handler's own events carry the request's id.
func TestContextLogger(t *testing.T) {
	t.Parallel()
	var out lines
	logger := zerolog.New(&out)
	mw, rec := newMiddleware(t, func(o *middleware.Options) {
		o.Logger = &logger
		o.ContextLogger = true
		o.EchoRequestID = true
	})
	type key struct{}
	h := mw.Handler(timing(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zerolog.Ctx(r.Context()).Info().Msg("inside")
		middleware.FromContext(r.Context()).Attr("k", "v")
		if r.Context().Value(key{}) != nil || r.Context().Value(http.ServerContextKey) == nil {
			t.Error("the context lost its values")
		}
	})))
	s := server(t, 1, h)
	first := ask(t, s, "GET", "/", "X-Request-Id", "abc")
	second := ask(t, s, "GET", "/")
	got := rec.wait(t, 2)
	s.Close()
	events := out.events(t)
	if len(events) != 4 {
		t.Fatalf("logged %v", events)
	}
	for i, a := range []answer{first, second} {
		id := got[i].Finish.RequestID
		if i == 0 && id != "abc" {
			t.Errorf("request id is %q", id)
		}
		if inside := events[2*i]; inside["requestId"] != id || inside["message"] != "inside" {
			t.Errorf("inside the handler: %v, want id %q", inside, id)
		}
		if line := events[2*i+1]["http"].(map[string]any); line["requestId"] != id {
			t.Errorf("the action's event: %v, want id %q", line, id)
		}
		if a.Header.Get("X-Request-Id") != id {
			t.Errorf("answered %v, want id %q", a.Header, id)
		}
		if len(got[i].Finish.Attrs) != 1 {
			t.Errorf("attributes %v", got[i].Finish.Attrs)
		}
	}
}
