package otlp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/otlp"
	"actionlog/storage"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is a time for golden files.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const (
	inProto = "application/x-protobuf"
	inJSON  = "application/json"
)

func open(t testing.TB, opts otlp.Options) *otlp.Destination {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon.Add(time.Minute) }
	}
	d, err := otlp.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// answer returns an answer of the media type.
func answer(status int, kind, body string) receiver.Answer {
	return receiver.Answer{Status: status, Header: map[string]string{"Content-Type": kind}, Body: body}
}

// partial returns the answer of a far side that refused some records.
func partial(t testing.TB, rejected int64, message string) string {
	t.Helper()
	b, err := proto.Marshal(&collector.ExportLogsServiceResponse{PartialSuccess: &collector.ExportLogsPartialSuccess{RejectedLogRecords: rejected, ErrorMessage: message}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// status returns a google.rpc.Status.
func status(code int, message string) string {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(code))
	return string(protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), message))
}

func TestFaults(t *testing.T) {
	receiver.TestFaults(t, func(t *testing.T, ctx context.Context, url string, batch []storage.Action) (ship.Outcome, error) {
		return open(t, otlp.Options{URL: url}).Deliver(ctx, batch)
	})
}

func TestConnection(t *testing.T) {
	receiver.TestConnection(t, func(c receiver.Connection) (ship.Destination, error) {
		return otlp.New(otlp.Options{URL: c.URL, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, Timeout: c.Timeout, Headers: c.Headers})
	})
}

func TestSecrets(t *testing.T) {
	receiver.TestSecrets(t, func(url string) (ship.Destination, error) {
		return otlp.New(otlp.Options{URL: url, Token: "env:" + receiver.Variable})
	})
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1"
	for _, c := range []struct {
		name string
		opts otlp.Options
		want string
	}{
		{"no-url", otlp.Options{}, "URL is empty"},
		{"path", otlp.Options{URL: url, Path: "v1/logs"}, "Path has to begin with a slash"},
		{"path-query", otlp.Options{URL: url, Path: "/v1/logs?key=s3cret"}, "has no ? and no #"},
		{"resource", otlp.Options{URL: url, Resource: map[string]string{"service.name": "x"}}, "service.name or service.instance.id, which are the action's"},
		{"resource-name", otlp.Options{URL: url, Resource: map[string]string{"": "x"}}, "Resource has an attribute without a name"},
		{"two-ways", otlp.Options{URL: url, Token: "env:A", User: "u", Password: "env:B"}, "Password and Token are both set"},
		{"literal", otlp.Options{URL: url, Token: "s3cret"}, "Token has to be env:NAME or file:PATH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := otlp.New(c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
}

// TestBytes holds what goes out, and has it read and written again by the code
// that is generated from the protocol.
func TestBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts otlp.Options
	}{
		{"default", otlp.Options{}},
		{"resource", otlp.Options{Path: "/otlp/v1/logs", Resource: map[string]string{"deployment.environment.name": "prod", "a": ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := receiver.Play(t, answer(200, inProto, ""))
			c.opts.URL = p.URL + "/base"
			batch := receiver.Actions(12, noon)
			batch[5].Service, batch[7].Error = "", "not UTF-8: \xff"
			out, err := open(t, c.opts).Deliver(t.Context(), batch)
			if err != nil || len(out.Retry)+len(out.Refused) > 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			r := p.Requests()[0]
			var sent collector.ExportLogsServiceRequest
			if err := proto.Unmarshal([]byte(r.Body), &sent); err != nil {
				t.Fatal(err)
			}
			again, err := proto.Marshal(&sent)
			if err != nil || !bytes.Equal(again, []byte(r.Body)) {
				t.Errorf("written again it is %x, %v; it was %x", again, err, r.Body)
			}
			text, err := protojson.Marshal(&sent)
			if err != nil {
				t.Fatal(err)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, text, "", " "); err != nil {
				t.Fatal(err)
			}
			receiver.Golden(t, c.name+".txt", r.Method+" "+r.Path+"\nContent-Type: "+r.Header.Get("Content-Type")+"\n\n"+indented.String()+"\n", *update)
		})
	}
}

// TestAnswers plays what a far side may answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	all := func(reason string) ship.Outcome {
		return ship.Outcome{Refused: []ship.Refusal{{Index: 0, Reason: reason}, {Index: 1, Reason: reason}, {Index: 2, Reason: reason}}}
	}
	for _, c := range []struct {
		name   string
		answer receiver.Answer
		want   ship.Outcome
		err    string
		kind   ship.Kind
	}{
		{"taken", answer(200, inProto, ""), ship.Outcome{}, "", 0},
		{"taken-json", answer(200, inJSON, "{}"), ship.Outcome{}, "", 0},
		{"taken-202", answer(202, inProto, ""), ship.Outcome{}, "", 0},
		{"warning", answer(200, inProto, partial(t, 0, "an old form")), ship.Outcome{}, "", 0},
		{"some", answer(200, inProto, partial(t, 1, "too old")), ship.Outcome{}, "1 of 3 refused: too old", ship.Refused},
		{"some-json", answer(200, inJSON+"; charset=utf-8", `{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}`), ship.Outcome{}, "2 of 3 refused: too old", ship.Refused},
		{"some-json-number", answer(200, inJSON, `{"partialSuccess":{"rejectedLogRecords":2}}`), ship.Outcome{}, "2 of 3 refused", ship.Refused},
		{"all", answer(200, inProto, partial(t, 3, "too old")), all("3 of 3 refused: too old"), "", 0},
		{"negative", answer(200, inProto, partial(t, -3, "")), ship.Outcome{}, "", 0},
		{"other", answer(200, inProto, "fine"), ship.Outcome{}, "that is no answer of the protocol (that is no message of protobuf); check the URL", ship.Unavailable},
		{"other-json", answer(200, inJSON, "fine"), ship.Outcome{}, "that is no answer of the protocol", ship.Unavailable},
		{"bad-number", answer(200, inJSON, `{"partialSuccess":{"rejectedLogRecords":"x"}}`), ship.Outcome{}, "that is no answer of the protocol", ship.Unavailable},
		{"refused", answer(400, inProto, status(3, "no such field")), ship.Outcome{}, "400 Bad Request: no such field", ship.Refused},
		{"refused-json", answer(400, inJSON, `{"code":3,"message":"no such field"}`), ship.Outcome{}, "400 Bad Request: no such field", ship.Refused},
		{"busy", answer(429, inProto, status(8, "queue is full")), ship.Outcome{}, "429 Too Many Requests: queue is full", ship.Unavailable},
		{"gateway", answer(502, "text/plain", "no"), ship.Outcome{}, "502 Bad Gateway: no", ship.Unavailable},
		{"unavailable", answer(503, inProto, status(14, "later")), ship.Outcome{}, "503 Service Unavailable: later", ship.Unavailable},
		{"timeout", answer(504, inProto, ""), ship.Outcome{}, "504 Gateway Timeout", ship.Unavailable},
		{"internal", answer(500, inProto, status(13, "cannot")), ship.Outcome{}, "500 Internal Server Error: cannot", ship.Refused},
		{"internal-json", answer(500, inJSON, `{"code":2,"message":"cannot"}`), ship.Outcome{}, "500 Internal Server Error: cannot", ship.Refused},
		{"internal-codeless", answer(500, inProto, status(0, "cannot")), ship.Outcome{}, "500 Internal Server Error: cannot", ship.Refused},
		{"internal-passing", answer(500, inProto, status(14, "queue is full")), ship.Outcome{}, "queue is full", ship.Unavailable},
		{"internal-wordless", answer(500, inProto, ""), ship.Outcome{}, "500 Internal Server Error", ship.Unavailable},
		{"internal-other", answer(500, "text/html", "<html>"), ship.Outcome{}, "500 Internal Server Error: a page of HTML", ship.Unavailable},
		{"internal-noise", answer(500, inProto, "oops"), ship.Outcome{}, "500 Internal Server Error: oops", ship.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := open(t, otlp.Options{URL: receiver.Play(t, c.answer).URL}).Deliver(t.Context(), receiver.Actions(3, noon))
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

// FuzzAnswer holds the reader of answers against generated code: what that reads
// is read alike.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", partial(f, 7, "no"), partial(f, -1, ""), status(3, "no"), `{"partialSuccess":{"rejectedLogRecords":"2"}}`, "\x0a\x02\x08\x01\x0a\x02\x08\x02"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rejected, _ := otlp.ReadAnswers(body)
		var want collector.ExportLogsServiceResponse
		if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &want); err != nil {
			return
		}
		if got := want.GetPartialSuccess().GetRejectedLogRecords(); got != rejected && !groups(body) {
			t.Errorf("%x says that %d were refused; read were %d", body, got, rejected)
		}
	})
}

// groups reports whether a message may hold a group, a form that nobody sends and
// that is not read.
func groups(body []byte) bool {
	for _, c := range body {
		if c&7 == 3 || c&7 == 4 {
			return true
		}
	}
	return false
}
