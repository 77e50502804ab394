package adminapi_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"actionlog/adminapi"
	"actionlog/adminapi/ui"
)

// embedded returns one of the files as it is embedded.
func embedded(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(ui.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{ReadOnly: true})
	for _, tt := range []struct{ target, kind, content string }{
		{"/action-logs/client.js", "text/javascript; charset=utf-8", embedded(t, "client.js")},
		{"/action-logs/client.js/", "text/javascript; charset=utf-8", embedded(t, "client.js")},
		{"/action-logs/client.d.ts", "application/typescript; charset=utf-8", embedded(t, "client.d.ts")},
		{"/action-logs/ui/main.js", "text/javascript; charset=utf-8", embedded(t, "main.js")},
		{"/action-logs/ui/style.css?v=1", "text/css; charset=utf-8", embedded(t, "style.css")},
		{"/action-logs/", "text/html; charset=utf-8", strings.Replace(embedded(t, "index.html"), "<base ", "<meta name=\"clear\" content=\"no\">\n<base ", 1)},
	} {
		resp := do(h, request("GET", tt.target))
		if got := body(t, resp); resp.StatusCode != 200 || got != tt.content {
			t.Errorf("%s is %d and %d bytes, want %d", tt.target, resp.StatusCode, len(got), len(tt.content))
		}
		for name, want := range map[string]string{
			"Content-Type":  tt.kind,
			"Cache-Control": "no-cache",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
				"base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
			"Content-Encoding":             "",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy":              "no-referrer",
			"X-Content-Type-Options":       "nosniff",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s has %s %q, want %q", tt.target, name, got, want)
			}
		}
	}
}

func TestNoSuchAsset(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{BasePath: "/logs"})
	for _, target := range []string{
		"/logs/ui", "/logs/ui/", "/logs/ui/nothing.js", "/logs/ui/a/b.js", "/logs/ui/..%2Fdoc.go", "/logs/ui/%2e%2e", "/logs/index.html",
		"/logs/ui/index.html", "/logs/ui/client.js", "/logs/ui/client.d.ts", "/logs/ui/main.js%00", "/logs/ui/" + strings.Repeat("x", 1000),
	} {
		resp := do(h, request("GET", target))
		if text := detail(t, resp); resp.StatusCode != 404 || len(text) > 200 || !strings.Contains(text, "/logs/") {
			t.Errorf("%s is %d: %s", target, resp.StatusCode, text)
		}
		if csp := resp.Header.Get("Content-Security-Policy"); csp != "default-src 'none'; frame-ancestors 'none'" {
			t.Errorf("%s has the policy %q", target, csp)
		}
	}
	if resp := do(h, request("POST", "/logs/client.js")); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST is %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

// TestFront has the base path answered with the page, or with the list of
// endpoints to who asks for JSON alone.
func TestFront(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	for _, tt := range []struct{ accept, kind string }{
		{"", "text/html; charset=utf-8"},
		{"*/*", "text/html; charset=utf-8"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"},
		{"application/json, text/html;q=0.5", "text/html; charset=utf-8"},
		{"text/plain", "text/html; charset=utf-8"},
		{"application/json", "application/json"},
		{"application/json, */*;q=0.1", "application/json"},
	} {
		r := request("GET", "/action-logs")
		if tt.accept != "" {
			r.Header.Set("Accept", tt.accept)
		}
		resp := do(h, r)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != tt.kind || resp.Header.Get("Vary") != "Accept" {
			t.Errorf("to %q the answer is %d, %s, Vary %q; want %s", tt.accept, resp.StatusCode, got, resp.Header.Get("Vary"), tt.kind)
		}
	}
}

// TestBase looks at where the page says that all else is, however it is
// mounted.
func TestBase(t *testing.T) {
	t.Parallel()
	at := func(base string) http.Handler { return newHandler(t, adminapi.Options{BasePath: base}) }
	plain, inner, bare := at(""), at("/inner/logs"), at("/")
	for _, tt := range []struct {
		name    string
		handler http.Handler
		target  string
		want    string // what <base> resolves to
	}{
		{"no-slash", plain, "/action-logs", "./action-logs/"},
		{"slash", plain, "/action-logs/", "./"},
		{"query", plain, "/action-logs?service=a/b", "./action-logs/"},
		{"slash-and-query", plain, "/action-logs/?q=a?b/c", "./"},
		{"escaped", plain, "/action%2Dlogs", "./action%2Dlogs/"},
		{"absolute-form", plain, "http://localhost:8000/action-logs?a", "./action-logs/"},
		{"deeper", inner, "/inner/logs", "./logs/"},
		{"bare", bare, "/", "./"},
		{"stripped", http.StripPrefix("/x/admin", bare), "/x/admin", "./admin/"},
		{"stripped-slash", http.StripPrefix("/x/admin", bare), "/x/admin/", "./"},
		{"stripped-scheme", http.StripPrefix("/x/javascript:alert(1)", bare), "/x/javascript:alert(1)", "./javascript:alert(1)/"},
		{"stripped-markup", http.StripPrefix(`/"><script>`, bare), `/"><script>`, `./&#34;&gt;&lt;script&gt;/`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", tt.target)
			if rest, ok := strings.CutPrefix(r.URL.Path, "http://localhost:8000"); ok {
				r.URL.Path, r.URL.RawPath = rest, ""
			}
			page := body(t, do(tt.handler, r))
			if want := `<base href="` + tt.want + `">`; strings.Count(page, "<base ") != 1 || !strings.Contains(page, want) {
				t.Errorf("the page has not just %s:\n%.300s", want, page)
			}
		})
	}
}

func TestAssetsAreSentOnce(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	tags := map[string]string{}
	for _, target := range []string{"/action-logs/client.js", "/action-logs", "/action-logs/", "/action-logs/ui/style.css"} {
		tag := do(h, request("GET", target)).Header.Get("ETag")
		if other, ok := tags[tag]; ok || len(tag) < 10 || tag[0] != '"' {
			t.Errorf("%s has the ETag %s, as %q has", target, tag, other)
		}
		tags[tag] = target
		zipped := do(h, request("GET", target, "Accept-Encoding: gzip")).Header.Get("ETag")
		for _, tt := range []struct {
			given string
			want  int
		}{
			{tag, 304}, {"W/" + tag, 304}, {zipped, 304}, {`"a", ` + tag + ` , "b"`, 304}, {"*", 304},
			{`"a"`, 200}, {strings.Trim(tag, `"`), 200}, {"", 200},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				resp := do(h, request(method, target, "If-None-Match: "+tt.given))
				text := body(t, resp)
				if resp.StatusCode != tt.want || resp.Header.Get("ETag") != tag || (text != "") != (method == "GET" && tt.want == 200) {
					t.Errorf("%s %s with %q is %d and %d bytes, want %d", method, target, tt.given, resp.StatusCode, len(text), tt.want)
				}
				if got := resp.Header.Get("Content-Length"); (got != "") != (tt.want == 200) {
					t.Errorf("%s %s with %q has Content-Length %q", method, target, tt.given, got)
				}
			}
		}
	}
}

func TestAssetsAreCompressed(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	for _, tt := range []struct {
		accept string
		want   bool
	}{
		{"gzip", true}, {"br, GZIP ;q=0.5", true}, {"deflate, gzip;q=1.0, *;q=0", true}, {"*", true}, {"x-gzip", true}, {"identity, *;q=0.1", true},
		{"", false}, {"br", false}, {"gzip;q=0", false}, {"gzip; q=0.000", false}, {"*;q=0", false}, {"gzip;q=0, *", false}, {"*, gzip;q=0", false},
	} {
		r := request("GET", "/action-logs/client.js")
		if tt.accept != "" {
			r.Header.Set("Accept-Encoding", tt.accept)
		}
		resp := do(h, r)
		text := body(t, resp)
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != tt.want || resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: compressed is %v, want %v; Vary is %q", tt.accept, got, tt.want, resp.Header.Get("Vary"))
		}
		if tt.want {
			z, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(z)
			if err != nil || string(plain) != embedded(t, "client.js") || len(text) > len(plain)/2 {
				t.Errorf("%q: %d bytes in %d (%v)", tt.accept, len(plain), len(text), err)
			}
		}
	}
	plain, zipped := do(h, request("GET", "/action-logs/client.js")), do(h, request("GET", "/action-logs/client.js", "Accept-Encoding: gzip"))
	if plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
		t.Error("both forms have one ETag")
	}
}

// TestAssetsOverTheWire has net/http agree with what is answered.
func TestAssetsOverTheWire(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	newHandler(t, adminapi.Options{}).Register(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, target := range []string{"/action-logs", "/action-logs/", "/action-logs/client.js", "/action-logs/ui/main.js"} {
		get, err := server.Client().Get(server.URL + target) // it asks for gzip
		if err != nil {
			t.Fatal(err)
		}
		text := body(t, get)
		head, err := server.Client().Head(server.URL + target)
		if err != nil {
			t.Fatal(err)
		}
		_ = head.Body.Close()
		if get.StatusCode != 200 || head.StatusCode != 200 || text == "" || get.Uncompressed == strings.HasPrefix(text, "<!DOCTYPE") {
			t.Errorf("%s: GET is %d, uncompressed %v, HEAD %d", target, get.StatusCode, get.Uncompressed, head.StatusCode)
		}
	}
}

// makesMarkup is what turns text into elements or code in a page. What comes
// from outside is text, so that no script has a use for it.
var makesMarkup = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML|srcdoc|` +
	`\beval\(|new Function|setTimeout\(['"\x60]|javascript:`)

// TestEmbedded holds what the files promise to those who serve them.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	total := 0
	err := fs.WalkDir(ui.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if entry.IsDir() {
			t.Errorf("%s is a folder; /ui/{file} has none", name)
			return nil
		}
		content := embedded(t, name)
		target := "/action-logs/ui/" + name
		switch name {
		case "index.html":
			target = "/action-logs/"
		case "client.js", "client.d.ts":
			target = "/action-logs/" + name
		}
		if resp := do(h, request("GET", target)); resp.StatusCode != 200 || body(t, resp) != content {
			t.Errorf("%s is not served at %s: %d", name, target, resp.StatusCode)
		}
		if name != "client.d.ts" { // which no page loads
			total += len(body(t, do(h, request("GET", target, "Accept-Encoding: gzip"))))
		}
		if unsafe := makesMarkup.FindString(content); unsafe != "" && path.Ext(name) == ".js" {
			t.Errorf("%s makes markup or code of text: %s", name, unsafe)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if most := 100_000; total > most {
		t.Errorf("all that a page loads is %d bytes on the wire, want at most %d", total, most)
	}
	if n := len(embedded(t, "client.js")); n > 13_000 {
		t.Errorf("client.js is %d bytes, want at most 13000", n)
	}
	if page := embedded(t, "index.html"); strings.Count(page, `<base href="./">`) != 1 {
		t.Error(`index.html has not just one <base href="./">`)
	}
}

// FuzzAssets asks for the page and a file with anything at all in what decides
// about the answer.
func FuzzAssets(f *testing.F) {
	f.Add("/action-logs?a", "gzip", `"x"`, "text/html")
	f.Add(`/"><script>/`, "*;q=0, gzip;q=", "W/*", "application/json")
	f.Add("//example.com", "identity;q=0,,;", "*", ",")
	api, err := adminapi.New(adminapi.Options{Store: empty{}, BasePath: "/"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, uri, encoding, tags, accept string) {
		for _, target := range []string{"/", "/client.js"} {
			r := request("GET", target, "Accept-Encoding: "+encoding, "If-None-Match: "+tags, "Accept: "+accept)
			r.RequestURI = uri
			resp := do(api, r)
			text := body(t, resp)
			switch {
			case resp.StatusCode == 304 && text == "", resp.Header.Get("Content-Type") == "application/json":
				continue
			case resp.StatusCode != 200:
				t.Fatalf("%s is %d", target, resp.StatusCode)
			case resp.Header.Get("Content-Encoding") == "gzip":
				if z, err := gzip.NewReader(strings.NewReader(text)); err != nil {
					t.Fatal(err)
				} else if _, err := io.Copy(io.Discard, z); err != nil {
					t.Fatal(err)
				}
			case target == "/":
				_, rest, _ := strings.Cut(text, "<base href=\"")
				base, after, _ := strings.Cut(rest, "\">\n")
				if !strings.HasPrefix(base, "./") || strings.ContainsAny(base, `"<>`) || len(after) < len(embedded(t, "index.html"))/2 {
					t.Errorf("of %q the base becomes %q", uri, base)
				}
			}
		}
	})
}
