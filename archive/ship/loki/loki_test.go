package loki_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/loki"
	"actionlog/storage"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is a time for golden files.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, opts loki.Options) *loki.Destination {
	t.Helper()
	d, err := loki.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestFaults(t *testing.T) {
	receiver.TestFaults(t, func(t *testing.T, ctx context.Context, url string, batch []storage.Action) (ship.Outcome, error) {
		return open(t, loki.Options{URL: url}).Deliver(ctx, batch)
	})
}

func TestConnection(t *testing.T) {
	receiver.TestConnection(t, func(c receiver.Connection) (ship.Destination, error) {
		return loki.New(loki.Options{URL: c.URL, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, Timeout: c.Timeout, Headers: c.Headers})
	})
}

func TestSecrets(t *testing.T) {
	receiver.TestSecrets(t, func(url string) (ship.Destination, error) {
		return loki.New(loki.Options{URL: url, User: "me", Password: "env:" + receiver.Variable})
	})
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1"
	for _, c := range []struct {
		name string
		opts loki.Options
		want string
	}{
		{"no-url", loki.Options{}, "URL is empty"},
		{"tenant", loki.Options{URL: url, Tenant: "a b"}, `Tenant is "a b"; allowed is`},
		{"label", loki.Options{URL: url, Labels: map[string]string{"a.b": "x"}}, `Labels has the name "a.b"; allowed are`},
		{"label-digit", loki.Options{URL: url, Labels: map[string]string{"1a": "x"}}, `Labels has the name "1a"; allowed are`},
		{"label-empty", loki.Options{URL: url, Labels: map[string]string{"env": ""}}, "Labels has no value for env"},
		{"service", loki.Options{URL: url, Labels: map[string]string{"service": "x"}}, "Labels has the name service, which is the action's"},
		{"instance", loki.Options{URL: url, InstanceLabel: true, Labels: map[string]string{"instance": "x"}}, "Labels has the name instance, which is the action's with InstanceLabel"},
		{"two-ways", loki.Options{URL: url, Token: "env:A", User: "u", Password: "env:B"}, "Password and Token are both set"},
		{"literal", loki.Options{URL: url, Token: "s3cret"}, "Token has to be env:NAME or file:PATH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := loki.New(c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
}

// push is the body of a request.
type push struct {
	Streams []struct {
		Stream map[string]string
		Values [][]any
	}
}

func read(t *testing.T, body string) (p push) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return p
}

// TestBytes holds what goes out.
func TestBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts loki.Options
	}{
		{"default", loki.Options{}},
		{"instance", loki.Options{InstanceLabel: true}},
		{"tenant", loki.Options{Tenant: "team-a", Labels: map[string]string{"env": "prod", "zone": "eu \"1\""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := receiver.Play(t, receiver.Answer{Status: 204})
			c.opts.URL = p.URL + "/base"
			batch := receiver.Actions(12, noon)
			batch[11].Attrs = []storage.Attr{{Key: "a.b", Value: "1"}, {Key: "a_b", Value: "2"}, {Key: "", Value: "3"}, {Key: "ö", Value: "4"}}
			batch[5].Service = ""
			out, err := open(t, c.opts).Deliver(t.Context(), batch)
			if err != nil || len(out.Retry)+len(out.Refused) > 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			r := p.Requests()[0]
			read(t, r.Body)
			text := strings.ReplaceAll(r.Body, `],["`, "],\n[\"") // to be read
			receiver.Golden(t, c.name+".txt", r.Method+" "+r.Path+"\nContent-Type: "+r.Header.Get("Content-Type")+"\nX-Scope-OrgID: "+r.Header.Get("X-Scope-OrgID")+"\n\n"+text+"\n", *update)
		})
	}
}

// TestTimesAreUnique has actions of one nanosecond, out of order, in two services.
func TestTimesAreUnique(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t, receiver.Answer{Status: 204})
	var batch []storage.Action
	for i, nanos := range []int64{5, 5, 4, 5, 6, 4, 10} {
		batch = append(batch, storage.Action{ID: storage.ID(fmt.Sprint(i)), Service: "a", Time: time.Unix(0, nanos)}, storage.Action{ID: storage.ID(fmt.Sprint(10 + i)), Service: "b", Time: time.Unix(0, nanos)})
	}
	if _, err := open(t, loki.Options{URL: p.URL}).Deliver(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	sent := read(t, p.Requests()[0].Body)
	if len(sent.Streams) != 2 {
		t.Fatalf("%d streams; want 2", len(sent.Streams))
	}
	want := map[string][]string{"a": {"4 2", "5 5", "6 0", "7 1", "8 3", "9 4", "10 6"}, "b": {"4 12", "5 15", "6 10", "7 11", "8 13", "9 14", "10 16"}}
	for _, stream := range sent.Streams {
		var got []string
		for _, v := range stream.Values {
			got = append(got, fmt.Sprint(v[0], " ", v[2].(map[string]any)["id"]))
		}
		if diff := cmp.Diff(want[stream.Stream["service"]], got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", stream.Stream, diff)
		}
	}
}

// TestResendIsTheSame sends a batch twice, and the half of it: what is sent again
// has the same time and line, so that Loki shows it once.
func TestResendIsTheSame(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t, receiver.Answer{Status: 204})
	d := open(t, loki.Options{URL: p.URL})
	batch := receiver.Actions(100, noon)
	entries := func(body string) (all []string) {
		for _, stream := range read(t, body).Streams {
			for _, v := range stream.Values {
				all = append(all, fmt.Sprint(stream.Stream, v[0], v[1]))
			}
		}
		return all
	}
	for _, part := range [][]storage.Action{batch, batch, batch[50:]} {
		if _, err := d.Deliver(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	asked := p.Requests()
	first := entries(asked[0].Body)
	if diff := cmp.Diff(first, entries(asked[1].Body)); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	for _, e := range entries(asked[2].Body) {
		if !slices.Contains(first, e) {
			t.Errorf("new in the half: %s", e)
		}
	}
}

// TestReplies plays what Loki says, in its own words.
func TestReplies(t *testing.T) {
	t.Parallel()
	batch := func() []storage.Action {
		b := receiver.Actions(6, noon)
		for i := range b {
			b[i].Service, b[i].Time = "shop", noon.Add(time.Duration(i)*time.Hour)
		}
		b[1].Service = "other"
		return b
	}
	const (
		tooOld  = `entry for stream '{service="shop"}' has timestamp too old: 2026-11-24T12:00:00Z, oldest acceptable timestamp is: 2026-11-24T14:30:00Z`
		behind  = `entry too far behind, entry timestamp is: 2026-11-24T12:00:00Z, oldest acceptable timestamp is: 2026-11-24T14:30:00Z`
		ignored = `entry with timestamp 2026-11-24 12:00:00 +0000 UTC ignored, reason: '` + behind + "',\nuser 'fake', total ignored: 2 out of 5 for stream: {service=\"shop\"}\n"
	)
	short := strings.TrimPrefix(tooOld, `entry for stream '{service="shop"}' `)
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   ship.Outcome
		err    string
		kind   ship.Kind
	}{
		{"ok", 200, "", ship.Outcome{}, "", 0},
		{"too-old", 400, tooOld + "\n", ship.Outcome{Retry: []int{3, 4, 5}, Refused: []ship.Refusal{{Index: 0, Reason: short}, {Index: 1, Reason: short}, {Index: 2, Reason: short}}}, "", 0},
		{"too-old-zone", 400, strings.ReplaceAll(tooOld, "14:30:00Z", "15:30:00+01:00"), ship.Outcome{Retry: []int{3, 4, 5}, Refused: []ship.Refusal{
			{Index: 0, Reason: strings.ReplaceAll(short, "14:30:00Z", "15:30:00+01:00")}, {Index: 1, Reason: strings.ReplaceAll(short, "14:30:00Z", "15:30:00+01:00")}, {Index: 2, Reason: strings.ReplaceAll(short, "14:30:00Z", "15:30:00+01:00")}}}, "", 0},
		{"too-far-behind", 400, ignored, ship.Outcome{Retry: []int{1, 3, 4, 5}, Refused: []ship.Refusal{{Index: 0, Reason: behind}, {Index: 2, Reason: behind}}}, "", 0},
		{"none-older", 400, strings.ReplaceAll(tooOld, "14:30", "11:30"), ship.Outcome{}, "has timestamp too old", ship.Refused},
		{"too-new", 400, `entry for stream '{service="shop"}' has timestamp too new: 2026-11-24T17:00:00Z`, ship.Outcome{}, "has timestamp too new", ship.Refused},
		{"too-long", 400, `Max entry size '262144' bytes exceeded for stream '{service="shop"}' while adding an entry with length '300000' bytes`, ship.Outcome{}, "Max entry size", ship.Refused},
		{"no-metadata", 400, "stream '{service=\"shop\"}' includes structured metadata, but this feature is disallowed. Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it.", ship.Outcome{}, "set allow_structured_metadata, which needs schema v13", ship.Unavailable},
		{"labels", 400, `entry for stream '{a="b"}' has 17 label names; limit 15`, ship.Outcome{}, "give fewer Labels", ship.Unavailable},
		{"rate", 429, "Ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest '6' lines totaling '600' bytes, reduce log volume", ship.Outcome{}, "Ingestion rate limit exceeded", ship.Unavailable},
		{"rate-too-low", 429, "Ingestion rate limit exceeded for user fake (limit: 500 bytes/sec) while attempting to ingest '6' lines totaling '600' bytes, reduce log volume", ship.Outcome{}, "Ingestion rate limit exceeded", ship.TooLarge},
		{"rate-of-stream", 429, "entry with timestamp 2026-11-24 12:00:00 +0000 UTC ignored, reason: 'Per stream rate limit exceeded (limit: 3MB/sec)", ship.Outcome{}, "Per stream rate limit exceeded", ship.Unavailable},
		{"no-tenant", 401, "no org id\n", ship.Outcome{}, "401 Unauthorized: no org id; set Tenant", ship.Unavailable},
		{"broken", 500, "empty ring", ship.Outcome{}, "500 Internal Server Error: empty ring", ship.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := open(t, loki.Options{URL: receiver.Play(t, receiver.Answer{Status: c.status, Body: c.body}).URL}).Deliver(t.Context(), batch())
			if c.err == "" {
				if diff := cmp.Diff(c.want, out); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
				return
			}
			var e *ship.BatchError
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.Error(), c.err) {
				t.Errorf("the error is %v; want %s, %s", err, c.kind, c.err)
			}
		})
	}
}

// TestOtherInstanceIsNotTooFarBehind has Loki name the stream of one instance.
func TestOtherInstanceIsNotTooFarBehind(t *testing.T) {
	t.Parallel()
	batch := receiver.Actions(6, noon)
	for i, instance := range []string{"a", "b", "", "a", "b", ""} {
		batch[i].Service, batch[i].Instance = "shop", instance
	}
	for said, want := range map[string][]int{`{instance="a", service="shop"}`: {0, 3}, `{service="shop"}`: {2, 5}, `{service="other"}`: nil} {
		body := "entry with timestamp 2026-11-24 11:59:59 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-11-24T11:59:59Z, oldest acceptable timestamp is: 2026-11-24T14:30:00Z',\nuser 'fake', total ignored: 2 out of 2 for stream: " + said
		out, err := open(t, loki.Options{URL: receiver.Play(t, receiver.Answer{Status: 400, Body: body}).URL, InstanceLabel: true}).Deliver(t.Context(), batch)
		var got []int
		for _, r := range out.Refused {
			got = append(got, r.Index)
		}
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", said, err, diff)
		}
	}
}

// FuzzReply reads what Loki may say to a 400.
func FuzzReply(f *testing.F) {
	f.Add(`entry for stream '{service="CaseService"}' has timestamp too old: 2026-11-24T12:00:00Z, oldest acceptable timestamp is: 2026-11-24T14:30:00Z`)
	f.Add(`service="Billing" entry too far behind, oldest acceptable timestamp is: 2026-11-24 12:00:00.5Z`)
	f.Fuzz(func(t *testing.T, said string) {
		batch := receiver.Actions(5, noon)
		receiver.CheckOutcome(t, loki.TooOld(said, batch), len(batch))
	})
}
