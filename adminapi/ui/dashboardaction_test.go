package ui_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/chromedp/chromedp/kb"
)

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
	d.Wait(`document.querySelectorAll('#failing li').length > 0`)
	d.click("#clear")
	d.Wait(`document.querySelector('#clear-dialog').open`)
	d.keys(kb.Enter) // keeps them
	d.Wait(`!document.querySelector('#clear-dialog').open && page.rows.length === 20`)
	d.click("#clear")
	d.click("#clear-dialog .danger")
	d.Wait(`!document.querySelector('#clear-dialog').open && page.rows.length === 0`)
	d.Wait(`document.querySelectorAll('#services tbody tr, #failing li').length === 0`)
	b.record("CaseService", 3)
	d.Wait(`page.rows.length === 3`)

	d = openDashboard(t, newBackend(t, adminapi.Options{ReadOnly: true}, ring.Options{}), browsertest.Options{}, "")
	if got := d.eval(`document.querySelector('#clear').hidden`); got != "true" {
		t.Error("a server that is read-only is asked to clear")
	}
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
	running := b.actions.Begin(b.actions.Intern("s"+attack, "a"+attack, "/r", "GET"), &storage.Start{Method: "GET", Path: "/p" + attack})
	defer b.actions.End(running, nil)
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
