package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actionlog/adminapi/internal/browsertest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves a page whose body is given, under a policy as strict as that of
// the dashboard.
func serve(t *testing.T, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:")
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Page</title><link rel="icon" href="data:,"><main><h1>Page</h1>%s</main>`, body)
		case "/error.js":
			fmt.Fprint(w, "console.error('of', {a: 1})")
		case "/throw.js":
			fmt.Fprint(w, "throw new TypeError('thrown')")
		case "/reject.js":
			fmt.Fprint(w, "Promise.reject(new Error('rejected'))")
		case "/fetch.js":
			fmt.Fprint(w, "fetch('missing').then(() => { document.title = 'done' })")
		case "/outside.js":
			fmt.Fprint(w, "fetch('//example.com/').catch(() => {})")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func TestProblems(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	tests := []struct {
		name, body string
		want       []string // a part of one of the problems each; all of the problems hold one
	}{
		{"none", `<p>All is well</p>`, nil},
		{"console-error", `<script src="error.js"></script>`, []string{"console: "}},
		{"exception", `<script src="throw.js"></script>`, []string{"TypeError: thrown"}},
		{"unhandled-rejection", `<script src="reject.js"></script>`, []string{"Error: rejected"}},
		{"inline-script", `<script>document.title = 'no'</script>`, []string{"content security policy: script-src", "security: "}},
		{"inline-style", `<p style="color: red">Red</p>`, []string{"content security policy: style-src", "security: "}},
		{"missing-file", `<script src="nothing.js"></script>`, []string{"nothing.js: status 404", "nothing.js' because its MIME type"}},
		{"failed-fetch", `<script src="fetch.js"></script>`, []string{"GET http://127.0.0.1:", "status 404"}},
		{"another-server", `<script src="outside.js"></script>`, []string{"content security policy: connect-src", "security: ", "Fetch API cannot load http://example.com/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := browser.Open(t, browsertest.Options{})
			page.Go(serve(t, tt.body))
			if tt.name == "failed-fetch" {
				page.Wait("document.title === 'done'")
			}
			page.Eval("new Promise((resolve) => setTimeout(resolve, 100))", nil) // what is late
			got := page.Problems()
			page.Expect(".")
			for _, want := range tt.want {
				if !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, want) }) {
					t.Errorf("no problem holds %q: %q", want, got)
				}
			}
			for _, p := range got {
				if !slices.ContainsFunc(tt.want, func(want string) bool { return strings.Contains(p, want) }) {
					t.Errorf("a problem that there is not: %s", p)
				}
			}
		})
	}
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	errors  []string
	skipped string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestProblemsFailTheTest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, expect string
		want         int
	}{{"unexpected", "request: ", 1}, {"expected", "console: of", 0}} {
		r := &recorder{}
		t.Run(tt.name, func(t *testing.T) {
			r.TB = t
			page := browsertest.Open(r, browsertest.Options{})
			page.Expect(tt.expect)
			page.Go(serve(t, `<script src="error.js"></script>`))
		})
		if len(r.errors) != tt.want {
			t.Errorf("%s: %d errors, want %d: %q", tt.name, len(r.errors), tt.want, r.errors)
		}
	}
}

func TestEmulation(t *testing.T) {
	page := browsertest.Open(t, browsertest.Options{})
	folder := t.TempDir()
	t.Setenv("ACTIONLOG_SCREENSHOTS", folder)
	page.Go(serve(t, `<p id="one">It &amp; all</p>`))
	const look = "`${innerWidth}x${innerHeight} ${matchMedia('(prefers-color-scheme: dark)').matches} ${Intl.DateTimeFormat().resolvedOptions().timeZone}`"
	for _, tt := range []struct {
		opts browsertest.Options
		want string
	}{
		{browsertest.Options{}, "1280x800 false UTC"},
		{browsertest.Options{Width: 1000, Height: 700, Dark: true, Zone: "Asia/Tokyo"}, "1000x700 true Asia/Tokyo"},
	} {
		page.Emulate(tt.opts)
		var got string
		if page.Eval(look, &got); got != tt.want {
			t.Errorf("%+v looks like %s, want %s", tt.opts, got, tt.want)
		}
	}
	if got := page.Text("#one"); got != "It & all" {
		t.Errorf("text is %q", got)
	}
	page.Screenshot("a shot")
	png, err := os.ReadFile(filepath.Join(folder, "TestEmulation-a-shot.png"))
	if err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("the screenshot is %.10q (%v)", png, err)
	}
}

func TestPagesShareNothing(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	url := serve(t, "")
	one, two := browser.Open(t, browsertest.Options{}), browser.Open(t, browsertest.Options{Width: 390})
	one.Go(url)
	two.Go(url)
	one.Eval("localStorage.setItem('a', 'b'); document.cookie = 'c=d'", nil)
	var got string
	if two.Eval("localStorage.getItem('a') + document.cookie", &got); got != "null" {
		t.Errorf("the other page has %q", got)
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	browsertest.Module(t, "axe-core/axe.min.js")
	page := browsertest.Open(t, browsertest.Options{})
	page.Go(serve(t, `<button></button>`))
	found := page.Audit()
	if got := found["critical"]; len(got) != 1 || got[0].ID != "button-name" || len(got[0].Nodes) != 1 || !strings.HasPrefix(got[0].Nodes[0], "button: ") {
		t.Errorf("found %v", found)
	}
	page.Go(serve(t, `<button>Go</button>`))
	if found := page.Audit(); len(found["critical"])+len(found["serious"]) > 0 {
		t.Errorf("found %v", found)
	}
}

// TestNothingIsLeft looks for processes and files of a browser that a test has
// ended with.
func TestNothingIsLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Run("browser", func(t *testing.T) {
		browsertest.Open(t, browsertest.Options{}).Go(serve(t, ""))
	})
	left, err := filepath.Glob(os.Getenv("TMPDIR") + "/*browsertest*")
	if err != nil || len(left) > 0 {
		t.Errorf("left are %q (%v)", left, err)
	}
	ps, err := exec.Command("ps", "-eo", "args").Output()
	if err != nil {
		t.Skip("ps does not work: " + err.Error())
	}
	for line := range strings.Lines(string(ps)) {
		if strings.Contains(line, os.Getenv("TMPDIR")) {
			t.Errorf("still running: %s", line)
		}
	}
}
