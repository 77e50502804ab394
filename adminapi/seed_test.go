package adminapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// seedAction is all that a client of the API that this one replaces knows of
// an action.
type seedAction struct {
	Timestamp string  `json:"timestamp"`
	Service   string  `json:"service"`
	Action    string  `json:"action"`
	Status    string  `json:"status"`
	Duration  int     `json:"duration"`
	Error     *string `json:"error"`
}

// TestSeedClient replays each documented call of the API that this one
// replaces, over the wire, as a client that knows six keys.
func TestSeedClient(t *testing.T) {
	t.Parallel()
	r := newRing(t, samples()[2:]...)
	mux := http.NewServeMux()
	newHandler(t, adminapi.Options{Store: r}).Register(mux)
	srv := httptest.NewServer(mux)
	defer srv.Close()

	limited := "OpenAI API rate limit exceeded"
	created := seedAction{"2025-11-13T12:00:00Z", "CaseService", "createCase", "success", 45, nil}
	sent := seedAction{"2025-11-13T12:05:00Z", "ChatService", "sendMessage", "failed", 250, &limited}

	for _, tt := range []struct {
		path string
		want []seedAction
	}{
		{"/action-logs/recent?limit=10", []seedAction{sent, created}},
		{"/action-logs/failed?limit=5", []seedAction{sent}},
		{"/action-logs/service/CaseService?limit=20", []seedAction{created}},
	} {
		var list struct {
			Actions []seedAction `json:"actions"`
		}
		call(t, srv, "GET", tt.path, http.StatusOK, &list)
		if diff := cmp.Diff(tt.want, list.Actions); diff != "" {
			t.Errorf("GET %s (-want +got):\n%s", tt.path, diff)
		}
	}

	type seedStats struct {
		Stats struct {
			Total     int            `json:"total"`
			Failed    int            `json:"failed"`
			ByService map[string]int `json:"byService"`
		} `json:"stats"`
	}
	var stats, want seedStats
	want.Stats.Total, want.Stats.Failed = 2, 1
	want.Stats.ByService = map[string]int{"CaseService": 1, "ChatService": 1}
	call(t, srv, "GET", "/action-logs/stats", http.StatusOK, &stats)
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}

	var cleared map[string]string
	call(t, srv, "POST", "/action-logs/clear", http.StatusCreated, &cleared)
	if diff := cmp.Diff(map[string]string{"message": "Action logs cleared successfully"}, cleared); diff != "" {
		t.Errorf("clear (-want +got):\n%s", diff)
	}

	for path, empty := range map[string]string{
		"/action-logs/recent": `{"actions":[]}`, "/action-logs/failed": `{"actions":[]}`, "/action-logs/service/CaseService": `{"actions":[]}`,
	} {
		if got := call(t, srv, "GET", path, http.StatusOK, nil); got != empty {
			t.Errorf("GET %s after the clear is %s, want %s", path, got, empty)
		}
	}
	var none seedStats
	call(t, srv, "GET", "/action-logs/stats", http.StatusOK, &none)
	if none.Stats.Total != 0 || none.Stats.Failed != 0 || none.Stats.ByService == nil || len(none.Stats.ByService) != 0 {
		t.Errorf("stats after the clear are %+v, want zeros and an empty byService", none.Stats)
	}
}

// TestSeedKeys holds the six keys to their order and to being always there.
func TestSeedKeys(t *testing.T) {
	t.Parallel()
	resp := do(newHandler(t, adminapi.Options{}), request("GET", "/action-logs/recent"))
	var list struct{ Actions []json.RawMessage }
	if err := json.Unmarshal([]byte(body(t, resp)), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Actions) != len(samples()) {
		t.Fatalf("got %d actions, want %d", len(list.Actions), len(samples()))
	}
	for _, a := range list.Actions {
		var keys []string
		d := json.NewDecoder(bytes.NewReader(a))
		_, _ = d.Token()
		for len(keys) < 6 && d.More() {
			key, _ := d.Token()
			keys = append(keys, key.(string))
			var value json.RawMessage
			_ = d.Decode(&value)
		}
		want := []string{"timestamp", "service", "action", "status", "duration", "error"}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("first keys of %s (-want +got):\n%s", a, diff)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var many []storage.Action
	for i := range 1200 {
		a := storage.Action{Time: noon.Add(time.Duration(i) * time.Second), Service: "s", Action: "a"}
		if i%2 == 0 {
			a.Status = storage.Failed
		}
		many = append(many, a)
	}
	h := newHandler(t, adminapi.Options{Store: newRing(t, many...)})
	for target, want := range map[string]int{
		"/action-logs/recent":                           100,
		"/action-logs/recent?limit=1":                   1,
		"/action-logs/recent?limit=1000":                1000,
		"/action-logs/recent?other=1&LIMIT=5&limit=7&x": 7,
		"/action-logs/recent?%zz=1&l%69mit=8":           8,
		"/action-logs/failed":                           50,
		"/action-logs/failed?limit=60":                  60,
		"/action-logs/service/s":                        100,
		"/action-logs/service/s?limit=3":                3,
		"/action-logs/search":                           100,
		"/action-logs/search?limit=101":                 101,
		"/action-logs/search?limit=400&status=success":  400,
		"/action-logs/slow":                             10,
		"/action-logs/slow?limit=4":                     4,
	} {
		if got := len(actionsOf(t, do(h, request("GET", target)))); got != want {
			t.Errorf("GET %s has %d actions, want %d", target, got, want)
		}
	}
}

func call(t *testing.T, srv *httptest.Server, method, path string, status int, into any) string {
	t.Helper()
	req, err := http.NewRequest(method, srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text := body(t, resp)
	if resp.StatusCode != status {
		t.Fatalf("%s %s is %d, want %d: %s", method, path, resp.StatusCode, status, text)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return text
}
