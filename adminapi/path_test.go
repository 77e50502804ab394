package adminapi_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"actionlog/adminapi"
	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	tests := []struct {
		method, path string
		want         int
	}{
		{"GET", "/action-logs", 200},
		{"GET", "/action-logs/", 200},
		{"GET", "/action-logs/recent", 200},
		{"GET", "/action-logs/recent/", 200},
		{"GET", "/action%2Dlogs/%72ecent", 200},
		{"HEAD", "/action-logs/stats", 200},
		{"OPTIONS", "/action-logs", 204},
		{"OPTIONS", "/action-logs/service/x", 204},
		{"POST", "/action-logs/clear/", 201},

		{"GET", "/", 404},
		{"GET", "", 404},
		{"OPTIONS", "*", 404},
		{"GET", "action-logs/recent", 404},
		{"GET", "/action-logsx", 404},
		{"GET", "/action-log", 404},
		{"GET", "/action-logs-2/recent", 404},
		{"GET", "/x/action-logs/recent", 404},
		{"GET", "/action-logs/Recent", 404},
		{"GET", "/action-logs/recent/x", 404},
		{"GET", "/action-logs/service", 404},
		{"GET", "/action-logs/service/", 404},
		{"GET", "/action-logs/service/a/b", 404},
		{"GET", "/action-logs//recent", 404},
		{"GET", "//action-logs/recent", 404},
		{"GET", "/action-logs/recent//", 404},
		{"GET", "/action-logs//", 404},
		{"POST", "/action-logs//clear", 404},
		{"POST", "/action-logs/./clear", 404},
		{"POST", "/action-logs/x/../clear", 404},
		{"POST", "/action-logs/clear/.", 404},
		{"GET", "/action-logs/..", 404},
		{"GET", "/action-logs/service/..", 404},
		{"GET", "/action-logs/service/.", 404},
		{"GET", "/action-logs/recent%00", 404},
		{"GET", "/action-logs/%00", 404},
		{"GET", "/action-logs/%2e%2e", 404},
		{"GET", "/action-logs%2Frecent", 404},
		{"GET", "/action-logs/:service", 404},
		{"GET", "/action-logs/*", 404},
		{"GET", "/action-logs/s", 404},
		{"GET", "/action-logs/" + strings.Repeat("x", 1<<20), 404},
		{"GET", "/action-logs" + strings.Repeat("/x", 1<<18), 404},
		{"BREW", "/action-logs/nothing", 404},

		{"POST", "/action-logs", 405},
		{"POST", "/action-logs/", 405},
		{"PUT", "/action-logs/recent/", 405},
		{"POST", "/action-logs/service/%2e%2e", 405},
		{"DELETE", "/action-logs/clear", 405},
		{"GET", "/action-logs/clear", 405},
		{"HEAD", "/action-logs/clear", 405},
		{"PATCH", "/action-logs/stats", 405},
		{"TRACE", "/action-logs/recent", 405},
		{"CONNECT", "/action-logs/recent", 405},
		{"BREW", "/action-logs/recent", 405},
		{"get", "/action-logs/recent", 405},
		{"", "/action-logs/recent", 405},
	}
	for _, tt := range tests {
		resp := do(h, request(tt.method, tt.path))
		name := tt.path[:min(len(tt.path), 60)]
		if resp.StatusCode != tt.want {
			t.Errorf("%s %s is %d, want %d", tt.method, name, resp.StatusCode, tt.want)
			continue
		}
		if resp.Header.Get("Location") != "" {
			t.Errorf("%s %s redirects to %s", tt.method, name, resp.Header.Get("Location"))
		}
		if allow := resp.Header.Get("Allow"); (tt.want == 405 || tt.want == 204) != (allow != "") {
			t.Errorf("%s %s is %d with Allow %q", tt.method, name, tt.want, allow)
		}
		if tt.want >= 400 && tt.method != "HEAD" {
			detail(t, resp)
		}
	}
}

func TestServiceNames(t *testing.T) {
	t.Parallel()
	names := []string{"CaseService", "a b", "a+b", "a/b", "Häuser/Straßen", "..", ".", "%2F", "a%b", "日本", `"quoted"`, ":service", "*", "a;b?c#d&e=f", "recent"}
	var actions []storage.Action
	for _, name := range names {
		actions = append(actions, storage.Action{Service: name, Action: "x"})
	}
	h := newHandler(t, adminapi.Options{Store: newRing(t, actions...)})
	for path, want := range map[string]string{
		"CaseService": "CaseService", "a%20b": "a b", "a+b": "a+b", "a%2Bb": "a+b", "a%2Fb": "a/b", "a%2fb": "a/b",
		"H%C3%A4user%2FStra%C3%9Fen": "Häuser/Straßen", "%2E%2E": "..", "%2e": ".", "%252F": "%2F", "a%25b": "a%b", "%E6%97%A5%E6%9C%AC": "日本",
		"%22quoted%22": `"quoted"`, ":service": ":service", "*": "*", "a%3Bb%3Fc%23d%26e%3Df": "a;b?c#d&e=f", "recent": "recent", "CaseService/": "CaseService",
	} {
		got := actionsOf(t, do(h, request("GET", "/action-logs/service/"+path)))
		if len(got) != 1 || got[0] != want+".x" {
			t.Errorf("service/%s is %v, want %s", path, got, want)
		}
	}
	for _, path := range []string{"Nobody", "caseservice", "%00", "%FF%FE", "a%0Ab", strings.Repeat("x", 129), strings.Repeat("x", 5000), "CaseService%20"} {
		if got := actionsOf(t, do(h, request("GET", "/action-logs/service/"+path))); len(got) != 0 {
			t.Errorf("service/%s is %v, want nothing", path, got)
		}
	}
}

// TestLongServiceName asks no store: no service has such a name.
func TestLongServiceName(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: broken{errors.New("the store was asked")}})
	if got := body(t, do(h, request("GET", "/action-logs/service/"+strings.Repeat("x", storage.MaxName+1)))); got != `{"actions":[]}` {
		t.Errorf("a name that is too long is answered %s", got)
	}
	if resp := do(h, request("GET", "/action-logs/service/"+strings.Repeat("x", storage.MaxName+1)+"?limit=0")); resp.StatusCode != 400 {
		t.Errorf("a name that is too long with a bad limit is answered %d", resp.StatusCode)
	}
}

func TestMounting(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, base string
		mount      func(*adminapi.Handler) http.Handler
		paths      map[string]int
	}{
		{"registered", "", registered, map[string]int{
			"/action-logs": 200, "/action-logs/": 200, "/action-logs/recent": 200, "/action-logs/service/a%2Fb": 200, "/action-logs/nothing": 404,
		}},
		{"at-the-root-of-a-mux", "", func(h *adminapi.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/", h)
			return mux
		}, map[string]int{"/action-logs": 200, "/action-logs/": 200, "/action-logs/recent": 200, "/": 404, "/other": 404}},
		{"deep", "/debug/v1.2/log_s~", registered, map[string]int{"/debug/v1.2/log_s~": 200, "/debug/v1.2/log_s~/recent": 200, "/debug/v1.2": 404}},
		{"trailing-slash", "/logs/", registered, map[string]int{"/logs": 200, "/logs/": 200, "/logs/recent": 200}},
		{"root", "/", registered, map[string]int{"/": 200, "/recent": 200, "/action-logs/recent": 404}},
		{"in-a-bunrouter", "", func(h *adminapi.Handler) http.Handler {
			router := bunrouter.New()
			router.GET("/action-logs", bunrouter.HTTPHandler(h))
			router.GET("/action-logs/*path", bunrouter.HTTPHandler(h))
			return router
		}, map[string]int{
			"/action-logs": 200, "/action-logs/": 200, "/action-logs/recent": 200, "/action-logs/recent/": 200, "/action-logs/service/a%2Fb": 200, "/action-logs/nothing": 404,
		}},
		{"stripped", "/", func(h *adminapi.Handler) http.Handler { return http.StripPrefix("/admin", h) }, map[string]int{
			"/admin": 200, "/admin/": 200, "/admin/recent": 200, "/admin/service/a%2Fb": 200,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			handler := tt.mount(newHandler(t, adminapi.Options{BasePath: tt.base}))
			for path, want := range tt.paths {
				if got := do(handler, request("GET", path)).StatusCode; got != want {
					t.Errorf("GET %s is %d, want %d", path, got, want)
				}
			}
		})
	}
}

func registered(h *adminapi.Handler) http.Handler {
	mux := http.NewServeMux()
	h.Register(mux)
	return mux
}

// TestNeighbours registers the handler on a mux that has patterns of its own.
// One that matches some of the same requests, but is neither wider nor
// narrower, is refused by ServeMux; a mux around that one is the way out.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	for pattern, refused := range map[string]bool{
		"GET /": false, "GET /{path...}": false, "GET /{x}/": false, "POST /{x}/{rest...}": false,
		"/": false, "/{x}/": false, "/{path...}": false, "localhost/other/": false, "GET /action-logs-2/": false,
		"HEAD /": true, "POST /{a}/{b}": true, "GET /action-logs": true,
	} {
		t.Run(strings.NewReplacer(" ", "-", "/", "_").Replace(pattern), func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, adminapi.Options{})
			mux := http.NewServeMux()
			mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
			if (registerPanics(h, mux) != nil) != refused {
				t.Fatalf("registering beside %q panics, want %v", pattern, refused)
			}
			if refused {
				root := http.NewServeMux()
				h.Register(root)
				root.Handle("/", mux)
				mux = root
			}
			for _, target := range []string{"/action-logs", "/action-logs/", "/action-logs/recent"} {
				if got := do(mux, request("GET", target)).StatusCode; got != 200 {
					t.Errorf("beside %q GET %s is %d", pattern, target, got)
				}
			}
		})
	}
}

func registerPanics(h *adminapi.Handler, mux *http.ServeMux) (panicked any) {
	defer func() { panicked = recover() }()
	h.Register(mux)
	return nil
}

// TestWrongMethodThroughAMux has a wrong method be answered in the one form,
// also where a mux stands in front.
func TestWrongMethodThroughAMux(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	newHandler(t, adminapi.Options{}).Register(mux)
	for _, tt := range []struct{ method, target, allow string }{
		{"POST", "/action-logs", "GET, HEAD, OPTIONS"},
		{"POST", "/action-logs/", "GET, HEAD, OPTIONS"},
		{"PUT", "/action-logs/recent", "GET, HEAD, OPTIONS"},
		{"PATCH", "/action-logs/stats", "GET, HEAD, OPTIONS"},
		{"DELETE", "/action-logs/service/x", "GET, HEAD, OPTIONS"},
		{"GET", "/action-logs/clear", "POST, OPTIONS"},
		{"HEAD", "/action-logs/clear", "POST, OPTIONS"},
	} {
		resp := do(mux, request(tt.method, tt.target))
		if allow := resp.Header.Get("Allow"); resp.StatusCode != 405 || allow != tt.allow {
			t.Errorf("%s %s is %d, Allow %q, want %q", tt.method, tt.target, resp.StatusCode, allow, tt.allow)
		}
		if tt.method != "HEAD" {
			detail(t, resp)
		}
	}
	if resp := do(mux, request("OPTIONS", "/action-logs/clear")); resp.StatusCode != 204 || resp.Header.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("OPTIONS is %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if resp := do(mux, request("TRACE", "/action-logs/recent")); resp.StatusCode != 405 || resp.Header.Get("Allow") == "" {
		t.Errorf("TRACE is %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

// TestRequestIsLeftAlone has what is around the handler see the request as it
// came.
func TestRequestIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := request("GET", "/action-logs/service/a%2Fb?limit=5")
	do(newHandler(t, adminapi.Options{}), r)
	if r.URL.Path != "/action-logs/service/a/b" || r.URL.RawPath != "/action-logs/service/a%2Fb" || r.URL.RawQuery != "limit=5" {
		t.Errorf("the request's URL became %#v", r.URL)
	}
}
