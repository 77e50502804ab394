package ui_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// full reports whether this is the full check, where what takes long is done.
func full() bool { return os.Getenv("ACTIONLOG_FULL") == "1" }

// dashboard is a page that shows the dashboard of a backend.
type dashboard struct {
	*browsertest.Page
	t testing.TB
}

// openDashboard opens the dashboard with a query, and waits until it has an
// answer to show.
func openDashboard(t testing.TB, b *backend, opts browsertest.Options, query string) dashboard {
	t.Helper()
	d := dashboard{browsertest.Open(t, opts), t}
	d.open(b.url() + query)
	return d
}

func (d dashboard) open(url string) {
	d.t.Helper()
	d.Go(url)
	d.Wait(`import('./ui/main.js').then((page) => { globalThis.page = page; return true; })`)
	d.Wait(`!/Loading|loading/.test(document.querySelector('#actions').innerText) && !/^Looking/.test(document.querySelector('#failing').innerText)`)
}

func (d dashboard) click(selector string) {
	d.t.Helper()
	d.Do(chromedp.Click(chromedp.CSS(selector)))
}

func (d dashboard) keys(keys string) {
	d.t.Helper()
	d.Do(chromedp.KeyEvent(keys))
}

// typeFilter replaces the filter.
func (d dashboard) typeFilter(text string) {
	d.t.Helper()
	d.keys("/")
	d.Wait(`document.activeElement.id === 'query'`)
	d.Eval(`document.activeElement.select()`, nil) // some drivers type the slash, too
	d.keys(text + kb.Enter + kb.Escape)
}

func (d dashboard) eval(expression string) string {
	d.t.Helper()
	var got string
	d.Eval(`(async () => String(await (`+expression+`)))()`, &got)
	return got
}

// lines is what the rows in sight say, without the time and the duration.
const lines = `[...document.querySelectorAll('.layer .line:not([hidden])')]
	.map((l) => [...l.querySelectorAll('.c-mark, .c-what span, .c-about')].map((e) => e.textContent).join('|')).join('\n')`

// ids are the ids of all rows that the page holds.
const ids = `Array.from({ length: page.rows.length }, (_, i) => page.rows.at(i).id).filter((id) => id)`

func (b *backend) add(actions ...storage.Action) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range actions {
		b.actions.Record(a)
	}
}

// samples are the two actions with which the example begins.
func samples() []storage.Action {
	return []storage.Action{{
		Time:    time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC),
		Service: "CaseService", Action: "createCase", Status: storage.Success, Duration: 45 * time.Millisecond,
	}, {
		Time:    time.Date(2025, 11, 13, 12, 5, 0, 0, time.UTC),
		Service: "ChatService", Action: "sendMessage", Status: storage.Failed, Duration: 250 * time.Millisecond,
		Error: "OpenAI API rate limit exceeded",
	}}
}

func TestDashboardShowsSamples(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.add(samples()...)
	d := openDashboard(t, b, browsertest.Options{Zone: "Asia/Tokyo"}, "")
	want := "|ChatService|sendMessage|OpenAI API rate limit exceeded\n|CaseService|createCase|"
	if d.Wait(`page.rows.length === 2`); d.eval(lines) != want {
		t.Errorf("the list is\n%s\nwant\n%s", d.eval(lines), want)
	}
	for _, tt := range []struct{ what, expression, want string }{
		{"time of another zone", `document.querySelector('.layer .line time').textContent`, "2025-11-13 21:05"},
		{"outcome for screen readers", `document.querySelector('.layer .c-mark').ariaLabel`, "failed"},
		{"duration", `document.querySelector('.layer .c-duration').textContent`, "250 ms"},
		{"what fails now", `document.querySelector('#failing h2').textContent`, "Nothing is failing"},
		{"services", `[...document.querySelectorAll('#services button.name')].map((e) => e.textContent).join()`, "ChatService,sendMessage,CaseService,createCase"},
		{"title", `document.title`, "Action log"},
	} {
		if got := d.eval(tt.expression); got != tt.want {
			t.Errorf("%s is %q, want %q", tt.what, got, tt.want)
		}
	}
	box := d.eval(`(() => { const r = document.querySelector('.layer .line time').getBoundingClientRect(); return [r.x + 5, r.y + 5]; })()`)
	var x, y float64
	fmt.Sscanf(box, "%f,%f", &x, &y)
	d.Do(chromedp.MouseEvent("mouseMoved", x, y))
	d.Wait(`document.querySelector('.layer .line time').title === '2025-11-13 12:05:00.000 UTC'`)
}

func TestDashboardEmpty(t *testing.T) {
	t.Parallel()
	d := openDashboard(t, newBackend(t, adminapi.Options{}, ring.Options{}), browsertest.Options{}, "")
	if got := d.Text("#empty p"); !strings.Contains(got, "No action was recorded yet") {
		t.Errorf("an empty list says %q", got)
	}
	d.open(strings.Replace(d.eval("location.href"), "/action-logs/", "/action-logs?service=None", 1))
	if got := d.Text("#empty p"); !strings.Contains(got, "matches the filter") {
		t.Errorf("a list without a match says %q", got)
	}
	d.click("#empty button")
	d.Wait(`location.search === '' && document.querySelector('#query').value === ''`)
}

func TestDashboardChangesTheme(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	d := openDashboard(t, b, browsertest.Options{Dark: true}, "")
	const background = `getComputedStyle(document.body).backgroundColor`
	dark := d.eval(background)
	d.click("#theme")
	light := d.eval(background)
	if d.open(b.url()); light == dark || d.eval(background) != light {
		t.Errorf("the background is %s, after the switch %s, and when opened again %s", dark, light, d.eval(background))
	}
}
