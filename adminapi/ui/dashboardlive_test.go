package ui_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage/ring"
)

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

	b.kill()
	b.record("Later", 20)
	d.typeFilter("status:failed")
	d.Wait(`/cannot be reached/.test(document.querySelector('#empty').textContent)`)
	b.start(false)
	d.Wait(`page.rows.length === 2 && document.querySelector('#empty').hidden && document.querySelector('#banner').hidden`)
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
