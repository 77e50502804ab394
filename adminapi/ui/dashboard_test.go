package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
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

// TestDashboardTails records 200 actions a second while the page looks, and
// finds each of them in it once.
func TestDashboardTails(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelector('#state').dataset.stream === 'open'`)
	seconds := 3
	if full() {
		seconds = 60
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range seconds * 20 {
		<-tick.C
		b.record("CaseService", 10)
	}
	want := seconds * 200
	d.Wait(fmt.Sprintf(`page.rows.length >= %d`, want))
	if got := d.eval(`(() => { const list = ` + ids + `; return [list.length, new Set(list).size, list.slice().sort().reverse().join() === list.join()]; })()`); got != fmt.Sprintf("%d,%d,true", want, want) {
		t.Errorf("rows, distinct ids and order are %s, want %d of each, newest first", got, want)
	}
	d.Wait(fmt.Sprintf(`document.querySelector('.layer .line:not([hidden]) .c-duration').textContent && document.querySelector('#list').ariaRowCount === '%d'`, want+1))

	d.keys(" ")
	if got := d.Text("#live"); got != "Paused" {
		t.Errorf("after the space key the list is %q", got)
	}
	before := d.eval(lines)
	b.record("CaseService", 7)
	d.Wait(`/^7 new/.test(document.querySelector('#waiting').textContent)`)
	if after := d.eval(lines); after != before {
		t.Errorf("a paused list changed from\n%s\nto\n%s", before, after)
	}
	d.click("#waiting")
	d.Wait(fmt.Sprintf(`page.rows.length === %d && document.querySelector('#waiting').hidden`, want+7))
	if got := d.Text("#live"); got != "Live" {
		t.Errorf("at the newest again the list is %q", got)
	}
}

// TestDashboardSurvivesRestarts has the server go away and come back, as the
// same process and as another.
func TestDashboardSurvivesRestarts(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{Window: 100, Backlog: 128})
	b.record("CaseService", 20)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Expect("request: GET http://[^ ]*/action-logs/")
	d.Wait(`document.querySelector('#state').dataset.stream === 'open'`)
	time.Sleep(100 * time.Millisecond)
	b.kill()
	d.Wait(`/reconnecting/.test(document.querySelector('#state').textContent)`)
	d.Wait(`!document.querySelector('#banner').hidden`)
	if got := d.Text("#banner p"); !strings.Contains(got, "cannot be reached") {
		t.Errorf("without a server the banner says %q", got)
	}
	b.record("CaseService", 30)
	b.start(false)
	d.Wait(`page.rows.length === 50 && document.querySelector('#banner').hidden`)

	b.kill()
	b.record("CaseService", 12000) // of which the ring holds not all
	b.start(false)
	d.Wait(`/missed/.test(document.querySelector('#state').textContent)`)
	got := d.eval(`(() => { const list = ` + ids + `; const gaps = Array.from({ length: page.rows.length }, (_, i) => page.rows.at(i).missed ?? 0);
		return [new Set(list).size === list.length, list.length + gaps.reduce((a, b) => a + b)]; })()`)
	if got != "true,12050" {
		t.Errorf("each id once, and ids and missed: %s, want true,12050", got)
	}
	d.Wait(`/missed here/.test(document.querySelector('.layer').textContent) || page.rows.length > 60`)

	b.kill()
	b.start(true)
	b.record("Later", 5)
	d.Wait(`page.rows.at(0).service === 'Later' && page.rows.at(4).service === 'Later'`)
	if got := d.eval(`(() => { const list = ` + ids + `; return new Set(list).size === list.length; })()`); got != "true" {
		t.Error("after another process answers, an id is there twice")
	}
}

func TestDashboardFilters(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 40)
	b.record("Chat Service", 40)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`page.rows.length === 80`)
	d.typeFilter(`service:"Chat Service" status:failed`)
	d.Wait(`page.rows.length === 4 && location.search === '?service=Chat+Service&status=failed'`)
	d.Wait(`document.querySelector('#only-failed').ariaPressed === 'true'`)
	b.record("Chat Service", 10)
	b.record("CaseService", 10)
	d.Wait(`page.rows.length === 5`)

	d.keys("f")
	d.Wait(`page.rows.length === 50 && document.querySelector('#query').value === 'service:"Chat Service"'`)
	d.Do(chromedp.NavigateBack())
	d.Wait(`page.rows.length === 5 && document.querySelector('#query').value === 'service:"Chat Service" status:failed'`)
	d.Do(chromedp.NavigateForward())
	d.Wait(`page.rows.length === 50 && location.search === '?service=Chat+Service'`)
	d.open(d.eval(`location.href`)) // as a colleague does
	d.Wait(`page.rows.length === 50 && document.querySelector('#query').value === 'service:"Chat Service"'`)

	d.typeFilter(`min_duration:95ms place for`)
	d.Wait(`page.rows.length === 1 && location.search === '?min_duration=95ms&q=place+for'`)
	d.click(".clear-filter")
	d.Wait(`page.rows.length === 100`)
	d.click(`#services tbody tr:first-child button.name`)
	d.Wait(`/^\?service=/.test(location.search) && page.rows.length === 50`)
	d.click(`#services tbody tr:first-child button.name`)
	d.Wait(`location.search === '' && page.rows.length === 100`)

	d.Expect("status 400")
	d.typeFilter(`status:broken`)
	d.Wait(`!document.querySelector('#filter-error').hidden`)
	if got := d.Text("#filter-error"); !strings.Contains(got, `status is "broken"`) {
		t.Errorf("a wrong filter is told as %q", got)
	}
}

func TestDashboardCompletes(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.add(samples()...)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelectorAll('#services tbody tr').length === 4`)
	d.keys("/")
	d.Eval(`document.activeElement.select()`, nil)
	d.keys("stat")
	d.Wait(`document.querySelector('#completions').innerText.startsWith('status:')`)
	d.keys(kb.ArrowDown + kb.Enter)
	d.Wait(`document.querySelector('#query').value === 'status:'`)
	d.keys("f\t")
	d.Wait(`document.querySelector('#query').value === 'status:failed '`)
	d.keys("service:ch" + kb.ArrowDown + kb.Enter + kb.Enter)
	d.Wait(`location.search === '?service=ChatService&status=failed'`)
	if got := d.eval(`document.activeElement.id`); got != "query" {
		t.Errorf("the focus is on %q", got)
	}
}

func TestDashboardOpensAction(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	trace, _ := storage.ParseTraceID("0af7651916cd43dd8448eb211c80319c")
	for i := range 4 {
		b.add(storage.Action{
			Service: "CaseService", Action: "createCase", Duration: 1500 * time.Microsecond, Status: storage.Failed,
			Error: fmt.Sprintf("no case %d", i), TraceID: trace, Instance: "host-1",
			HTTP:  &storage.HTTP{Method: "POST", Route: "/cases", Path: "/cases", Code: 503, RequestID: fmt.Sprintf("request-%d", i/2)},
			Attrs: []storage.Attr{{Key: "tenant", Value: "acme"}},
		})
	}
	d := openDashboard(t, b, browsertest.Options{Width: 1400}, "")
	d.keys("jj" + kb.Enter)
	d.Wait(`document.querySelector('#detail').open && /Same error/.test(document.querySelector('#detail').innerText)`)
	if got := d.Text("#detail .error-text"); got != "no case 2" {
		t.Errorf("the second row has the error %q", got)
	}
	text := d.eval(`document.querySelector('#detail').innerText`)
	for _, want := range []string{"1.5 ms", "1\u202f500\u202f000 ns", "host-1", "request-1", trace.String(), "acme", "503", "UTC", "4 times held"} {
		if !strings.Contains(text, want) {
			t.Errorf("what is opened lacks %q:\n%s", want, text)
		}
	}
	for _, tt := range []struct{ title, want string }{{"Same request", "1"}, {"Same trace", "3"}, {"Same error", "3"}} {
		got := d.eval(`[...document.querySelectorAll('.neighbours')].find((s) => s.querySelector('h3').textContent === '` + tt.title + `').querySelectorAll('li').length`)
		if got != tt.want {
			t.Errorf("%s has %s actions, want %s", tt.title, got, tt.want)
		}
	}
	link := d.eval(`location.href`)
	id := d.eval(`new URLSearchParams(location.search).get('open')`)
	if got := d.eval(`import('./ui/curl.js').then((m) => m.curlOf('` + id + `', document.baseURI))`); got != "curl '"+b.url()+"search?id="+id+"'" {
		t.Errorf("the command is %s", got)
	}
	d.click("#detail .buttons button")
	d.Wait(`document.querySelector('#detail .buttons button').textContent === 'Copied'`)
	d.keys("j")
	d.Wait(`/no case 1/.test(document.querySelector('#detail .error-text').textContent)`)
	d.keys(kb.Escape)
	d.Wait(`!document.querySelector('#detail').open && document.activeElement.id === 'list' && location.search === ''`)
	d.keys(kb.Escape)
	d.Wait(`!page.list.held`)

	d.open(link)
	d.Wait(`document.querySelector('#detail .error-text')?.textContent === 'no case 2'`)
	d.open(b.url() + "?open=gone")
	d.Wait(`/no longer held/.test(document.querySelector('#detail').innerText)`)
}

func TestDashboardClears(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 20)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.click("#clear")
	d.Wait(`document.querySelector('#clear-dialog').open`)
	d.keys(kb.Enter) // keeps them
	d.Wait(`!document.querySelector('#clear-dialog').open && page.rows.length === 20`)
	d.click("#clear")
	d.click("#clear-dialog .danger")
	d.Wait(`!document.querySelector('#clear-dialog').open && page.rows.length === 0`)
	d.Wait(`document.querySelectorAll('#services tbody tr').length === 0`)
	b.record("CaseService", 3)
	d.Wait(`page.rows.length === 3`)

	d = openDashboard(t, newBackend(t, adminapi.Options{ReadOnly: true}, ring.Options{}), browsertest.Options{}, "")
	if got := d.eval(`document.querySelector('#clear').hidden`); got != "true" {
		t.Error("a server that is read-only is asked to clear")
	}
}

func TestDashboardLogsIn(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{Token: token}, ring.Options{})
	b.record("CaseService", 3)
	d := dashboard{browsertest.Open(t, browsertest.Options{}), t}
	d.Expect("status 401")
	d.Go(b.url())
	d.Wait(`document.querySelector('#login-dialog').open`)
	d.keys("wrong" + kb.Enter)
	d.Wait(`document.querySelector('#login-dialog .wrong').textContent !== ''`)
	d.keys(token + kb.Enter)
	d.Wait(`!document.querySelector('#login-dialog').open && document.querySelectorAll('.layer .line:not([hidden])').length === 3`)
	d.Wait(`document.querySelector('#banner').hidden && document.querySelector('#state').dataset.stream === 'open'`)
}

func TestDashboardRefused(t *testing.T) {
	t.Parallel()
	refuse := func(r *http.Request) error {
		if !strings.HasSuffix(r.URL.Path, "/") && path.Ext(r.URL.Path) == "" { // the page itself may be seen
			return &adminapi.Error{Status: 403, Detail: "only the night shift may look"}
		}
		return nil
	}
	b := newBackend(t, adminapi.Options{Authorize: refuse}, ring.Options{})
	d := dashboard{browsertest.Open(t, browsertest.Options{}), t}
	d.Expect("status 403")
	d.Go(b.url())
	d.Wait(`/only the night shift may look/.test(document.querySelector('#banner').innerText)`)
}

// bare is a store that can do nothing but search.
type bare struct{ storage.Searcher }

func TestDashboardOfBareStore(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	defer r.Close(context.Background())
	for _, a := range samples() {
		r.Record(a)
	}
	api, err := adminapi.New(adminapi.Options{Store: bare{r}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	defer server.Close()
	d := dashboard{browsertest.Open(t, browsertest.Options{}), t}
	d.Expect("status 404")
	d.open(server.URL + "/action-logs/")
	d.Wait(`document.querySelectorAll('.layer .line:not([hidden])').length === 2`)
	d.Wait(`document.querySelectorAll('#services tbody tr').length === 4`)
	d.Wait(`/cannot/.test(document.querySelector('.readout').textContent) && /cannot/.test(document.querySelector('#state').textContent)`)
	d.click("#tab-errors")
	d.Wait(`/cannot/.test(document.querySelector('#panel-errors .empty').innerText)`)
	if got := d.eval(`[document.querySelector('#clear').hidden, document.querySelector('#banner').hidden]`); got != "true,true" {
		t.Errorf("the way to clear and the banner are hidden: %s, want true,true", got)
	}
}

// TestDashboardPages has the list fetch what is older as one scrolls down, and
// sorts it.
func TestDashboardPages(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 1000)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`page.rows.length === 200 && document.querySelector('#state').dataset.stream === 'open'`)
	toEnd := `(document.querySelector('#list').scrollTop = 1e9)`
	d.Wait(toEnd + ` && page.rows.length === 1000 && document.querySelector('#list').scrollTop > 10000`)
	b.record("CaseService", 5)
	d.Wait(`page.rows.waiting === 5`)
	if got := d.eval(`(() => { const list = ` + ids + `; return [list.length, new Set(list).size, list.slice().sort().reverse().join() === list.join()]; })()`); got != "1000,1000,true" {
		t.Errorf("rows, distinct ids and order are %s", got)
	}
	d.keys("g")
	d.Wait(`page.rows.length === 1005`)

	const shown = `[page.rows.at(0).duration, page.rows.at(1).duration, page.rows.length].join()`
	d.click("#list [data-sort=duration] button")
	d.Wait(`location.search === '?sort=-duration' && ` + shown + ` === '1005,1004,200'`)
	d.click("#list [data-sort=duration] button")
	d.Wait(`location.search === '?sort=duration' && page.rows.at(0).duration < page.rows.at(1).duration`)
	if got := d.eval(`[document.querySelector('#list [data-sort=duration]').ariaSort, document.querySelector('#live').disabled]`); got != "ascending,true" {
		t.Errorf("a sorted list has a head and a switch of %s", got)
	}
	d.click("#list [data-sort=timestamp] button")
	d.Wait(`location.search === '' && page.rows.at(0).duration === 1005`)
}

// TestDashboardRestsUnseen hides the page, which then asks for nothing, and
// shows it again.
func TestDashboardRestsUnseen(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 20)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelector('#state').dataset.stream === 'open'`)
	hide := func(hidden bool) {
		d.Eval(fmt.Sprintf(`Object.defineProperty(document, 'hidden', { configurable: true, get: () => %t }); document.dispatchEvent(new Event('visibilitychange'))`, hidden), nil)
	}
	hide(true)
	time.Sleep(200 * time.Millisecond) // for what was under way
	const requests = `performance.getEntriesByType('resource').length`
	before := d.eval(requests)
	b.record("CaseService", 30)
	time.Sleep(4 * time.Second)
	if got := d.eval(`[` + requests + `, page.rows.length]`); got != before+",20" {
		t.Errorf("requests and rows are %s while nobody looks, want %s,20", got, before)
	}
	hide(false)
	d.Wait(`page.rows.length === 50`)
	if got := d.eval(`new Set(` + ids + `).size`); got != "50" {
		t.Errorf("%s distinct ids of 50", got)
	}
}

func TestDashboardExports(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 20)
	d := openDashboard(t, b, browsertest.Options{}, "?status=failed&sort=-duration")
	d.click(".menu summary")
	d.Wait(`document.querySelector('.menu a[data-format=csv]').href`)
	link := d.eval(`document.querySelector('.menu a[data-format=csv]').href`)
	if want := b.url() + "export?status=failed&format=csv"; link != want {
		t.Errorf("what is shown is exported from %s, want %s", link, want)
	}
	if got := d.eval(`fetch('` + link + `').then((r) => r.text()).then((text) => text.trim().split('\n').length)`); got != "3" {
		t.Errorf("the file has %s lines, want 3", got)
	}
	d.keys(kb.Escape)
	d.Wait(`!document.querySelector('.menu').open`)
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

// TestDashboardTellsWhatFails has an action begin to fail that did well before.
func TestDashboardTellsWhatFails(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	began := time.Now().Add(-20 * time.Minute).Truncate(time.Second)
	for at := began; at.Before(time.Now()); at = at.Add(5 * time.Second) {
		a := storage.Action{Time: at, Service: "CaseService", Action: "createCase", Duration: time.Millisecond}
		if at.Sub(began) >= 10*time.Minute {
			a.Status, a.Error = storage.Failed, "disk full"
		}
		b.add(a, storage.Action{Time: at, Service: "CaseService", Action: "getCase"})
	}
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelectorAll('#failing li').length === 1`)
	text := strings.Join(strings.Fields(d.Text("#failing")), " ")
	since := began.Add(10 * time.Minute)
	for _, want := range []string{"Failing now: 1 action", "CaseServicecreateCase", "100 % fail", "since " + since.UTC().Format(time.TimeOnly), "· 10 min", "disk full"} {
		if !strings.Contains(text, want) {
			t.Errorf("what fails is told as %q, want %q in it", text, want)
		}
	}
	if got := d.eval(`document.title`); got != "✕ 1 failing · Action log" {
		t.Errorf("the title is %q", got)
	}
	d.click("#failing li button")
	d.Wait(`location.search === '?service=CaseService&action=createCase&status=failed'`)
}

// TestDashboardTellsWhatFailsForHours has an action fail for longer than the
// list of failures reaches back.
func TestDashboardTellsWhatFailsForHours(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	began := time.Now().Add(-5 * time.Hour).Truncate(5 * time.Minute)
	for at := began; at.Before(time.Now()); at = at.Add(20 * time.Second) {
		a := storage.Action{Time: at, Service: "CaseService", Action: "createCase", Duration: time.Millisecond}
		if at.Sub(began) >= 2*time.Hour {
			a.Status, a.Error = storage.Failed, "disk full"
		}
		b.add(a)
	}
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelectorAll('#failing li').length === 1`)
	since := began.Add(2 * time.Hour).UTC().Format(time.TimeOnly)
	if text := d.Text("#failing time"); !strings.HasSuffix(strings.Split(text, " · ")[0], since) || !strings.HasSuffix(text, "· 3 h") && !strings.Contains(text, "· 3 h ") {
		t.Errorf("what fails is told as %q, want since %s for 3 h", text, since)
	}
}

func TestDashboardPlots(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	for i := range 600 {
		b.add(storage.Action{Time: time.Now().Add(time.Duration(i-600) * time.Second), Service: "S", Action: "a", Duration: time.Duration(i) * time.Millisecond})
	}
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`/600 actions/.test(document.querySelector('.readout').textContent)`)
	var box struct{ X, Y, Width float64 }
	d.Eval(`document.querySelector('[data-chart=latency] canvas:last-child').getBoundingClientRect().toJSON()`, &struct {
		X, Y, Width *float64
	}{&box.X, &box.Y, &box.Width})
	y := box.Y + 40
	d.Do(
		chromedp.MouseEvent("mousePressed", box.X+box.Width/2, y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent("mouseMoved", box.X+box.Width*0.6, y, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseMoved", box.X+box.Width*0.7, y, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseReleased", box.X+box.Width*0.7, y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
	)
	d.Wait(`/^\?from=[^&]*Z&to=[^&]*Z$/.test(location.search)`)
	d.Wait(`page.rows.length > 100 && page.rows.length < 300 && /not live/.test(document.querySelector('#state').textContent)`)
	d.Do(chromedp.NavigateBack())
	d.Wait(`location.search === '' && page.rows.length === 200`)

	d.Wait(`/600 actions/.test(document.querySelector('.readout').textContent)`)
	d.Eval(`document.querySelector('[role=slider]').focus()`, nil)
	d.keys(kb.PageDown)
	if got := d.eval(`document.querySelector('[role=slider]').getAttribute('aria-valuetext')`); !strings.Contains(got, "actions") {
		t.Errorf("the slider says %q", got)
	}
	d.Do(chromedp.KeyEvent(kb.PageDown, chromedp.KeyModifiers(8)), chromedp.KeyEvent(kb.PageDown, chromedp.KeyModifiers(8)))
	d.keys(kb.Enter)
	d.Wait(`/^\?from=[^&]*Z/.test(location.search)`)
}

// TestDashboardShowsText records actions whose every field would do harm if it
// were taken for markup, and looks everywhere.
func TestDashboardShowsText(t *testing.T) {
	t.Parallel()
	const attack = `"><img src=x onerror="globalThis.attacked=1"><script>globalThis.attacked=1</script><b>`
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	trace, _ := storage.ParseTraceID("0af7651916cd43dd8448eb211c80319c")
	for range 3 {
		b.add(storage.Action{
			Service: "s" + attack, Action: "a" + attack, Status: storage.Failed, Error: "e" + attack, Duration: time.Second, TraceID: trace,
			Instance: "i" + attack, HTTP: &storage.HTTP{Method: "GET", Route: "/r" + attack, Path: "/p" + attack, Code: 500, RequestID: "<img/src=x/onerror=attacked=1>"},
			Attrs: []storage.Attr{{Key: "k" + attack[:40], Value: "v" + attack}},
		})
	}
	b.mu.Lock()
	b.actions.Begin(b.actions.Intern("s"+attack, "a"+attack, "/r", "GET"), &storage.Start{Method: "GET", Path: "/p" + attack})
	b.mu.Unlock()
	d := openDashboard(t, b, browsertest.Options{}, "")
	elements := `document.querySelectorAll('img, b, main script, dialog script, iframe').length`
	see := func(where, selector, want string) {
		t.Helper()
		d.Wait(`document.querySelector('` + selector + `')?.textContent.includes(` + fmt.Sprintf("%q", want) + `)`)
		if got := d.eval(`[` + elements + `, globalThis.attacked]`); got != "0," {
			t.Errorf("%s made markup of text: %s", where, got)
		}
	}
	see("the list", ".layer", "a"+attack)
	see("what fails", "#failing", "e"+attack)
	see("the services", "#services", "s"+attack)
	d.keys("j" + kb.Enter)
	see("the opened action", "#detail", "v"+attack)
	d.Wait(`document.querySelectorAll('.neighbours').length === 3`)
	see("the neighbours", "#detail .neighbours li", "s"+attack)
	d.keys(kb.Escape)
	d.click("#tab-errors")
	see("the errors", "#panel-errors tbody", "<img src=x")
	d.click("#tab-slow")
	see("the slowest", "#panel-slow tbody", "a"+attack)
	d.click("#tab-active")
	see("those in flight", "#panel-active tbody", "/p"+attack[:2])
	d.typeFilter("service:s\"><img")
	see("the filter", "#empty", "matches the filter")
	d.open(b.url() + "?q=%3Cimg+src%3Dx+onerror%3Dattacked%3D1%3E&open=%3Cimg+src%3Dx+onerror%3Dattacked%3D1%3E")
	see("the address", "#detail", "<img src=x")
}

// TestDashboardIdles leaves the page alone while 200 actions a second arrive,
// and logs what that costs.
func TestDashboardIdles(t *testing.T) {
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 200)
	d := openDashboard(t, b, browsertest.Options{Width: 1440, Height: 900}, "")
	t.Logf("the first paint of content was after %s ms", d.eval(`Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime)`))
	seconds := 3
	if full() {
		seconds = 60
	}
	measure := func() map[string]float64 {
		got := map[string]float64{}
		d.Do(func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
			if _, err = cdp.Call(ctx, t, performance.Enable, performance.EnableParams{}); err != nil {
				return none, err
			}
			result, err := cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
			for _, m := range result.Metrics {
				got[m.Name] = m.Value
			}
			return none, err
		})
		return got
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	run := func(seconds int) {
		for range seconds * 20 {
			<-tick.C
			b.record("CaseService", 10)
		}
	}
	run(seconds)
	before := measure()
	run(seconds)
	after := measure()
	t.Logf("in %d s the page's process took %.1f %% of a core, its scripts %.1f %%; the heap went from %.1f to %.1f MB", seconds,
		100*(after["ProcessTime"]-before["ProcessTime"])/float64(seconds), 100*(after["ScriptDuration"]-before["ScriptDuration"])/float64(seconds),
		before["JSHeapUsedSize"]/1e6, after["JSHeapUsedSize"]/1e6)
	if n := after["Nodes"]; n > 20000 {
		t.Errorf("%v nodes are left in the page, which grow", n)
	}
}

// TestDashboardScrolls has the list show 100,000 rows, and logs how long the
// frames take while it scrolls through them.
func TestDashboardScrolls(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.record("CaseService", 1)
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Eval(`page.list.pause(true); page.rows.reset(Array.from({ length: 100000 }, (_, i) => ({
		timestamp: new Date(Date.now() - i).toISOString(), service: 'S', action: 'a' + i, status: i % 9 ? 'success' : 'failed', duration: i % 999, error: i % 9 ? null : 'e' + i, id: 'id' + i,
	}))); page.list.reset(); page.list.pause(true)`, nil)
	d.Wait(`document.querySelector('#list').ariaRowCount === '100001'`)
	var frames struct {
		Median, P95, Longest float64
		Lines                int
	}
	d.Eval(`new Promise((resolve) => {
		const list = document.querySelector('#list');
		const times = [];
		let last = performance.now();
		const step = (now) => {
			times.push(now - last);
			last = now;
			list.scrollTop += 700;
			if (times.length < 180) { requestAnimationFrame(step); return; }
			times.sort((a, b) => a - b);
			resolve({ Median: times[90], P95: times[171], Longest: times[179], Lines: document.querySelectorAll('.layer .line').length });
		};
		requestAnimationFrame(step);
	})`, &frames)
	t.Logf("a frame takes %.1f ms in the median, 95 %% at most %.1f ms, the longest %.1f ms", frames.Median, frames.P95, frames.Longest)
	if frames.Lines > 120 {
		t.Errorf("%d elements show the list, which are not only those in sight", frames.Lines)
	}
	d.Eval(`document.querySelector('#list').scrollTop = 1e9`, nil)
	d.Wait(`/a99999/.test(document.querySelector('.layer').textContent)`)
	d.keys("g")
	d.Wait(`document.querySelector('#list').scrollTop === 0`)
}

// TestDashboardAccessible has axe-core audit the page in each of its states.
func TestDashboardAccessible(t *testing.T) {
	t.Parallel()
	browsertest.Module(t, "axe-core/axe.min.js")
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	b.add(samples()...)
	b.record("CaseService", 60)
	browser := browsertest.Start(t)
	for _, opts := range []browsertest.Options{{}, {Dark: true}, {Width: 390, Height: 844}, {Width: 390, Height: 844, Dark: true}} {
		d := dashboard{browser.Open(t, opts), t}
		d.open(b.url())
		audit := func(state string) {
			t.Helper()
			d.Screenshot(fmt.Sprintf("%s-%d-%t", state, opts.Width, opts.Dark))
			found := d.Audit()
			for _, impact := range []string{"serious", "critical"} {
				for _, v := range found[impact] {
					t.Errorf("%s, %+v: %v", state, opts, v)
				}
			}
		}
		d.Wait(`document.querySelectorAll('#failing li').length > 0`)
		audit("list")
		for _, tab := range []string{"errors", "slow", "active"} {
			d.click("#tab-" + tab)
			audit(tab)
		}
		d.keys("jj" + kb.Enter)
		d.Wait(`/Same error|Same trace|JSON/.test(document.querySelector('#detail').innerText)`)
		audit("detail")
		d.keys(kb.Escape)
		d.keys("?")
		d.Wait(`document.querySelector('#help-dialog').open`)
		audit("help")
		d.keys(kb.Escape)
		d.keys("/s")
		audit("completion")
		d.keys(kb.Escape)
		d.typeFilter("nothing matches this")
		d.Wait(`!document.querySelector('#empty').hidden`)
		audit("empty")
	}
}
