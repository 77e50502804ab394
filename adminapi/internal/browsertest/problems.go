package browsertest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// problems gathers what went wrong in a page. Its methods may be called by
// several goroutines.
type problems struct {
	mu       sync.Mutex
	seen     []string
	expected []*regexp.Regexp
	requests map[network.RequestID]string // what is under way, by method and address
}

// listen takes an event of the browser.
func (p *problems) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.add("console: " + argumentsText(e.Args))
		}
	case *runtime.EventExceptionThrown:
		p.add("exception: " + exceptionText(e.ExceptionDetails))
	case *log.EventEntryAdded:
		// A failed request is told by the network, with more details.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			p.add(fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			p.add(fmt.Sprintf("content security policy: %s is violated by %q", d.ViolatedDirective, d.BlockedURL))
		}
	case *network.EventRequestWillBeSent:
		p.begin(e.RequestID, e.Request.Method+" "+e.Request.URL)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			p.add(fmt.Sprintf("request: %s: status %d", p.request(e.RequestID), e.Response.Status))
		}
	case *network.EventLoadingFailed:
		request := p.end(e.RequestID)
		if !e.Canceled {
			p.add(fmt.Sprintf("request: %s: %s%s", request, e.ErrorText, e.BlockedReason))
		}
	case *network.EventLoadingFinished:
		p.end(e.RequestID)
	}
}

func (p *problems) add(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, text)
}

func (p *problems) begin(id network.RequestID, request string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.requests == nil {
		p.requests = make(map[network.RequestID]string)
	}
	p.requests[id] = request
}

func (p *problems) request(id network.RequestID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[id]
}

func (p *problems) end(id network.RequestID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	request := p.requests[id]
	delete(p.requests, id)
	return request
}

func (p *problems) expect(pattern *regexp.Regexp) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, pattern)
}

// unexpected returns the problems that no pattern announced, in order.
func (p *problems) unexpected() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.seen), func(text string) bool {
		return slices.ContainsFunc(p.expected, func(r *regexp.Regexp) bool { return r.MatchString(text) })
	})
}

func argumentsText(args []*runtime.RemoteObject) string {
	text := ""
	for i, arg := range args {
		if i > 0 {
			text += " "
		}
		var value string
		switch {
		case arg.Description != "":
			text += arg.Description
		case json.Unmarshal(arg.Value, &value) == nil:
			text += value
		default:
			text += string(arg.Value)
		}
	}
	return text
}

func exceptionText(d *runtime.ExceptionDetails) string {
	text := fmt.Sprintf("%s (%s:%d:%d)", d.Text, d.URL, d.LineNumber+1, d.ColumnNumber+1)
	if d.Exception != nil {
		text += ": " + argumentsText([]*runtime.RemoteObject{d.Exception})
	}
	return text
}
