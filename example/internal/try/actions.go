package try

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// Action is of an action what the tests of the examples look at.
type Action struct {
	Service  string            `json:"service"`
	Action   string            `json:"action"`
	Status   string            `json:"status"`
	Error    *string           `json:"error"`
	Instance string            `json:"instance"`
	Attrs    map[string]string `json:"attrs"`
	HTTP     *struct {
		Route  string `json:"route"`
		Path   string `json:"path"`
		Code   int    `json:"code"`
		Remote string `json:"remote"`
	} `json:"http"`
}

// Actions asks a path of the admin API for a list of actions.
func (p *Process) Actions(t testing.TB, path string) []Action {
	t.Helper()
	code, body := Do(t, http.MethodGet, p.URL+path, nil)
	if code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, code, body)
	}
	var page struct {
		Actions []Action `json:"actions"`
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return page.Actions
}

// Recent returns the newest actions, newest first.
func (p *Process) Recent(t testing.TB) []Action {
	t.Helper()
	return p.Actions(t, "/action-logs/recent")
}

// WaitFor asks a path until it lists so many actions, and returns them.
func (p *Process) WaitFor(t testing.TB, path string, n int) []Action {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		list := p.Actions(t, path)
		if len(list) == n {
			return list
		}
		if time.Now().After(end) {
			t.Fatalf("GET %s lists %d actions, want %d: %+v", path, len(list), n, list)
		}
	}
}
