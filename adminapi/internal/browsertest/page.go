package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// stepTimeout bounds each step of a page, so that what never comes fails the
// test by name, and not the whole run.
const stepTimeout = 30 * time.Second

// Options say what a page looks like.
type Options struct {
	// Width and Height are the viewport's, in CSS pixels. The default is 1280
	// by 800. Below 600 in width the page is a phone's, with touch.
	Width, Height int

	// Dark prefers the dark colour scheme. The default is the light one.
	Dark bool

	// Zone is the viewer's time zone, such as Europe/Berlin. The default is
	// UTC.
	Zone string
}

func (o Options) withDefaults() Options {
	if o.Width == 0 {
		o.Width = 1280
	}
	if o.Height == 0 {
		o.Height = 800
	}
	if o.Zone == "" {
		o.Zone = "UTC"
	}
	return o
}

// Page is a tab with cookies and storage of its own. Its methods fail the test
// when something does not work; they belong to the test's goroutine.
type Page struct {
	t        testing.TB
	ctx      context.Context
	problems problems
}

// Open starts a browser for one page.
func Open(t testing.TB, opts Options) *Page {
	t.Helper()
	return Start(t).Open(t, opts)
}

// Open opens a page. When the test ends, all that went wrong in it and was not
// expected is an error of the test.
func (b *Browser) Open(t testing.TB, opts Options) *Page {
	t.Helper()
	p := &Page{t: t}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.problems.listen))
	p.ctx = ctx
	t.Cleanup(func() {
		for _, problem := range p.Problems() {
			t.Errorf("in the page: %s", problem)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil { // no deadline: it would end the tab
		t.Fatalf("open a page: %v", err)
	}
	if _, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{}); err != nil {
		t.Fatalf("have the page audited: %v", err)
	}
	p.Emulate(opts)
	return p
}

// Context returns the chromedp context of the page, for what the methods here
// cannot do.
func (p *Page) Context() context.Context { return p.ctx }

// Emulate changes what the page looks like.
func (p *Page) Emulate(opts Options) {
	p.t.Helper()
	opts = opts.withDefaults()
	scheme := "light"
	if opts.Dark {
		scheme = "dark"
	}
	var viewport []chromedp.EmulateViewportOption
	if opts.Width < 600 {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.Do(
		chromedp.EmulateViewport(int64(opts.Width), int64(opts.Height), viewport...),
		func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			_, err1 := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			_, err2 := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: opts.Zone})
			return chromedp.Void{}, errors.Join(err1, err2)
		},
	)
}

// Do does steps of chromedp, such as chromedp.Click or chromedp.KeyEvent.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail(err)
	}
}

// Go opens an address and waits until it has loaded.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.Do(chromedp.Navigate(url))
}

// Eval evaluates an expression, waits for it if it is a promise, and decodes
// its value from JSON into a pointer, unless that is nil.
func (p *Page) Eval(expression string, into any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err == nil && into != nil {
		err = json.Unmarshal(value, into)
	}
	if err != nil {
		p.t.Errorf("evaluate %s", expression)
		p.fail(err)
	}
}

// Text returns the text of the first element that a CSS selector finds, as
// textContent has it.
func (p *Page) Text(selector string) (text string) {
	p.t.Helper()
	name, _ := json.Marshal(selector)
	p.Eval(`document.querySelector(`+string(name)+`).textContent`, &text)
	return text
}

// Wait waits until an expression, which may be a promise, is truthy.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(stepTimeout); ; {
		var ok bool
		if p.Eval(`(async () => Boolean(await (`+expression+`)))()`, &ok); ok {
			return
		}
		if time.Now().After(deadline) {
			p.t.Errorf("within %v this did not become true: %s", stepTimeout, expression)
			p.fail(context.DeadlineExceeded)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Screenshot saves what the viewport shows as PNG, named after the test and
// name, if ACTIONLOG_SCREENSHOTS names a folder.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	folder := os.Getenv("ACTIONLOG_SCREENSHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, stepTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.fail(err)
	}
	file := filepath.Join(folder, strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name()+"-"+name)+".png")
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(file, png, 0o644)); err != nil {
		p.t.Fatal(err)
	}
}

// Expect announces problems, a regular expression for their texts, which are
// then none: requests that fail while a server is away, for example. It may
// be called before they happen and after.
func (p *Page) Expect(pattern string) { p.problems.expect(regexp.MustCompile(pattern)) }

// Problems returns what went wrong so far and was not expected.
func (p *Page) Problems() []string { return p.problems.unexpected() }

// fail ends the test with what the page looked like.
func (p *Page) fail(err error) {
	p.t.Helper()
	p.t.Errorf("in the page: %v", err)
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	if text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + (document.body?.innerText ?? '').slice(0, 2000)`)); err == nil {
		p.t.Logf("the page shows %s", text)
	}
	p.Screenshot("failed")
	p.t.FailNow()
}
