package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestMetrics scrapes the example.
func TestMetrics(t *testing.T) {
	t.Parallel()
	p := start(t, "-archive", t.TempDir(), "-sample")
	resp, err := http.Get(p.url + "/action-logs/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", resp.Status, err, text)
	}
	for _, line := range []string{
		`actionlog_actions_total{action="sendMessage",service="ChatService",status="failed"} 1`,
		`actionlog_action_duration_seconds_bucket{action="createCase",service="CaseService",le="0.05"} 1`,
		`actionlog_requests_in_flight 0`,
		`actionlog_sink_lag_actions{sink="archive"} 0`,
		`actionlog_archive_active_bytes 0`,
	} {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("there is no %s in\n%s", line, text)
		}
	}
}
