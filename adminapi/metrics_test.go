package adminapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"actionlog/adminapi"
)

// TestMetrics lets a handler answer GET /metrics within the guard.
func TestMetrics(t *testing.T) {
	t.Parallel()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintf(w, "%s %s?%s\n", r.Method, r.URL.Path, r.URL.RawQuery)
	})
	with := newHandler(t, adminapi.Options{Metrics: metrics, Token: "sesame"})
	const token = "Authorization: Bearer sesame"
	tests := []struct {
		name    string
		request *http.Request
		status  int
		body    string
	}{
		{"let-in", request("GET", "/action-logs/metrics?name[]=x", token, "Host: 127.0.0.1:9"), 200, "GET /metrics?name[]=x\n"},
		{"slash", request("GET", "/action-logs/metrics/", token), 200, "GET /metrics?\n"},
		{"head", request("HEAD", "/action-logs/metrics", token), 200, ""},
		{"no-token", request("GET", "/action-logs/metrics"), 401, `{"detail":"credentials are needed"}`},
		{"other-host", request("GET", "/action-logs/metrics", token, "Host: rebound.example.com"), 403, `{"detail":"the Host header is not a name`},
		{"other-peer", request("GET", "/action-logs/metrics", token, "From-Peer: 192.0.2.1:5"), 403, `{"detail":"this address is not let in`},
		{"post", request("POST", "/action-logs/metrics", token), 405, `{"detail":"this endpoint answers GET, HEAD, OPTIONS only"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			resp := do(with, test.request)
			if got := body(t, resp); resp.StatusCode != test.status || !strings.HasPrefix(got, test.body) {
				t.Errorf("answer is %d %s, want %d %s", resp.StatusCode, got, test.status, test.body)
			}
			if test.status == 200 && resp.Header.Get("Content-Type") != "text/plain; version=0.0.4" {
				t.Errorf("Content-Type is %q, want the handler's", resp.Header.Get("Content-Type"))
			}
		})
	}
	if list := body(t, do(with, request("GET", "/action-logs/", token, "Accept: application/json"))); !strings.Contains(list, `"/action-logs/metrics"`) {
		t.Errorf("the list of endpoints lacks /metrics: %s", list)
	}
}

// TestNoMetrics asks for what is not switched on.
func TestNoMetrics(t *testing.T) {
	t.Parallel()
	without := newHandler(t, adminapi.Options{})
	resp := do(without, request("GET", "/action-logs/metrics"))
	if got, want := detail(t, resp), "this server cannot get metrics; Options.Metrics is not set"; resp.StatusCode != 404 || got != want {
		t.Errorf("answer is %d %q, want 404 %q", resp.StatusCode, got, want)
	}
	if list := body(t, do(without, request("GET", "/action-logs/", "Accept: application/json"))); strings.Contains(list, "metrics") {
		t.Errorf("the list of endpoints has /metrics: %s", list)
	}
}

// TestMetricsPanic keeps a handler that panics from ending more than its own
// answer.
func TestMetricsPanic(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{
		Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no") }),
		OnError: func(*http.Request, error) {},
	})
	resp := do(h, request("GET", "/action-logs/metrics"))
	if got, want := detail(t, resp), "Failed to get metrics: the server panicked"; resp.StatusCode != 500 || got != want {
		t.Errorf("answer is %d %q, want 500 %q", resp.StatusCode, got, want)
	}
}
