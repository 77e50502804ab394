package elasticsearch_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"actionlog/archive/ship"
	"actionlog/archive/ship/elasticsearch"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/storage"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is a time for golden files.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, opts elasticsearch.Options) *elasticsearch.Destination {
	t.Helper()
	d, err := elasticsearch.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// bulk returns an answer to a bulk request.
func bulk(items ...string) receiver.Answer {
	return receiver.Answer{Status: 200, Body: `{"errors":true,"items":[` + strings.Join(items, ",") + `]}`}
}

// item returns the answer for one document.
func item(status int, kind, reason string) string {
	if kind == "" {
		return `{"create":{"status":` + strconv.Itoa(status) + `}}`
	}
	text, _ := json.Marshal(map[string]string{"type": kind, "reason": reason})
	return `{"create":{"status":` + strconv.Itoa(status) + `,"error":` + string(text) + `}}`
}

func repeat(n int, item string) (all []string) {
	for range n {
		all = append(all, item)
	}
	return all
}

func TestFaults(t *testing.T) {
	receiver.TestFaults(t, func(t *testing.T, ctx context.Context, url string, batch []storage.Action) (ship.Outcome, error) {
		return open(t, elasticsearch.Options{URL: url}).Deliver(ctx, batch)
	})
}

func TestConnection(t *testing.T) {
	receiver.TestConnection(t, func(c receiver.Connection) (ship.Destination, error) {
		return elasticsearch.New(elasticsearch.Options{URL: c.URL, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, Timeout: c.Timeout, Headers: c.Headers})
	})
}

func TestSecrets(t *testing.T) {
	receiver.TestSecrets(t, func(url string) (ship.Destination, error) {
		return elasticsearch.New(elasticsearch.Options{URL: url, APIKey: "env:" + receiver.Variable})
	})
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1"
	for _, c := range []struct {
		name string
		opts elasticsearch.Options
		want string
	}{
		{"no-url", elasticsearch.Options{}, "URL is empty"},
		{"both", elasticsearch.Options{URL: url, DataStream: "a", Index: "b"}, "DataStream and Index are both set"},
		{"upper-case", elasticsearch.Options{URL: url, Index: "Actions"}, `Index is "Actions"; allowed are`},
		{"hidden", elasticsearch.Options{URL: url, DataStream: ".actions"}, `DataStream is ".actions"; allowed are`},
		{"long", elasticsearch.Options{URL: url, Index: strings.Repeat("x", 256)}, "allowed are up to 255"},
		{"two-ways", elasticsearch.Options{URL: url, APIKey: "env:A", Token: "env:B"}, "APIKey and Token are both set"},
		{"no-password", elasticsearch.Options{URL: url, User: "u"}, "User is set, but Password is not"},
		{"literal", elasticsearch.Options{URL: url, APIKey: "s3cret"}, "APIKey has to be env:NAME or file:PATH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := elasticsearch.New(c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
}

// TestBytes holds what goes out.
func TestBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts elasticsearch.Options
	}{
		{"stream", elasticsearch.Options{}},
		{"index", elasticsearch.Options{Index: "actions"}},
		{"other-stream", elasticsearch.Options{DataStream: "logs-shop-prod"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			batch := receiver.Actions(12, noon)
			batch[11].Attrs = []storage.Attr{{Key: "a.b", Value: "1"}, {Key: "a_b", Value: "2"}, {Key: "a b", Value: "3"}, {Key: "", Value: "4"}, {Key: "ключ-1", Value: "5"}}
			p := receiver.Play(t, bulk(repeat(len(batch), item(201, "", ""))...))
			c.opts.URL = p.URL + "/base"
			out, err := open(t, c.opts).Deliver(t.Context(), batch)
			if err != nil || len(out.Retry)+len(out.Refused) > 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			r := p.Requests()[0]
			query, err := url.QueryUnescape(r.Query)
			if err != nil {
				t.Fatal(err)
			}
			receiver.Golden(t, c.name+".txt", r.Method+" "+r.Path+"?"+query+"\nContent-Type: "+r.Header.Get("Content-Type")+"\n\n"+r.Body, *update)
			for _, line := range strings.Split(strings.TrimSpace(r.Body), "\n") {
				if !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
			}
		})
	}
}

// TestItems plays answers of both products for single documents.
func TestItems(t *testing.T) {
	t.Parallel()
	taken := item(201, "", "")
	for _, c := range []struct {
		name   string
		answer receiver.Answer
		want   ship.Outcome
		err    string
		kind   ship.Kind
	}{
		{"all-taken", receiver.Answer{Status: 200, Body: `{"took":3,"errors":false,"items":[` + taken + `,` + taken + `,{"index":{"status":200}}]}`}, ship.Outcome{}, "", 0},
		{"there-already", bulk(taken, item(409, "version_conflict_engine_exception", "[x]: version conflict, document already exists (current version [1])"), taken), ship.Outcome{}, "", 0},
		{"full-queue", bulk(taken, item(429, "es_rejected_execution_exception", "rejected execution"), item(503, "unavailable_shards_exception", "primary shard is not active")), ship.Outcome{Retry: []int{1, 2}}, "", 0},
		{"mapper", bulk(taken, taken, item(400, "mapper_parsing_exception", "failed to parse field [client.ip] of type [ip]")),
			ship.Outcome{Refused: []ship.Refusal{{Index: 2, Reason: "mapper_parsing_exception: failed to parse field [client.ip] of type [ip]"}}}, "", 0},
		{"mapper-now", bulk(item(400, "document_parsing_exception", "[1:20] object mapping"), taken, taken),
			ship.Outcome{Refused: []ship.Refusal{{Index: 0, Reason: "document_parsing_exception: [1:20] object mapping"}}}, "", 0},
		{"fields", bulk(item(400, "illegal_argument_exception", "Limit of total fields [1000] has been exceeded"), taken, taken),
			ship.Outcome{Refused: []ship.Refusal{{Index: 0, Reason: "illegal_argument_exception: Limit of total fields [1000] has been exceeded"}}}, "", 0},
		{"no-error", bulk(item(400, "", ""), taken, taken), ship.Outcome{Refused: []ship.Refusal{{Index: 0, Reason: "status 400"}}}, "", 0},
		{"old-error", receiver.Answer{Status: 200, Body: `{"errors":true,"items":[` + taken + `,{"create":{"status":400,"error":"MapperParsingException[no]"}},` + taken + `]}`},
			ship.Outcome{Refused: []ship.Refusal{{Index: 1, Reason: "MapperParsingException[no]"}}}, "", 0},
		{"mixed", bulk(item(500, "exception", "oops"), item(400, "mapper_parsing_exception", "no"), taken),
			ship.Outcome{Retry: []int{0}, Refused: []ship.Refusal{{Index: 1, Reason: "mapper_parsing_exception: no"}}}, "", 0},
		{"closed", bulk(item(400, "index_closed_exception", "closed"), taken, taken), ship.Outcome{Retry: []int{0}}, "", 0},
		{"read-only", bulk(repeat(3, item(403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]"))...), ship.Outcome{}, "for every action cluster_block_exception: index [x] blocked", ship.Unavailable},
		{"no-index", bulk(repeat(3, item(404, "index_not_found_exception", "no such index [x]"))...), ship.Outcome{}, "no such index [x]", ship.Unavailable},
		{"full-cluster", bulk(repeat(3, item(400, "validation_exception", "this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open"))...), ship.Outcome{}, "maximum normal shards open", ship.Unavailable},
		{"no-pipeline", bulk(repeat(3, item(400, "illegal_argument_exception", "pipeline with id [x] does not exist"))...), ship.Outcome{}, "pipeline with id [x]", ship.Unavailable},
		{"too-few", bulk(taken, taken), ship.Outcome{}, "an answer for 2 actions, of 3 that were sent", ship.Unavailable},
		{"other-op", bulk(taken, `{"update":{"status":200}}`, taken), ship.Outcome{}, "says nothing of action 1", ship.Unavailable},
		{"other-json", receiver.Answer{Status: 200, Body: `{"status":"ok"}`}, ship.Outcome{}, "it does not say whether there were errors", ship.Unavailable},
		{"cut", receiver.Answer{Status: 200, Body: strings.Repeat(" ", 2<<20)}, ship.Outcome{}, "the answer is longer than that to a bulk request", ship.Unavailable},
		{"whole", receiver.Answer{Status: 400, Body: `{"error":{"type":"action_request_validation_exception","reason":"id is too long"},"status":400}`}, ship.Outcome{}, "400 Bad Request: action_request_validation_exception: id is too long", ship.Refused},
		{"whole-cluster", receiver.Answer{Status: 400, Body: `{"error":{"type":"illegal_argument_exception","reason":"request [/_bulk] contains unrecognized parameter: [x]"},"status":400}`}, ship.Outcome{}, "unrecognized parameter", ship.Unavailable},
		{"breaker", receiver.Answer{Status: 429, Body: `{"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large"},"status":429}`}, ship.Outcome{}, "circuit_breaking_exception: [parent] Data too large", ship.Unavailable},
		{"key", receiver.Answer{Status: 401, Body: `{"error":{"type":"security_exception","reason":"unable to authenticate"},"status":401}`}, ship.Outcome{}, "unable to authenticate; it asks who we are", ship.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := open(t, elasticsearch.Options{URL: receiver.Play(t, c.answer).URL}).Deliver(t.Context(), receiver.Actions(3, noon))
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

// TestSecretIsMasked has a far side repeat the key in the reason of an item.
func TestSecretIsMasked(t *testing.T) {
	t.Setenv("ES_KEY", "s3cret-key")
	p := receiver.Play(t, bulk(item(400, "mapper_parsing_exception", "you said ApiKey s3cret-key"), item(201, "", "")))
	out, err := open(t, elasticsearch.Options{URL: p.URL, APIKey: "env:ES_KEY"}).Deliver(t.Context(), receiver.Actions(2, noon))
	if err != nil || len(out.Refused) != 1 || strings.Contains(out.Refused[0].Reason, "s3cret") {
		t.Errorf("%+v, %v", out, err)
	}
	if got := p.Requests()[0].Header.Get("Authorization"); got != "ApiKey s3cret-key" {
		t.Errorf("the header is %q", got)
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	receiver.Golden(t, "template-stream.json", string(elasticsearch.Template("logs-actionlog-default", true)), *update)
	receiver.Golden(t, "template-index.json", string(elasticsearch.Template("actions", false)), *update)
}

// TestTemplateHasEveryField compares the mapping with what documents hold.
func TestTemplateHasEveryField(t *testing.T) {
	t.Parallel()
	batch := receiver.Actions(12, noon)
	p := receiver.Play(t, bulk(repeat(len(batch), item(201, "", ""))...))
	if _, err := open(t, elasticsearch.Options{URL: p.URL}).Deliver(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var template struct {
		Template struct {
			Mappings struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(elasticsearch.Template("x", true), &template); err != nil {
		t.Fatal(err)
	}
	mapped, found := map[string]bool{}, map[string]bool{}
	flatten("", template.Template.Mappings.Properties, true, mapped)
	for i, line := range strings.Split(strings.TrimSpace(p.Requests()[0].Body), "\n") {
		var doc map[string]any
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		if delete(doc, "labels"); i%2 == 1 {
			flatten("", doc, false, found)
		}
	}
	delete(mapped, "labels")
	if diff := cmp.Diff(mapped, found); diff != "" {
		t.Errorf("fields (-template +documents):\n%s", diff)
	}
}

// flatten collects the dotted names of an object's leaves.
func flatten(prefix string, object map[string]any, mapping bool, names map[string]bool) {
	for name, value := range object {
		inner, isObject := value.(map[string]any)
		if isObject && mapping {
			inner, isObject = inner["properties"].(map[string]any)
		}
		if isObject {
			flatten(prefix+name+".", inner, mapping, names)
		} else {
			names[prefix+name] = true
		}
	}
}

// TestTemplateIsPut has the first attempt fail: no batch is sent before the
// template is there, and it is put once.
func TestTemplateIsPut(t *testing.T) {
	t.Parallel()
	taken := bulk(item(201, "", ""))
	p := receiver.Play(t, receiver.Answer{Status: 400, Body: `{"error":{"type":"illegal_argument_exception","reason":"no such codec"}}`}, receiver.Answer{Status: 200, Body: `{"acknowledged":true}`}, taken)
	d := open(t, elasticsearch.Options{URL: p.URL, PutTemplate: true})
	batch := receiver.Actions(1, noon)
	var e *ship.BatchError
	if _, err := d.Deliver(t.Context(), batch); !errors.As(err, &e) || e.Kind != ship.Unavailable || !strings.Contains(e.Error(), "/_index_template/logs-actionlog-default answered 400 Bad Request: illegal_argument_exception: no such codec") {
		t.Errorf("the error is %v", err)
	}
	for range 2 {
		if _, err := d.Deliver(t.Context(), batch); err != nil {
			t.Error(err)
		}
	}
	var asked []string
	for _, r := range p.Requests() {
		asked = append(asked, r.Method+" "+r.Path)
	}
	want := []string{"PUT /_index_template/logs-actionlog-default", "PUT /_index_template/logs-actionlog-default", "POST /_bulk", "POST /_bulk"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if body := p.Requests()[0].Body; body != string(elasticsearch.Template("logs-actionlog-default", true)) {
		t.Errorf("the template is %s", body)
	}
}

// FuzzBulk reads answers: whatever they say, an index is that of an action, in
// one list only, and in order.
func FuzzBulk(f *testing.F) {
	f.Add(bulk(item(201, "", ""), item(429, "x", "y"), item(400, "x", "y")).Body)
	f.Add(`{"errors":true,"items":[{"create":{"status":400,"error":"text"}},{"create":null},{}]}`)
	f.Add(`{"errors":false,"items":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		const n = 3
		out, err := elasticsearch.ReadBulk([]byte(body), n)
		if err != nil && len(out.Retry)+len(out.Refused) > 0 {
			t.Fatalf("%+v beside %v", out, err)
		}
		receiver.CheckOutcome(t, out, n)
	})
}
