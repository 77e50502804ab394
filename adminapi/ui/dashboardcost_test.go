package ui_test

import (
	"context"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage/ring"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

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
