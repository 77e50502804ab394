package ui_test

import (
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
