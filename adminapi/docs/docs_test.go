package docs_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/docs"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage"
	"actionlog/storage/ring"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves the admin API with its documentation.
func serve(t *testing.T, opts adminapi.Options, mount func(http.Handler) http.Handler) *httptest.Server {
	t.Helper()
	r := ring.New(ring.Options{})
	r.Record(storage.Action{Service: "CaseService", Action: "createCase", Duration: 45 * time.Millisecond})
	opts.Store, opts.Docs = r, docs.Handler(docs.Options{})
	api, err := adminapi.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(mount(api))
	t.Cleanup(func() {
		srv.Close()
		_ = api.Close()
		_ = r.Close(context.Background())
	})
	return srv
}

func asItIs(h http.Handler) http.Handler { return h }

// get asks for a file, and for what it names if it is the page.
func get(t *testing.T, srv *httptest.Server, target string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest("GET", srv.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// TestEverythingIsThere has each URL of the page lead to what it names, however
// the page is mounted.
func TestEverythingIsThere(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`(?:href|src|data-description)="([^"]*)"`)
	for name, tt := range map[string]struct {
		base, at string
		mount    func(http.Handler) http.Handler
	}{
		"as-it-is":       {"", "/action-logs/docs", asItIs},
		"with-a-slash":   {"", "/action-logs/docs/", asItIs},
		"another-base":   {"/a/b", "/a/b/docs", asItIs},
		"at-the-root":    {"/", "/docs", asItIs},
		"prefix-removed": {"/", "/panel/docs", func(h http.Handler) http.Handler { return http.StripPrefix("/panel", h) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, adminapi.Options{BasePath: tt.base}, tt.mount)
			resp, page := get(t, srv, tt.at)
			if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Fatalf("%d %v: %s", resp.StatusCode, resp.Header, page)
			}
			if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
				t.Errorf("Content-Security-Policy is %q", policy)
			}
			links := named.FindAllStringSubmatch(page, -1)
			if len(links) < 6 {
				t.Fatalf("the page names %v", links)
			}
			folder, err := resp.Request.URL.Parse(links[0][1])
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range links[1:] {
				u, err := folder.Parse(l[1])
				if err != nil {
					t.Fatal(err)
				}
				resp, text := get(t, srv, u.Path)
				if resp.StatusCode != 200 || strings.HasPrefix(text, "<!DOCTYPE") {
					t.Errorf("%s is %d %.60q", u, resp.StatusCode, text)
				}
				if strings.HasSuffix(u.Path, "openapi.json") && !strings.HasPrefix(text, `{"components"`) {
					t.Errorf("%s is %.60q", u, text)
				}
			}
		})
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	srv := serve(t, adminapi.Options{}, asItIs)
	for name, kind := range map[string]string{
		"swagger-ui.js": "text/javascript; charset=utf-8", "swagger-ui.css": "text/css; charset=utf-8", "start.js": "text/javascript; charset=utf-8",
		"page.css": "text/css; charset=utf-8", "favicon-32x32.png": "image/png",
	} {
		plain, text := get(t, srv, "/action-logs/docs/"+name)
		if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != kind || plain.Header.Get("Content-Encoding") != "" || text == "" {
			t.Errorf("%s is %d %v", name, plain.StatusCode, plain.Header)
		}
		packed, body := get(t, srv, "/action-logs/docs/"+name, "Accept-Encoding: br, gzip")
		if packed.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			body = string(b)
		} else if strings.HasPrefix(name, "swagger-ui") {
			t.Errorf("%s does not come packed", name)
		}
		if body != text {
			t.Errorf("%s differs where it is packed", name)
		}
		if resp, _ := get(t, srv, "/action-logs/docs/"+name, "If-None-Match: "+plain.Header.Get("ETag")); resp.StatusCode != http.StatusNotModified {
			t.Errorf("%s that the client has is %d", name, resp.StatusCode)
		}
		if refused, _ := get(t, srv, "/action-logs/docs/"+name, "Accept-Encoding: gzip;q=0"); refused.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is packed for who does not want it so", name)
		}
	}
}

// TestBeside mounts it without the admin API around it.
func TestBeside(t *testing.T) {
	t.Parallel()
	h := docs.Handler(docs.Options{Title: `<Orders & "more">`, Description: "/api/openapi.json?a=1&b=\"2\""})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/help", nil))
	text := w.Body.String()
	for _, part := range []string{
		"<title>&lt;Orders &amp; &#34;more&#34;&gt;</title>", `data-description="/api/openapi.json?a=1&amp;b=&#34;2&#34;"`, `<base href="./help/">`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %s:\n%s", part, text)
		}
	}
	r := httptest.NewRequest("GET", "/help/%22%3E%3Cscript%3E", nil)
	r.RequestURI = ""
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, r); strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("the page holds what was asked for:\n%s", w.Body)
	}
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("POST", "/help", nil)); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST is %d %v", w.Code, w.Header())
	}
}

// TestInABrowser opens the page and tries an endpoint, with no error in the
// console and nothing that the policy refuses.
func TestInABrowser(t *testing.T) {
	for name, tt := range map[string]struct {
		base, at, asked string
		mount           func(http.Handler) http.Handler
	}{
		"as-it-is":       {"", "/action-logs/docs", "/action-logs/stats", asItIs},
		"prefix-removed": {"/", "/panel/docs/", "/panel/stats", func(h http.Handler) http.Handler { return http.StripPrefix("/panel", h) }},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, adminapi.Options{BasePath: tt.base}, tt.mount)
			page := browsertest.Open(t, browsertest.Options{})
			page.Go(srv.URL + tt.at)
			page.Wait(`document.querySelectorAll('.opblock').length > 10`)
			page.Eval(`document.querySelector('[id$="getActionStats"] .opblock-summary-control').click()`, nil)
			page.Wait(`document.querySelector('[id$="getActionStats"] .execute') && !document.querySelector('.opblock-loading-animation')`)
			page.Eval(`document.querySelector('[id$="getActionStats"] .execute').click()`, nil)
			page.Wait(`document.querySelector('[id$="getActionStats"] .live-responses-table .response-col_status')`)
			page.Screenshot("docs-" + name)
			var status, asked string
			page.Eval(`document.querySelector('[id$="getActionStats"] .live-responses-table tbody .response-col_status').textContent`, &status)
			page.Eval(`document.querySelector('[id$="getActionStats"] .request-url').textContent`, &asked)
			if !strings.HasPrefix(status, "200") || !strings.Contains(asked, srv.URL+tt.asked) {
				t.Errorf("it asked %q, and the answer is %q", asked, status)
			}
		})
	}
}
