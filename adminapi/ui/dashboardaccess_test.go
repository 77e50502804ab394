package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/chromedp/chromedp/kb"
)

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
