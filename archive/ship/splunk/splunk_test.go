package splunk_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/splunk"
	"actionlog/storage"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

const token = "00000000-0000-0000-0000-0000000000ab"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is a time for golden files.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// open returns a destination whose token is in the environment.
func open(t testing.TB, opts splunk.Options) *splunk.Destination {
	t.Helper()
	if opts.Token == "" {
		opts.Token = "file:testdata/token"
	}
	d, err := splunk.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestFaults(t *testing.T) {
	receiver.TestFaults(t, func(t *testing.T, ctx context.Context, url string, batch []storage.Action) (ship.Outcome, error) {
		return open(t, splunk.Options{URL: url}).Deliver(ctx, batch)
	})
}

func TestConnection(t *testing.T) {
	receiver.TestConnection(t, func(c receiver.Connection) (ship.Destination, error) {
		return splunk.New(splunk.Options{Token: "file:testdata/token", URL: c.URL, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, Timeout: c.Timeout, Headers: c.Headers})
	})
}

func TestSecrets(t *testing.T) {
	receiver.TestSecrets(t, func(url string) (ship.Destination, error) {
		return splunk.New(splunk.Options{URL: url, Token: "env:" + receiver.Variable})
	})
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1"
	for _, c := range []struct {
		name string
		opts splunk.Options
		want string
	}{
		{"no-token", splunk.Options{URL: url}, "Token is empty"},
		{"literal", splunk.Options{URL: url, Token: "s3cret"}, "Token has to be env:NAME or file:PATH"},
		{"no-url", splunk.Options{Token: "file:testdata/token"}, "URL is empty"},
		{"field", splunk.Options{URL: url, Token: "file:testdata/token", Fields: []string{"service", "path"}}, `Fields has "path"; allowed are service, action`},
		{"field-twice", splunk.Options{URL: url, Token: "file:testdata/token", Fields: []string{"id", "id"}}, "Fields has id twice"},
		{"timeout", splunk.Options{URL: url, Token: "file:testdata/token", AcknowledgeTimeout: -1}, "AcknowledgeTimeout is -1ns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := splunk.New(c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
}

const success = `{"text":"Success","code":0}`

// TestBytes holds what goes out.
func TestBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts splunk.Options
	}{
		{"default", splunk.Options{}},
		{"all", splunk.Options{Index: "web", Source: "shop", Sourcetype: "actions", Fields: []string{"service", "action", "status", "code", "method", "route", "instance", "requestId", "traceId", "id"}}},
		{"no-fields", splunk.Options{Fields: []string{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := receiver.Play(t, receiver.Answer{Status: 200, Body: success})
			c.opts.URL = p.URL + "/base"
			out, err := open(t, c.opts).Deliver(t.Context(), receiver.Actions(12, noon))
			if err != nil || len(out.Retry)+len(out.Refused) > 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			r := p.Requests()[0]
			receiver.Golden(t, c.name+".txt", r.Method+" "+r.Path+"\nContent-Type: "+r.Header.Get("Content-Type")+"\nAuthorization: "+r.Header.Get("Authorization")+"\n\n"+r.Body, *update)
			for _, line := range strings.Split(strings.TrimSpace(r.Body), "\n") {
				if !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
			}
			if channel := r.Header.Get("X-Splunk-Request-Channel"); channel != "" {
				t.Errorf("there is a channel %s without acknowledgements", channel)
			}
		})
	}
}

// TestCodes plays the codes that the collector has.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   ship.Kind
		want   string
	}{
		{"token-disabled", 403, `{"text":"Token disabled","code":1}`, ship.Unavailable, "403 Forbidden: Token disabled (code 1); it does not let us; check Token"},
		{"token-required", 401, `{"text":"Token is required","code":2}`, ship.Unavailable, "Token is required (code 2); it does not know us; check Token"},
		{"invalid-token", 403, `{"text":"Invalid token","code":4}`, ship.Unavailable, "Invalid token (code 4)"},
		{"invalid-token-400", 400, `{"text":"Invalid token","code":21}`, ship.Unavailable, "Invalid token (code 21)"},
		{"no-data", 400, `{"text":"No data","code":5}`, ship.Unavailable, "No data (code 5)"},
		{"format", 400, `{"text":"Invalid data format","code":6}`, ship.Refused, "Invalid data format (code 6)"},
		{"format-far", 400, `{"text":"Invalid data format","code":6,"invalid-event-number":3}`, ship.Refused, "Invalid data format (code 6)"},
		{"format-negative", 400, `{"text":"Invalid data format","code":6,"invalid-event-number":-1}`, ship.Refused, "Invalid data format (code 6)"},
		{"index", 400, `{"text":"Incorrect index","code":7,"invalid-event-number":0}`, ship.Unavailable, "Incorrect index (code 7); check the default index of the token"},
		{"broken", 500, `{"text":"Internal server error","code":8}`, ship.Unavailable, "Internal server error (code 8)"},
		{"busy", 503, `{"text":"Server is busy","code":9}`, ship.Unavailable, "503 Service Unavailable: Server is busy (code 9)"},
		{"no-channel", 400, `{"text":"Data channel is missing","code":10}`, ship.Unavailable, "set Acknowledge"},
		{"ack-disabled", 400, `{"text":"ACK is disabled","code":14}`, ship.Unavailable, "Acknowledge is set, but the token has it switched off"},
		{"full", 429, `{"text":"HEC is at capacity","code":26}`, ship.Unavailable, "HEC is at capacity (code 26)"},
		{"busy-success", 200, `{"text":"Server is busy","code":9}`, ship.Unavailable, "Server is busy (code 9)"},
		{"no-code", 200, `{"text":"Success"}`, ship.Unavailable, "that is no answer of the collector: it has no code; check the URL"},
		{"other", 400, `bad request`, ship.Unavailable, "400 Bad Request: bad request"},
		{"other-json", 400, `{"error":"x"}`, ship.Unavailable, `400 Bad Request: {"error":"x"}`},
		{"wordless", 500, `{"code":8}`, ship.Unavailable, "500 Internal Server Error: code 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := receiver.Play(t, receiver.Answer{Status: c.status, Body: c.body})
			out, err := open(t, splunk.Options{URL: p.URL}).Deliver(t.Context(), receiver.Actions(3, noon))
			var e *ship.BatchError
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.Error(), c.want) {
				t.Errorf("%+v, %v; want %s, %s", out, err, c.kind, c.want)
			}
		})
	}
}

// TestIndexIsNamed tells which index the token may not write to.
func TestIndexIsNamed(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t, receiver.Answer{Status: 400, Body: `{"text":"Incorrect index","code":7,"invalid-event-number":0}`})
	_, err := open(t, splunk.Options{URL: p.URL, Index: "web"}).Deliver(t.Context(), receiver.Actions(3, noon))
	if err == nil || !strings.Contains(err.Error(), "the token may not write to the index web") {
		t.Errorf("the error is %v", err)
	}
}

// TestEventIsIsolated has the collector name the event that it does not take.
func TestEventIsIsolated(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"text":"Invalid data format","code":6,"invalid-event-number":1}`,
		`{"text":"Event field is required","code":12,"invalid-event-number":1}`,
		`{"text":"Event field cannot be blank","code":13,"invalid-event-number":1}`,
		`{"text":"Error in handling indexed fields","code":15,"invalid-event-number":1}`,
	} {
		p := receiver.Play(t, receiver.Answer{Status: 400, Body: body})
		out, err := open(t, splunk.Options{URL: p.URL}).Deliver(t.Context(), receiver.Actions(3, noon))
		if err != nil || len(out.Refused) != 1 || out.Refused[0].Index != 1 || !strings.Contains(body, strings.Split(out.Refused[0].Reason, " (code ")[0]) {
			t.Fatalf("%+v, %v", out, err)
		}
		if diff := cmp.Diff([]int{0, 2}, out.Retry); diff != "" {
			t.Errorf("retry (-want +got):\n%s", diff)
		}
	}
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// TestAcknowledgement plays a collector that has a batch, has not written it yet,
// is busy, and then has written it.
func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t,
		receiver.Answer{Status: 200, Body: `{"text":"Success","code":0,"ackId":7}`, Header: map[string]string{"Set-Cookie": "node=3"}},
		receiver.Answer{Status: 200, Body: `{"acks":{"7":false}}`},
		receiver.Answer{Status: 503, Body: `{"text":"Server is busy","code":9}`},
		receiver.Answer{Status: 200, Body: `{"acks":{"7":true}}`},
	)
	out, err := open(t, splunk.Options{URL: p.URL, Acknowledge: true}).Deliver(t.Context(), receiver.Actions(3, noon))
	if err != nil || len(out.Retry)+len(out.Refused) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	asked := p.Requests()
	if len(asked) != 4 {
		t.Fatalf("%d requests; want 4", len(asked))
	}
	channel := asked[0].Header.Get("X-Splunk-Request-Channel")
	if !guid.MatchString(channel) {
		t.Errorf("the channel is %q", channel)
	}
	for _, r := range asked[1:] {
		if r.Path != "/services/collector/ack" || r.Body != `{"acks":[7]}` || r.Header.Get("X-Splunk-Request-Channel") != channel ||
			r.Header.Get("Authorization") != "Splunk "+token || r.Header.Get("Cookie") != "node=3" {
			t.Errorf("asked for the acknowledgement by %+v", r)
		}
	}
}

func TestNoAcknowledgement(t *testing.T) {
	t.Parallel()
	const accepted = `{"text":"Success","code":0,"ackId":7}`
	for _, c := range []struct {
		name string
		all  []receiver.Answer
		want string
	}{
		{"never", []receiver.Answer{{Status: 200, Body: accepted}, {Status: 200, Body: `{"acks":{"7":false}}`}}, "has not acknowledged a batch within 600ms"},
		{"other", []receiver.Answer{{Status: 200, Body: accepted}, {Status: 200, Body: `{"acks":{"8":true}}`}}, "has not acknowledged a batch within 600ms"},
		{"gone", []receiver.Answer{{Status: 200, Body: accepted}, {Status: 404}}, "/services/collector/ack answered 404 Not Found"},
		{"strange", []receiver.Answer{{Status: 200, Body: accepted}, {Status: 200, Body: "<html>"}}, "that is no answer about acknowledgements"},
		{"no-id", []receiver.Answer{{Status: 200, Body: success}}, "it gives no ackId; Acknowledge is set, but the token has it switched off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, splunk.Options{URL: receiver.Play(t, c.all...).URL, Acknowledge: true, AcknowledgeTimeout: 600 * time.Millisecond})
			_, err := d.Deliver(t.Context(), receiver.Actions(3, noon))
			var e *ship.BatchError
			if !errors.As(err, &e) || e.Kind != ship.Unavailable || !strings.Contains(e.Error(), c.want) {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
}

// TestAcknowledgementIsGivenUp ends the wait with its context.
func TestAcknowledgementIsGivenUp(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t, receiver.Answer{Status: 200, Body: `{"text":"Success","code":0,"ackId":0}`}, receiver.Answer{Status: 200, Body: `{"acks":{"0":false}}`})
	d := open(t, splunk.Options{URL: p.URL, Acknowledge: true})
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	if _, err := d.Deliver(ctx, receiver.Actions(3, noon)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

// FuzzAnswer reads answers.
func FuzzAnswer(f *testing.F) {
	f.Add(success)
	f.Add(`{"text":"Invalid data format","code":6,"invalid-event-number":1}`)
	f.Add(`{"acks":{"0":true}}`)
	f.Fuzz(func(t *testing.T, body string) {
		if splunk.ReadAnswer([]byte(body)) == nil && !json.Valid([]byte(body)) {
			t.Errorf("read %q", body)
		}
	})
}
