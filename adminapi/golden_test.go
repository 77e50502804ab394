package adminapi_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"actionlog/adminapi"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// varying is what no two runs have in common.
var varying = regexp.MustCompile(`("(?:id|next|since)":)"[^"]*"`)

func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, target string
		opts                 adminapi.Options
		headers              []string
	}{
		{name: "index", method: "GET", target: "/action-logs", headers: []string{"Accept: application/json"}},
		{
			name: "index-of-bare-store", method: "GET", target: "/action-logs/", headers: []string{"Accept: application/json"},
			opts: adminapi.Options{Store: bare{empty{}}},
		},
		{name: "recent", method: "GET", target: "/action-logs/recent"},
		{name: "recent-one", method: "GET", target: "/action-logs/recent?limit=1"},
		{name: "recent-empty", method: "GET", target: "/action-logs/recent", opts: adminapi.Options{Store: empty{}}},
		{name: "recent-head", method: "HEAD", target: "/action-logs/recent?limit=1"},
		{name: "recent-post", method: "POST", target: "/action-logs/recent"},
		{name: "failed", method: "GET", target: "/action-logs/failed"},
		{name: "service", method: "GET", target: "/action-logs/service/CaseService"},
		{name: "service-unknown", method: "GET", target: "/action-logs/service/Nobody"},
		{name: "stats", method: "GET", target: "/action-logs/stats"},
		{name: "stats-empty", method: "GET", target: "/action-logs/stats", opts: adminapi.Options{Store: empty{}}},
		{name: "clear", method: "POST", target: "/action-logs/clear"},
		{name: "clear-get", method: "GET", target: "/action-logs/clear"},
		{name: "clear-options", method: "OPTIONS", target: "/action-logs/clear"},
		{name: "search-page", method: "GET", target: "/action-logs/search?limit=1&sort=-duration"},
		{name: "search-last-page", method: "GET", target: "/action-logs/search?code=5xx"},
		{name: "slow", method: "GET", target: "/action-logs/slow?limit=2"},
		{name: "active", method: "GET", target: "/action-logs/active", opts: adminapi.Options{Store: busy{}}},
		{name: "active-empty", method: "GET", target: "/action-logs/active", opts: adminapi.Options{Store: empty{}}},
		{name: "errors", method: "GET", target: "/action-logs/errors", opts: adminapi.Options{Store: plotted(t)}},
		{name: "errors-one", method: "GET", target: "/action-logs/errors?limit=1&from=2025-11-13", opts: adminapi.Options{Store: plotted(t)}},
		{name: "errors-empty", method: "GET", target: "/action-logs/errors", opts: adminapi.Options{Store: empty{}}},
		{name: "timeseries", method: "GET", target: "/action-logs/timeseries?step=1h", opts: adminapi.Options{Store: plotted(t)}},
		{name: "timeseries-empty", method: "GET", target: "/action-logs/timeseries", opts: adminapi.Options{Store: empty{}}},
		{name: "export", method: "GET", target: "/action-logs/export?status=failed"},
		{name: "export-json", method: "GET", target: "/action-logs/export?format=json"},
		{name: "export-empty", method: "GET", target: "/action-logs/export?format=csv", opts: adminapi.Options{Store: empty{}}},
		{name: "not-found", method: "GET", target: "/action-logs/nothing"},
		{name: "bad-limit", method: "GET", target: "/action-logs/recent?limit=0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := do(newHandler(t, tt.opts), request(tt.method, tt.target, tt.headers...))
			text := body(t, resp)
			var got bytes.Buffer
			fmt.Fprintf(&got, "%s %s\n\n%d %s\n", tt.method, tt.target, resp.StatusCode, http.StatusText(resp.StatusCode))
			if resp.Header.Get("Content-Length") == fmt.Sprint(len(text)) {
				resp.Header.Del("Content-Length") // it is right, and varies with what is masked
			} else if tt.method == "HEAD" && len(text) == 0 && resp.Header.Get("Content-Length") > "0" {
				resp.Header.Del("Content-Length")
			}
			_ = resp.Header.Write(&got)
			fmt.Fprintf(&got, "\n%s\n", varying.ReplaceAllString(text, `$1"*"`))
			golden(t, got.Bytes())
		})
	}
}

// golden compares with the file that is named after the test.
func golden(t *testing.T, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(t.Name())+".http")
	got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the tests with -update)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("answer differs from %s (-want +got):\n%s", file, diff)
	}
}
