package adminapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func refuseAll(*http.Request) error { return errors.New("no") }

// ingesting returns a handler that records, and its ring.
func ingesting(t testing.TB, opts adminapi.Options) (*adminapi.Handler, *ring.Ring) {
	t.Helper()
	r := newRing(t)
	opts.Store, opts.Ingest = r, true
	return newHandler(t, opts), r
}

// held returns what a store holds, oldest first.
func held(t testing.TB, s storage.Searcher) []storage.Action {
	t.Helper()
	page, err := s.Search(context.Background(), storage.Query{Sort: storage.OldestFirst, Limit: storage.NoLimit})
	if err != nil {
		t.Fatal(err)
	}
	return page.Actions
}

const plainRecord = `{"timestamp":"2025-11-13T12:00:00Z","service":"Billing","action":"invoice","status":"success","duration":12}`

func TestIngestForms(t *testing.T) {
	t.Parallel()
	second := strings.Replace(plainRecord, "invoice", "remind", 1)
	for name, tt := range map[string]struct {
		body, media string
		want        int
	}{
		"object":            {plainRecord, "application/json", 1},
		"object-in-lines":   {strings.ReplaceAll(plainRecord, ",", ",\n  ") + "\n", "application/json; charset=utf-8", 1},
		"array":             {"[" + plainRecord + ",\n" + second + "]\n", "application/json", 2},
		"array-of-nothing":  {"[]", "application/json", 0},
		"lines":             {plainRecord + "\n" + second + "\n", "application/x-ndjson", 2},
		"lines-without-end": {plainRecord + "\r\n\r\n" + second, "application/jsonl", 2},
		"lines-as-json":     {plainRecord + "\n" + second, "application/json", 2},
		"array-as-lines":    {"[" + plainRecord + "]", "application/jsonl", 1},
		"as-many-as-may-be": {strings.Repeat(plainRecord+"\n", 1000), "application/jsonl", 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, r := ingesting(t, adminapi.Options{})
			resp := do(h, post("/action-logs", tt.body, "Content-Type: "+tt.media))
			if got, want := body(t, resp), fmt.Sprintf(`{"recorded":%d}`, tt.want); resp.StatusCode != 201 || got != want {
				t.Errorf("%d %s, want 201 %s", resp.StatusCode, got, want)
			}
			list := held(t, r)
			if len(list) != tt.want {
				t.Errorf("%d are held, want %d", len(list), tt.want)
			}
			if len(list) == 2 && (list[0].Action != "invoice" || list[1].Action != "remind") {
				t.Errorf("held are %v", list)
			}
		})
	}
}

// TestIngestWhole has every field come back.
func TestIngestWhole(t *testing.T) {
	t.Parallel()
	trace, _ := storage.ParseTraceID("0af7651916cd43dd8448eb211c80319c")
	span, _ := storage.ParseSpanID("b7ad6b7169203331")
	sent := storage.Action{
		Time: noon.Add(123456789), Service: "Billing", Action: "POST /invoices/{id}", Status: storage.Failed, Duration: 1234567,
		Error: "no paper", ID: "theirs-1", TraceID: trace, SpanID: span, Instance: "node-7",
		HTTP: &storage.HTTP{
			Method: "POST", Route: "/invoices/{id}", Path: "/invoices/7", Code: 503, Bytes: 12,
			Remote: netip.MustParseAddr("192.0.2.7"), RequestID: "req-7", Outcome: storage.Aborted,
		},
		Attrs: []storage.Attr{{Key: "case", Value: "42"}},
	}
	h, r := ingesting(t, adminapi.Options{})
	if resp := do(h, post("/action-logs/", string(sent.AppendJSON(nil)), jsonType)); resp.StatusCode != 201 {
		t.Fatalf("%d %s", resp.StatusCode, body(t, resp))
	}
	want := sent
	want.Attrs = append(want.Attrs, storage.Attr{Key: "recordId", Value: "theirs-1"})
	list := held(t, r)
	if diff := cmp.Diff([]storage.Action{want}, list, cmpopts.IgnoreFields(storage.Action{}, "ID"), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if list[0].ID == sent.ID || list[0].ID == "" {
		t.Errorf("its id is %q", list[0].ID)
	}
}

// TestIngestRedacts has secrets be masked and texts be cut as those of Go
// programs are.
func TestIngestRedacts(t *testing.T) {
	t.Parallel()
	h, r := ingesting(t, adminapi.Options{})
	record := storage.Action{
		Time: noon, Service: strings.Repeat("s", 500), Action: "a", Status: storage.Failed, Error: "password=hunter2 " + strings.Repeat("e", 5000),
		Attrs: []storage.Attr{{Key: "api_key", Value: "hunter2"}},
	}
	if resp := do(h, post("/action-logs", string(record.AppendJSON(nil)), jsonType)); resp.StatusCode != 201 {
		t.Fatalf("%d %s", resp.StatusCode, body(t, resp))
	}
	a := held(t, r)[0]
	if text := fmt.Sprint(a); strings.Contains(text, "hunter2") || len(a.Error) > storage.MaxError || len(a.Service) > storage.MaxName {
		t.Errorf("held is %s", text)
	}
}

func TestIngestRefused(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string { return strings.Replace(plainRecord, old, new, 1) }
	many := make([]string, 16)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%d":"v"`, i)
	}
	tests := []struct {
		name, body string
		status     int
		detail     string
	}{
		{"nothing", " \n", 400, "the body is empty; allowed is an action, an array of actions, or one action a line"},
		{"text", "hello", 400, "index 1: invalid character 'h'"},
		{"number", "7", 400, "index 1: got 7"},
		{"array-in-array", "[[]]", 400, "index 1: got an array"},
		{"cut", plainRecord[:50], 400, "index 1: the JSON ends in its middle"},
		{"missing", with(`"service":"Billing",`, ""), 400, "index 1: service: is missing; allowed is a string"},
		{"status", with("success", "ok"), 400, `index 1: status: got "ok"; allowed is success or failed`},
		{"error-of-success", with("12}", `12,"error":"x"}`), 400, "index 1: error: "},
		{"misspelt", with("12}", `12,"eror":"x"}`), 400, `index 1: key "eror" is unknown; known are timestamp, service, action, `},
		{"other-case", with("12}", `12,"Error":"x"}`), 400, `index 1: key "Error" is unknown`},
		{"misspelt-in-http", with("12}", `12,"http":{"methd":"GET"}}`), 400, `index 1: key "http.methd" is unknown; known are http.method, http.route, `},
		{"http-no-object", with("12}", `12,"http":7}`), 400, "index 1: http: "},
		{"repeated", with("12}", `12,"action":"x"}`), 400, "index 1: action: is repeated"},
		{"empty-service", with("Billing", ""), 400, `index 1: service: it is ""; allowed is a name`},
		{"empty-action", with("invoice", ""), 400, `index 1: action: it is ""; allowed is a name`},
		{"too-old", with("13T12:00:00", "12T12:09:59"), 400, "index 1: timestamp: it is 2025-11-12T12:09:59Z; allowed is at most 24 h from this server's clock, which says 2025-11-13T12:10:00Z"},
		{"too-early", with("13T12:00:00", "14T12:10:01"), 400, "index 1: timestamp: it is 2025-11-14T12:10:01Z"},
		{"much-too-old", with("2025-11-13T12:00:00", "1970-01-01T00:00:00"), 400, "index 1: timestamp: "},
		{"id-and-many-attrs", with("12}", `12,"id":"x","attrs":{`+strings.Join(many, ",")+`}}`), 400, "index 1: attrs: with an id there is no place for it; allowed are at most 15, none of them recordId"},
		{"id-twice", with("12}", `12,"id":"x","attrs":{"recordId":"y"}}`), 400, "index 1: attrs: with an id"},
		{"long-key", with("12}", `12,"`+strings.Repeat("x", 5000)+`":1}`), 400, "is unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, r := ingesting(t, adminapi.Options{})
			bodies := map[string]string{"lines": plainRecord + "\n" + tt.body, "array": "[" + plainRecord + "," + tt.body + "]"}
			if strings.TrimSpace(tt.body) == "" {
				bodies = map[string]string{"lines": tt.body}
			}
			for form, text := range bodies {
				resp := do(h, post("/action-logs", text, jsonType))
				got := detail(t, resp)
				if resp.StatusCode != tt.status || !strings.Contains(got, tt.detail) && !(form == "array" && tt.name == "cut") {
					t.Errorf("%s: %d %q, want %d %q", form, resp.StatusCode, got, tt.status, tt.detail)
				}
				if len(got) > 600 {
					t.Errorf("%s: the detail is %d bytes", form, len(got))
				}
			}
			if list := held(t, r); len(list) > 0 {
				t.Errorf("recorded all the same: %v", list)
			}
		})
	}
}

func TestIngestBodiesRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, target, body string
		headers            []string
		status             int
		detail             string
	}{
		{"one-too-many", "", strings.Repeat(plainRecord+"\n", 1001), nil, 413, "more than 1000 records"},
		{"one-too-many-in-an-array", "", "[" + strings.Repeat(plainRecord+",", 1000) + plainRecord + "]", nil, 413, "more than 1000 records"},
		{"too-large", "", strings.Repeat(" ", 1<<20) + plainRecord, nil, 413, "at most 1048576 bytes"},
		{"form", "", plainRecord, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "allowed is application/json, application/x-ndjson, application/jsonl"},
		{"no-type", "", plainRecord, []string{"X-Y: z"}, 415, `the Content-Type is ""`},
		{"packed", "", plainRecord, []string{jsonType, "Content-Encoding: gzip"}, 415, "Content-Encoding"},
		{"another-origin", "", plainRecord, []string{jsonType, "Origin: http://localhost:3000"}, 403, "another origin"},
		{"array-that-does-not-end", "", "[" + plainRecord, nil, 400, "index 1: the JSON ends in its middle"},
		{"array-with-a-wrong-end", "", "[" + plainRecord + "}", nil, 400, "index 1: invalid character '}' after array element"},
		{"array-and-more", "", "[" + plainRecord + "]" + plainRecord, nil, 400, "more behind the array"},
		{"no-comma", "", "[" + plainRecord + plainRecord + "]", nil, 400, "index 1"},
		{"parameter", "?dry=1", plainRecord, nil, 400, `parameter "dry" is unknown; there are none here`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, r := ingesting(t, adminapi.Options{})
			if tt.headers == nil {
				tt.headers = []string{jsonType}
			}
			resp := do(h, post("/action-logs"+tt.target, tt.body, tt.headers...))
			if got := detail(t, resp); resp.StatusCode != tt.status || !strings.Contains(got, tt.detail) {
				t.Errorf("%d %q, want %d %q", resp.StatusCode, got, tt.status, tt.detail)
			}
			if list := held(t, r); len(list) > 0 {
				t.Errorf("%d are recorded all the same", len(list))
			}
		})
	}
}

// TestWhoMayRecord has the token for recording open that door only.
func TestWhoMayRecord(t *testing.T) {
	t.Parallel()
	const ingest, main = "Authorization: Bearer ingest-token", "Authorization: Bearer s3cret"
	for name, tt := range map[string]struct {
		opts         adminapi.Options
		header       string
		record, read int
	}{
		"nothing-asked-for":          {adminapi.Options{}, "", 201, 200},
		"own-token":                  {adminapi.Options{IngestToken: "ingest-token"}, ingest, 201, 200},
		"own-token-missing":          {adminapi.Options{IngestToken: "ingest-token"}, "", 401, 200},
		"own-token-wrong":            {adminapi.Options{IngestToken: "ingest-token"}, main, 401, 200},
		"both-own":                   {adminapi.Options{IngestToken: "ingest-token", Token: "s3cret"}, ingest, 201, 401},
		"both-main":                  {adminapi.Options{IngestToken: "ingest-token", Token: "s3cret"}, main, 201, 200},
		"both-none":                  {adminapi.Options{IngestToken: "ingest-token", Token: "s3cret"}, "", 401, 401},
		"only-main":                  {adminapi.Options{Token: "s3cret"}, main, 201, 200},
		"only-main-missing":          {adminapi.Options{Token: "s3cret"}, "", 401, 401},
		"password":                   {adminapi.Options{Username: "ada", Password: "x", IngestToken: "ingest-token"}, basic("ada", "x"), 201, 200},
		"password-and-own":           {adminapi.Options{Username: "ada", Password: "x", IngestToken: "ingest-token"}, ingest, 201, 401},
		"read-only":                  {adminapi.Options{ReadOnly: true}, "", 403, 200},
		"own-token-by-basic":         {adminapi.Options{IngestToken: "ingest-token"}, basic("", "ingest-token"), 401, 200},
		"own-token-is-no-login":      {adminapi.Options{IngestToken: "ingest-token", Token: "s3cret"}, "Cookie: actionlog-8000=ingest-token", 401, 401},
		"authorize-has-the-last-say": {adminapi.Options{IngestToken: "ingest-token", Authorize: refuseAll}, ingest, 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := ingesting(t, tt.opts)
			headers := []string{jsonType}
			if tt.header != "" {
				headers = append(headers, tt.header)
			}
			if resp := do(h, post("/action-logs", plainRecord, headers...)); resp.StatusCode != tt.record {
				t.Errorf("recording is %d, want %d: %s", resp.StatusCode, tt.record, body(t, resp))
			}
			for _, target := range []string{"/recent", "/search", "/export"} {
				if resp := do(h, request("GET", "/action-logs"+target, headers...)); resp.StatusCode != tt.read {
					t.Errorf("GET %s is %d, want %d", target, resp.StatusCode, tt.read)
				}
			}
			if resp := do(h, post("/action-logs/clear", "", headers...)); tt.read == 401 && resp.StatusCode != 401 {
				t.Errorf("POST /clear is %d, want 401", resp.StatusCode)
			}
		})
	}
	h, _ := ingesting(t, adminapi.Options{IngestToken: "ingest-token", Token: "s3cret"})
	if resp := do(h, post("/action-logs/login", `{"token":"ingest-token"}`, jsonType)); resp.StatusCode != 401 {
		t.Errorf("a login with the token for recording is %d", resp.StatusCode)
	}
	resp := do(h, post("/action-logs", plainRecord, jsonType))
	if got := resp.Header.Get("WWW-Authenticate"); got != `Bearer realm="action-logs"` {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func TestIngestElsewhere(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: bare{r}, Ingest: true, Recorder: r})
	if resp := do(h, post("/action-logs", plainRecord, jsonType)); resp.StatusCode != 201 || len(held(t, r)) != 1 {
		t.Errorf("%d %s", resp.StatusCode, body(t, resp))
	}
}

// TestIngestClosed has nobody believe that a closed store has recorded.
func TestIngestClosed(t *testing.T) {
	t.Parallel()
	h, r := ingesting(t, adminapi.Options{})
	_ = r.Close(context.Background())
	if resp := do(h, post("/action-logs", plainRecord, jsonType)); resp.StatusCode != 503 {
		t.Errorf("%d %s", resp.StatusCode, body(t, resp))
	}
}

func FuzzIngest(f *testing.F) {
	for _, s := range []string{
		plainRecord, "[" + plainRecord + "]", plainRecord + "\n" + plainRecord, "[]", "[", "]", "{}", "{", "null", "[null]", `{"http":{}}`,
		strings.Replace(plainRecord, "12}", `12,"id":"x","http":{"method":"GET"},"attrs":{"a":"b"}}`, 1), "\xff", `{"a":` + strings.Repeat("[", 100),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := adminapi.RecordsOf(b, noon)
		if err != nil {
			if len(list) > 0 || err.Error() == "" {
				t.Errorf("%d records and %v", len(list), err)
			}
			return
		}
		if len(list) > 1000 {
			t.Errorf("%d records", len(list))
		}
		for _, a := range list {
			if a.ID != "" || a.Service == "" || a.Action == "" || len(a.Attrs) > storage.MaxAttrs || a.Time.Sub(noon).Abs() > 24*time.Hour {
				t.Errorf("record %+v", a)
			}
		}
		if len(bytes.TrimSpace(b)) > 0 && b[0] != '[' && !json.Valid(b) && len(list) < 2 {
			t.Errorf("%q is taken for %d records", b, len(list))
		}
	})
}

// TestIngestElsewhereClosed has the recorder be asked, not the store that
// answers queries.
func TestIngestElsewhereClosed(t *testing.T) {
	t.Parallel()
	asked := func(context.Context, storage.Query) (storage.Page, error) {
		t.Error("the store is searched to record elsewhere")
		return storage.Page{}, nil
	}
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: searching{search: asked}, Ingest: true, Recorder: r, OnError: func(*http.Request, error) {}})
	if resp := do(h, post("/action-logs", plainRecord, jsonType)); resp.StatusCode != 201 {
		t.Errorf("%d %s", resp.StatusCode, body(t, resp))
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if resp := do(h, post("/action-logs", plainRecord, jsonType)); resp.StatusCode != 503 {
		t.Errorf("once the recorder is closed: %d %s", resp.StatusCode, body(t, resp))
	}
}

// searching is a store whose search is given.
type searching struct {
	empty
	search func(context.Context, storage.Query) (storage.Page, error)
}

func (s searching) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	return s.search(ctx, q)
}
