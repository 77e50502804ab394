package browsertest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"actionlog/adminapi/internal/browsertest"
)

// Skip, Fatalf and FailNow end a recorder's test as they end a real one.
func (r *recorder) Skip(args ...any) {
	r.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) FailNow() { runtime.Goexit() }

// run runs a test that may end before it returns.
func (r *recorder) run(test func()) {
	var wg sync.WaitGroup
	wg.Go(test)
	wg.Wait()
}

func TestOnlyOneFailsWhatIsSkipped(t *testing.T) {
	for value, fails := range map[string]bool{"": false, "0": false, "true": false, "1": true} {
		t.Setenv("ACTIONLOG_FULL", value)
		r := &recorder{TB: t}
		r.run(func() { browsertest.Skip(r, "there is no such thing; buy one") })
		if (len(r.errors) > 0) != fails || (r.skipped != "") == fails {
			t.Errorf("ACTIONLOG_FULL=%s: errors %q, skipped for %q", value, r.errors, r.skipped)
		}
	}
}

func TestMissingTools(t *testing.T) {
	t.Setenv("ACTIONLOG_FULL", "")
	folder := t.TempDir()
	script := filepath.Join(folder, "adminapi", "node_modules", "some", "script.js")
	if err := os.MkdirAll(filepath.Dir(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, tools, want string
		ask               func(testing.TB) string
	}{
		{"program", "", "no-such-program is not installed; apt-get install it", func(t testing.TB) string {
			return browsertest.Tool(t, "no-such-program", "apt-get install it")
		}},
		{"no-folder", "", "some/script.js is not installed; adminapi/tools.sh FOLDER brings it", func(t testing.TB) string {
			return browsertest.Module(t, "some/script.js")
		}},
		{"not-in-folder", folder, "other/script.js is missing in " + folder, func(t testing.TB) string {
			return browsertest.Module(t, "other/script.js")
		}},
		{"in-folder", folder, "", func(t testing.TB) string { return browsertest.Module(t, "some/script.js") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("ACTIONLOG_TOOLS", tt.tools)
			r := &recorder{TB: t}
			var path string
			r.run(func() { path = tt.ask(r) })
			if !strings.HasPrefix(r.skipped, tt.want) || (tt.want == "") != (path == script) {
				t.Errorf("skipped for %q, path %q; want %q", r.skipped, path, tt.want)
			}
		})
	}
}

// TestStepsThatFail has each kind of step fail its test, and say why.
func TestStepsThatFail(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	url := serve(t, "<p>What there is</p>")
	for name, tt := range map[string]struct {
		want string
		step func(*browsertest.Page)
	}{
		"nobody-there":    {"net::ERR_", func(p *browsertest.Page) { p.Go("http://127.0.0.1:9") }},
		"outside":         {"ERR_NAME_NOT_RESOLVED", func(p *browsertest.Page) { p.Go("http://example.com/") }},
		"throws":          {"ReferenceError", func(p *browsertest.Page) { p.Eval("nothing.there", nil) }},
		"other-type":      {"cannot unmarshal", func(p *browsertest.Page) { p.Eval("'text'", new(int)) }},
		"no-such-element": {"TypeError", func(p *browsertest.Page) { p.Text("#nothing") }},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			page := browser.Open(r, browsertest.Options{})
			page.Expect(".")
			page.Go(url)
			after := false
			r.run(func() {
				tt.step(page)
				after = true
			})
			if text := strings.Join(r.errors, "\n"); after || !strings.Contains(text, tt.want) {
				t.Errorf("the test goes on: %v; its errors are %q, want %q", after, text, tt.want)
			}
		})
	}
}
