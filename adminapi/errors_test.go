package adminapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"actionlog/adminapi"
	"actionlog/storage"
)

// endpoints are all endpoints that ask the store, what they say they failed to
// do, and whether any store can.
var endpoints = []struct {
	method, target, what string
	any                  bool
}{
	{"GET", "/action-logs/recent", "Failed to get recent actions: ", true},
	{"GET", "/action-logs/failed", "Failed to get failed actions: ", true},
	{"GET", "/action-logs/service/CaseService", "Failed to get actions by service: ", true},
	{"GET", "/action-logs/stats", "Failed to get action stats: ", true},
	{"POST", "/action-logs/clear", "Failed to clear action logs: ", false},
	{"GET", "/action-logs/search", "Failed to search actions: ", true},
	{"GET", "/action-logs/active", "Failed to get active requests: ", false},
	{"GET", "/action-logs/slow", "Failed to get slow actions: ", false},
	{"GET", "/action-logs/errors", "Failed to get errors: ", false},
	{"GET", "/action-logs/timeseries", "Failed to get a time series: ", false},
	{"GET", "/action-logs/export?format=json", "Failed to export actions: ", true},
}

func TestStoreErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		detail string
		told   bool
	}{
		{"plain", errors.New("disk on fire"), 500, "disk on fire", true},
		{"closed", fmt.Errorf("search: %w", storage.ErrClosed), 503, "search: store is closed", true},
		{"bad-parameter", &storage.ParamError{Param: "cursor", Value: "x", Allowed: "y"}, 400, `parameter cursor is "x"; allowed is y`, false},
		{"secret", errors.New("dial clickhouse://ada:hunter2@10.0.0.9: refused"), 500, "@10.0.0.9: refused", true},
		{"panic", nil, 500, "the server panicked", true},
		{"deadline", context.DeadlineExceeded, 500, "context deadline exceeded", true},
		{"too-large", &http.MaxBytesError{Limit: 5}, 413, "at most 5 bytes", false},
		{"not-utf-8", errors.New("bad \xff byte \x00"), 500, "bad \uFFFD byte \x00", true},
		{"teapot", &adminapi.Error{Status: 418, Detail: "short and stout", Err: errors.New("inner")}, 418, "short and stout", false},
		{"no-error-status", &adminapi.Error{Status: 200, Detail: "odd"}, 500, "odd", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var told []error
			h := newHandler(t, adminapi.Options{
				Store:   broken{tt.err},
				OnError: func(_ *http.Request, err error) { told = append(told, err) },
			})
			for _, e := range endpoints {
				told = nil
				resp := do(h, request(e.method, e.target))
				got := detail(t, resp)
				if resp.StatusCode != tt.status || !strings.HasSuffix(got, tt.detail) {
					t.Errorf("%s %s: %d %q, want %d …%q", e.method, e.target, resp.StatusCode, got, tt.status, tt.detail)
				}
				if own := tt.status == 500 && tt.name != "no-error-status" || tt.status == 503; own && !strings.HasPrefix(got, e.what) {
					t.Errorf("%s %s: detail %q does not begin with %q", e.method, e.target, got, e.what)
				}
				if strings.Contains(got, "hunter2") {
					t.Errorf("%s %s: detail %q tells a secret", e.method, e.target, got)
				}
				if (len(told) == 1) != tt.told {
					t.Errorf("%s %s: OnError heard %v", e.method, e.target, told)
				}
				if tt.name == "panic" && !strings.Contains(told[0].Error(), "stores_test.go") {
					t.Errorf("OnError heard of a panic without its stack: %v", told[0])
				}
			}
		})
	}
}

func TestLongDetailIsCut(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: broken{errors.New(strings.Repeat("ä", 5000))}, OnError: func(*http.Request, error) {}})
	got := detail(t, do(h, request("GET", "/action-logs/recent")))
	if len(got) > 2100 || !strings.HasSuffix(got, "ä…") || strings.Contains(got, "\uFFFD") {
		t.Errorf("detail is %d bytes and ends in %q", len(got), got[len(got)-8:])
	}
}

func TestLongDetailOfAHookIsCut(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Authorize: func(*http.Request) error {
		return &adminapi.Error{Status: 403, Detail: strings.Repeat("ä", 5000)}
	}})
	if got := detail(t, do(h, request("GET", "/action-logs/recent"))); len(got) > 2100 || !strings.HasSuffix(got, "ä…") {
		t.Errorf("detail is %d bytes and ends in %q", len(got), got[len(got)-8:])
	}
}

func TestClosedRing(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, adminapi.Options{Store: r, OnError: func(*http.Request, error) {}})
	for _, e := range endpoints {
		resp := do(h, request(e.method, e.target))
		if got := detail(t, resp); resp.StatusCode != http.StatusServiceUnavailable || !strings.HasPrefix(got, e.what) {
			t.Errorf("%s %s: %d %q, want 503", e.method, e.target, resp.StatusCode, got)
		}
	}
}

func TestCapabilitiesThatAreAbsent(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: bare{newRing(t)}})
	for _, e := range endpoints {
		if e.any {
			continue
		}
		resp := do(h, request(e.method, e.target))
		if got := detail(t, resp); resp.StatusCode != http.StatusNotFound || !strings.Contains(got, "store") {
			t.Errorf("%s %s: %d %q, want 404 that tells of the store", e.method, e.target, resp.StatusCode, got)
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	r := newRing(t, samples()...)
	h := newHandler(t, adminapi.Options{Store: r, ReadOnly: true})
	resp := do(h, request("POST", "/action-logs/clear"))
	if got := detail(t, resp); resp.StatusCode != http.StatusForbidden || !strings.Contains(got, "read-only") {
		t.Errorf("clear: %d %q, want 403", resp.StatusCode, got)
	}
	if got := actionsOf(t, do(h, request("GET", "/action-logs/recent"))); len(got) != len(samples()) {
		t.Errorf("after the refused clear there are %v", got)
	}
}

func TestAbortGoesOnUp(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]adminapi.Options{
		"in-the-store": {Store: panicking{http.ErrAbortHandler}},
		"in-the-hook":  {Authorize: func(*http.Request) error { panic(http.ErrAbortHandler) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts.OnError = func(*http.Request, error) { t.Error("OnError heard of an abort") }
			h := newHandler(t, opts)
			defer func() {
				if v := recover(); v != http.ErrAbortHandler {
					t.Errorf("recovered %v, want http.ErrAbortHandler", v)
				}
			}()
			do(h, request("GET", "/action-logs/recent"))
			t.Error("the abort was swallowed")
		})
	}
}

// TestPanicAfterTheAnswerBegan wants the connection cut: a client must not
// take a part for the whole.
func TestPanicAfterTheAnswerBegan(t *testing.T) {
	t.Parallel()
	told := 0
	h := newHandler(t, adminapi.Options{OnError: func(*http.Request, error) { told++ }})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler || told != 1 {
			t.Errorf("recovered %v and told %d times, want http.ErrAbortHandler and once", v, told)
		}
	}()
	h.ServeHTTP(&brittle{ResponseRecorder: httptest.NewRecorder()}, request("GET", "/action-logs/recent"))
	t.Error("the panic was swallowed")
}

type brittle struct{ *httptest.ResponseRecorder }

func (*brittle) Write([]byte) (int, error) { panic("out of paper") }

type panicking struct{ value any }

func (p panicking) Search(context.Context, storage.Query) (storage.Page, error) { panic(p.value) }

func (p panicking) Stats(context.Context, storage.Query) (storage.Stats, error) { panic(p.value) }

func TestPanicOfAnyValue(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"text", errors.New("error"), []int{1}, map[string]int{}, 7, func() {}} {
		h := newHandler(t, adminapi.Options{Store: panicking{v}, OnError: func(*http.Request, error) {}})
		if resp := do(h, request("GET", "/action-logs/stats")); resp.StatusCode != 500 {
			t.Errorf("panic(%T) is %d", v, resp.StatusCode)
		}
	}
}

func TestGoneClientIsNoError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h := newHandler(t, adminapi.Options{
		Store: broken{fmt.Errorf("scan: %w", context.Canceled)}, OnError: func(_ *http.Request, err error) { t.Errorf("OnError heard of %v", err) },
	})
	do(h, request("GET", "/action-logs/recent").WithContext(ctx))
}

func TestErrorsAreLoggedByDefault(t *testing.T) {
	t.Parallel()
	var log syncBuilder
	srv := httptest.NewUnstartedServer(newHandler(t, adminapi.Options{Store: broken{errors.New("disk on fire")}}))
	srv.Config.ErrorLog = newLogger(&log)
	srv.Start()
	defer srv.Close()
	call(t, srv, "GET", "/action-logs/stats", 500, nil)
	if got, want := log.String(), "adminapi: GET \"/action-logs/stats\": Failed to get action stats: disk on fire\n"; got != want {
		t.Errorf("log is %q, want %q", got, want)
	}
}

type syncBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuilder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuilder) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
