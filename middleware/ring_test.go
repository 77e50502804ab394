package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// newRing returns a ring that closes with the test.
func newRing(t *testing.T) *ring.Ring {
	t.Helper()
	r := ring.New(ring.Options{})
	t.Cleanup(func() { r.Close(t.Context()) })
	return r
}

// search returns the newest actions of r once there are n of them.
func search(t *testing.T, r *ring.Ring, n int) []storage.Action {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		page, err := r.Search(t.Context(), storage.Query{Limit: storage.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Actions) >= n || time.Now().After(deadline) {
			return page.Actions
		}
		time.Sleep(time.Millisecond)
	}
}

// TestIntoRing follows requests from the client into a ring and its queries.
func TestIntoRing(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	var out lines
	logger := zerolog.New(&out)
	mw := middleware.New(middleware.Options{Recorder: r, Service: "CaseService", Logger: &logger, IncludeQuery: true})
	router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	router.POST("/bun/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
		return errors.New("login failed: password=hunter2")
	})
	s := server(t, 1, mw.Handler(mux(
		"POST /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
			middleware.Name(w, "", "createCase")
			middleware.Attr(w, "tenant", "acme")
			w.WriteHeader(201)
			io.WriteString(w, "ok")
		},
		"/bun/", router,
		"POST /boom", func(w http.ResponseWriter, r *http.Request) { panic("boom") },
	)))
	ask(t, s, "POST", "/cases/7", "X-Request-Id", "abc", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	ask(t, s, "POST", "/bun/7?token=0123456789abcdef0123")
	ask(t, s, "POST", "/boom")

	trace, _ := storage.ParseTraceID("0af7651916cd43dd8448eb211c80319c")
	span, _ := storage.ParseSpanID("b7ad6b7169203331")
	want := []storage.Action{
		{Service: "CaseService", Action: "POST /boom", Status: storage.Failed, Error: "panic: boom",
			HTTP: &storage.HTTP{Method: "POST", Route: "/boom", Path: "/boom", Outcome: storage.Panic}},
		{Service: "CaseService", Action: "POST /bun/:id", Status: storage.Failed,
			HTTP: &storage.HTTP{Method: "POST", Route: "/bun/:id", Code: 500, Bytes: 35}},
		{Service: "CaseService", Action: "createCase", Status: storage.Success, TraceID: trace, SpanID: span,
			Attrs: []storage.Attr{{Key: "tenant", Value: "acme"}},
			HTTP:  &storage.HTTP{Method: "POST", Route: "/cases/{id}", Path: "/cases/7", Code: 201, Bytes: 2, RequestID: "abc"}},
	}
	got := search(t, r, 3)
	if len(got) != 3 {
		t.Fatalf("the ring has %d actions", len(got))
	}
	for i := range got {
		if a := &got[i]; a.ID == "" || a.Time.IsZero() || a.Duration <= 0 || a.HTTP.Remote.String() != "127.0.0.1" {
			t.Errorf("action %d: %+v", i, a)
		}
	}
	if e, p := got[1].Error, got[1].HTTP.Path; containsAny(e+p, "hunter2", "0123456789abcdef0123") {
		t.Errorf("secrets stay in %q or %q", e, p)
	}
	if id := got[0].HTTP.RequestID; id != string(got[0].ID) {
		t.Errorf("request id %q, want the action's %q", id, got[0].ID)
	}
	got[0].HTTP.RequestID, got[1].HTTP.RequestID = "", ""
	got[1].Error, got[1].HTTP.Path = "", ""
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(storage.Action{}, "Time", "Duration", "ID"), cmpopts.IgnoreFields(storage.HTTP{}, "Remote")); diff != "" {
		t.Errorf("the ring has (-want +got):\n%s", diff)
	}

	s.Close()
	checkLines(t, r, out.String())
}

// checkLines shows that each line of the log is the action that was recorded.
func checkLines(t *testing.T, r *ring.Ring, log string) {
	t.Helper()
	recorded := map[storage.ID]storage.Action{}
	for _, a := range search(t, r, 3) {
		recorded[a.ID] = a
	}
	for line := range strings.Lines(log) {
		var a storage.Action
		if err := storage.DecodeJSON([]byte(line), &a); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if diff := cmp.Diff(recorded[a.ID], a, cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the line (-recorded +logged):\n%s", diff)
		}
		delete(recorded, a.ID)
	}
	if len(recorded) != 0 {
		t.Errorf("%d actions were not logged", len(recorded))
	}
}

// TestManyIntoRing counts what many connections do at once.
func TestManyIntoRing(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	mw := middleware.New(middleware.Options{Recorder: r, EchoRequestID: true})
	s := server(t, 1, mw.Handler(mux(
		"GET /ok/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("id")) },
		"GET /fail/{id}", failing(500, "", "no"),
	)))
	const clients, each = 16, 50
	var wait sync.WaitGroup
	for c := range clients {
		wait.Go(func() {
			for i := range each {
				path := fmt.Sprintf("/ok/%d-%d", c, i)
				if i%5 == 0 {
					path = "/fail/x"
				}
				if got := ask(t, s, "GET", path); i%5 != 0 && got.Body != fmt.Sprintf("%d-%d", c, i) {
					t.Errorf("%s answered %+v", path, got)
				}
			}
		})
	}
	wait.Wait()
	s.Close()
	stats, err := r.Stats(t.Context(), storage.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Total != clients*each || stats.Failed != clients*each/5 {
		t.Errorf("%d actions of which %d failed, want %d and %d", stats.Total, stats.Failed, clients*each, clients*each/5)
	}
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d requests are still in flight", n)
	}
}
