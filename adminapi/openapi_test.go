package adminapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	liberrors "github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/schema_validation"
)

// everything is options of a server that has all endpoints.
func everything(t testing.TB) adminapi.Options {
	t.Helper()
	return adminapi.Options{
		Store: newRing(t, samples()...), Token: "s3cret", Username: "ada", Password: "x", Ingest: true, IngestToken: "ingest-token",
		Docs: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "the page at "+r.URL.Path)
		}),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = io.WriteString(w, "up 1\n")
		}),
	}
}

const bearer = "Authorization: Bearer s3cret"

// describe returns the description of a handler, at the address at which the
// requests of these tests ask.
func describe(t testing.TB, h http.Handler) []byte {
	t.Helper()
	text := body(t, do(h, request("GET", "/action-logs/openapi.json", bearer)))
	doc := strings.Replace(text, `"url":"."`, `"url":"http://localhost:8000/action-logs"`, 1)
	if doc == text {
		t.Fatalf("the description does not say that it lies where the endpoints do: %.300s", text)
	}
	return []byte(doc)
}

// closed is a description of which no object may have keys that it does not
// tell of.
func closed(t testing.TB, description []byte) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, open := v["additionalProperties"]; !open && v["type"] == "object" && v["properties"] != nil {
				v["additionalProperties"] = false
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(doc["components"].(map[string]any)["schemas"])
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newDocument(t testing.TB, description []byte) libopenapi.Document {
	t.Helper()
	doc, err := libopenapi.NewDocument(description)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func report(t testing.TB, what string, problems []*liberrors.ValidationError) {
	t.Helper()
	for _, p := range problems {
		t.Errorf("%s: %s: %s", what, p.Message, p.Reason)
		for _, s := range p.SchemaValidationErrors {
			t.Errorf("%s: at %s: %s", what, s.FieldPath, s.Reason)
		}
	}
}

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]adminapi.Options{
		"everything": everything(t), "bare": {Store: bare{empty{}}}, "as-it-comes": {}, "password": {Username: "s", Password: "s3cret"},
		"only-ingest": {Ingest: true, Recorder: newRing(t), IngestToken: "s3cret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, opts)
			text := body(t, do(h, request("GET", "/action-logs/openapi.json", bearer, basic("s", "s3cret"))))
			if name == "password" {
				text = body(t, do(h, request("GET", "/action-logs/openapi.json", basic("s", "s3cret"))))
			} else if name == "everything" {
				text = body(t, do(h, request("GET", "/action-logs/openapi.json", bearer)))
			}
			v, errs := validator.NewValidator(newDocument(t, []byte(text)))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			_, problems := v.ValidateDocument()
			report(t, "description", problems)
			if strings.Contains(text, "s3cret") {
				t.Error("it tells a secret")
			}
		})
	}
}

// TestDescriptionIsComplete holds that no endpoint is added without telling
// what it is.
func TestDescriptionIsComplete(t *testing.T) {
	t.Parallel()
	h := newHandler(t, everything(t))
	var doc struct {
		Tags       []struct{ Name string }
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas, Examples map[string]json.RawMessage
		}
	}
	text := describe(t, h)
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, tag := range doc.Tags {
		tags = append(tags, tag.Name)
	}
	inPath := regexp.MustCompile(`\{(\w+)\}`)
	ids := map[string]bool{}
	for _, rt := range h.Routes() {
		name := rt.Method + " " + rt.Path
		if rt.Doc == "" || rt.What == "" || strings.HasSuffix(rt.Doc, ".") {
			t.Errorf("%s: what %q, doc %q; both are needed, doc without a period", name, rt.What, rt.Doc)
		}
		if rt.Hidden {
			continue
		}
		if rt.Absent {
			t.Errorf("%s: it is absent from a server that has everything", name)
			continue
		}
		if _, ok := doc.Paths[rt.Path][strings.ToLower(rt.Method)]; !ok {
			t.Errorf("%s is not described", name)
		}
		if !slices.Contains(tags, rt.Tag) {
			t.Errorf("%s: tag %q is none of %v", name, rt.Tag, tags)
		}
		if len(rt.Answers) == 0 {
			t.Errorf("%s: it has no answers", name)
		}
		for _, a := range rt.Answers {
			if a.Doc == "" || a.Status < 100 || a.Status > 399 {
				t.Errorf("%s: answer %+v needs a status from 101 to 399, and a doc", name, a)
			}
			if a.Media == "application/json" && (a.Schema == "" || a.Example == "" && a.Schema != "Description") {
				t.Errorf("%s: answer %+v needs a schema and an example", name, a)
			}
		}
		var inPattern []string
		for _, m := range inPath.FindAllStringSubmatch(rt.Path, -1) {
			inPattern = append(inPattern, m[1])
		}
		if diff := cmp.Diff(inPattern, rt.PathParams); diff != "" {
			t.Errorf("%s: parameters of the path (-in the path +described):\n%s", name, diff)
		}
		var op struct{ OperationID string }
		_ = json.Unmarshal(doc.Paths[rt.Path][strings.ToLower(rt.Method)], &op)
		if op.OperationID == "" || ids[op.OperationID] {
			t.Errorf("%s: its operationId %q is another's, too", name, op.OperationID)
		}
		ids[op.OperationID] = true
	}
	for kind, all := range map[string]map[string]json.RawMessage{"schemas": doc.Components.Schemas, "examples": doc.Components.Examples} {
		for name := range all {
			if !strings.Contains(string(text), fmt.Sprintf(`"$ref":"#/components/%s/%s"`, kind, name)) {
				t.Errorf("nothing uses %s/%s", kind, name)
			}
		}
	}
}

// TestQueryIsDescribed has a parameter that is added to queries be described.
func TestQueryIsDescribed(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(storage.ParamNames(), adminapi.QueryParamNames()); diff != "" {
		t.Errorf("(-storage +described):\n%s", diff)
	}
}

// TestExamplesAreValid checks each example by the schema that it is shown with.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	model, err := newDocument(t, closed(t, describe(t, newHandler(t, everything(t))))).BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	check := schema_validation.NewSchemaValidator(config.WithFormatAssertions())
	n := 0
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			if op.RequestBody != nil {
				for media, c := range op.RequestBody.Content.FromOldest() {
					for name, e := range c.Examples.FromOldest() {
						n++
						var value any
						if err := e.Value.Decode(&value); err != nil {
							t.Fatal(err)
						}
						_, problems := check.ValidateSchemaObject(c.Schema.Schema(), value)
						report(t, fmt.Sprintf("%s %s takes %s, example %s", method, path, media, name), problems)
					}
				}
			}
			for status, r := range op.Responses.Codes.FromOldest() {
				if r.Content == nil {
					continue
				}
				for media, c := range r.Content.FromOldest() {
					for name, e := range c.Examples.FromOldest() {
						n++
						var value any
						if err := e.Value.Decode(&value); err != nil {
							t.Fatal(err)
						}
						_, problems := check.ValidateSchemaObject(c.Schema.Schema(), value)
						report(t, fmt.Sprintf("%s %s answers %s %s, example %s", method, path, status, media, name), problems)
					}
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d examples were found", n)
	}
}

// TestAnswersAreDescribed asks a server with a ring for everything, and for
// errors of every kind, and checks each answer by the description.
func TestAnswersAreDescribed(t *testing.T) {
	t.Parallel()
	opts := everything(t)
	r := newRing(t, samples()...)
	r.Begin(r.Intern("CaseService", "POST /cases", "/cases", "POST"), startOf("POST", "/cases"))
	opts.Store = r
	h := newHandler(t, opts)
	v, errs := validator.NewValidator(newDocument(t, closed(t, describe(t, h))), config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	seen := map[string]bool{}
	tests := []struct {
		method, target, body string
		status               int
		headers              []string
	}{
		{"GET", "/", "", 200, []string{"Accept: text/html"}},
		{"GET", "/", "", 200, []string{"Accept: application/json"}},
		{"GET", "/client.js", "", 200, nil},
		{"GET", "/client.js", "", 304, []string{"If-None-Match: *"}},
		{"GET", "/client.d.ts", "", 200, nil},
		{"GET", "/ui/style.css", "", 200, nil},
		{"GET", "/ui/nothing.css", "", 404, nil},
		{"GET", "/openapi.json", "", 200, nil},
		{"GET", "/openapi.json?x=y", "", 400, nil},
		{"GET", "/recent?limit=10", "", 200, nil},
		{"GET", "/recent?limit=0", "", 400, nil},
		{"GET", "/recent", "", 401, []string{"Authorization: none"}},
		{"GET", "/recent", "", 403, []string{"Host: attacker.example"}},
		{"POST", "/recent", "", 405, nil},
		{"GET", "/failed", "", 200, nil},
		{"GET", "/service/CaseService?limit=5", "", 200, nil},
		{"GET", "/service/Nobody", "", 200, nil},
		{"GET", "/stats", "", 200, nil},
		{"GET", "/search?limit=1", "", 200, nil},
		{"GET", "/search?service=ChatService&service=CaseService&sort=-duration&status=success&from=2025-11-13", "", 200, nil},
		{"GET", "/search?stauts=failed", "", 400, nil},
		{"GET", "/active", "", 200, nil},
		{"GET", "/slow", "", 200, nil},
		{"GET", "/export", "", 200, nil},
		{"GET", "/export?format=csv&limit=1", "", 200, nil},
		{"GET", "/export?format=json", "", 200, nil},
		{"GET", "/export?format=xml", "", 400, nil},
		{"GET", "/errors", "", 200, nil},
		{"GET", "/timeseries?step=1h", "", 200, nil},
		{"GET", "/timeseries", "", 200, nil},
		{"GET", "/timeseries?step=1ms", "", 400, nil},
		{"POST", "/", plainRecord, 201, []string{jsonType}},
		{"POST", "/", "[" + plainRecord + "]", 201, []string{jsonType}},
		{"POST", "/", plainRecord, 201, []string{"Content-Type: application/x-ndjson"}},
		{"POST", "/", "{}", 400, []string{jsonType}},
		{"POST", "/", strings.Repeat(plainRecord, 1001), 413, []string{jsonType}},
		{"POST", "/", plainRecord, 415, []string{"Content-Type: text/plain"}},
		{"POST", "/login", `{"token":"s3cret"}`, 204, []string{jsonType}},
		{"POST", "/login", `{"token":"wrong"}`, 401, []string{jsonType}},
		{"POST", "/login", `{}`, 400, []string{jsonType}},
		{"POST", "/logout", "", 204, nil},
		{"GET", "/docs", "", 200, nil},
		{"GET", "/metrics", "", 200, nil},
		{"GET", "/stream?sort=duration", "", 400, nil},
		{"POST", "/clear", "", 201, nil},
		{"GET", "/clear", "", 405, nil},
	}
	for _, tt := range tests {
		name := fmt.Sprintf("%s %s is %d", tt.method, tt.target, tt.status)
		req := post("/action-logs"+tt.target, tt.body, tt.headers...)
		req.Method = tt.method
		if req.Header.Get("Authorization") == "" {
			req.Header.Set("Authorization", "Bearer s3cret")
		}
		resp := do(h, req)
		text := body(t, resp)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: it is %d %s", name, resp.StatusCode, text)
		}
		media, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
		path, _, _ := strings.Cut(tt.target, "?")
		seen[fmt.Sprintf("%s %s %d %s", tt.method, path, resp.StatusCode, media)] = true

		if tt.status == 405 {
			continue // no operation is described
		}
		if media == "application/json" || media == "" { // others have no schema
			resp.Body = io.NopCloser(strings.NewReader(text))
			_, problems := v.ValidateHttpResponse(asAsked(tt.method, tt.target, tt.body, req.Header), resp)
			report(t, name, problems)
		}
		if tt.status < 400 && !strings.Contains(req.Header.Get("Content-Type"), "ndjson") {
			_, problems := v.ValidateHttpRequest(asAsked(tt.method, tt.target, tt.body, req.Header))
			report(t, name+", the request", problems)
		}
	}
	described := map[string]bool{}
	for _, rt := range h.Routes() {
		path := strings.NewReplacer("{service}", "CaseService", "{file}", "style.css").Replace(rt.Path)
		for _, a := range rt.Answers {
			if a.Media == "application/json" && !seen[fmt.Sprintf("%s %s %d %s", rt.Method, path, a.Status, a.Media)] {
				t.Errorf("nobody asked for %s %s %d %s", rt.Method, rt.Path, a.Status, a.Media)
			}
			described[fmt.Sprintf("%s %s %d %s", rt.Method, path, a.Status, a.Media)] = true
		}
	}
	delete(seen, "GET /service/Nobody 200 application/json")
	for answer := range seen {
		if !described[answer] && !strings.HasSuffix(answer, " application/json") {
			t.Errorf("it is not described: %s", answer)
		}
	}
}

// asAsked is the request as a client sends it.
func asAsked(method, target, body string, header http.Header) *http.Request {
	r := httptest.NewRequest(method, "http://localhost:8000/action-logs"+target, strings.NewReader(body))
	r.Header = header.Clone()
	return r
}

// TestWrongRequestsAreDescribed has the description refuse what the server
// refuses, as far as a schema can tell.
func TestWrongRequestsAreDescribed(t *testing.T) {
	t.Parallel()
	h := newHandler(t, everything(t))
	v, errs := validator.NewValidator(newDocument(t, describe(t, h)), config.WithoutSecurityValidation())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, tt := range []struct{ method, target, body string }{
		{"GET", "/recent?limit=0", ""},
		{"GET", "/recent?limit=1001", ""},
		{"GET", "/recent?limit=x", ""},
		{"GET", "/search?status=bad", ""},
		{"GET", "/search?sort=name", ""},
		{"GET", "/search?code=6xx", ""},
		{"GET", "/search?trace_id=xyz", ""},
		{"GET", "/export?format=xml", ""},
		{"GET", "/export?limit=0", ""},
		{"POST", "/", `{}`},
		{"POST", "/", `7`},
		{"POST", "/", `[` + plainRecord + `,{}]`},
		{"POST", "/", strings.Replace(plainRecord, "success", "ok", 1)},
		{"POST", "/", strings.Replace(plainRecord, "Billing", "", 1)},
		{"POST", "/", strings.Replace(plainRecord, "12}", `12,"eror":"x"}`, 1)},
		{"POST", "/", strings.Replace(plainRecord, "12}", `12,"http":{"methd":"GET"}}`, 1)},
		{"POST", "/login", `{}`},
		{"POST", "/login", `{"token":7}`},
		{"POST", "/login", `{"token":"s3cret","more":1}`},
	} {
		req := post("/action-logs"+tt.target, tt.body, jsonType, bearer)
		req.Method = tt.method
		if resp := do(h, req); resp.StatusCode != 400 {
			t.Errorf("%s %s with %s is %d", tt.method, tt.target, tt.body, resp.StatusCode)
		}
		if ok, _ := v.ValidateHttpRequest(asAsked(tt.method, tt.target, tt.body, http.Header{"Content-Type": {"application/json"}})); ok {
			t.Errorf("%s %s with %s is valid by the description", tt.method, tt.target, tt.body)
		}
	}
}

// TestServerIsWhereTheDescriptionIs resolves the server as clients do.
func TestServerIsWhereTheDescriptionIs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		base, at string
		mount    func(http.Handler) http.Handler
	}{
		"as-it-is":       {"", "/action-logs", func(h http.Handler) http.Handler { return h }},
		"another-base":   {"/a/b", "/a/b", func(h http.Handler) http.Handler { return h }},
		"prefix-removed": {"/", "/panel", func(h http.Handler) http.Handler { return http.StripPrefix("/panel", h) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tt.mount(newHandler(t, adminapi.Options{BasePath: tt.base})))
			defer srv.Close()
			at := srv.URL + tt.at + "/openapi.json"
			var doc struct{ Servers []struct{ URL string } }
			if err := json.Unmarshal([]byte(body(t, fetch(t, srv, "GET", tt.at+"/openapi.json"))), &doc); err != nil {
				t.Fatal(err)
			}
			whole, err := url.Parse(at)
			if err != nil {
				t.Fatal(err)
			}
			server, err := whole.Parse(doc.Servers[0].URL)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := srv.Client().Get(strings.TrimSuffix(server.String(), "/") + "/stats")
			if err != nil {
				t.Fatal(err)
			}
			if text := body(t, resp); resp.StatusCode != 200 {
				t.Errorf("%s is %d %s", server, resp.StatusCode, text)
			}
		})
	}
}

// TestSecurityIsDescribed has each door say what opens it.
func TestSecurityIsDescribed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts             adminapi.Options
		stats, front, in string
	}{
		"none":       {adminapi.Options{}, `[]`, `[]`, `[]`},
		"token":      {adminapi.Options{Token: "s3cret"}, `[{"token":[]},{"cookie":[]}]`, `[]`, `[{"token":[]},{"cookie":[]}]`},
		"password":   {adminapi.Options{Username: "ada", Password: "x"}, `[{"password":[]}]`, `[{"password":[]}]`, `[{"password":[]}]`},
		"ingest":     {adminapi.Options{IngestToken: "i"}, `[]`, `[]`, `[{"ingestToken":[]}]`},
		"everything": {everything(t), `[{"token":[]},{"cookie":[]},{"password":[]}]`, `[]`, `[{"token":[]},{"cookie":[]},{"password":[]},{"ingestToken":[]}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.opts.Store, tt.opts.Ingest = newRing(t), true
			h := newHandler(t, tt.opts)
			credentials := bearer
			if tt.opts.Token == "" && tt.opts.Username != "" {
				credentials = basic("ada", "x")
			}
			var doc struct {
				Paths map[string]map[string]struct{ Security json.RawMessage }
			}
			text := body(t, do(h, request("GET", "/action-logs/openapi.json", credentials)))
			if err := json.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatal(err)
			}
			got := []string{
				string(doc.Paths["/stats"]["get"].Security), string(doc.Paths["/"]["get"].Security), string(doc.Paths["/"]["post"].Security),
			}
			if diff := cmp.Diff([]string{tt.stats, tt.front, tt.in}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestDocsAreWithinTheGuard has them be for those who are let in, and find out
// what they are asked for at any base path.
func TestDocsAreWithinTheGuard(t *testing.T) {
	t.Parallel()
	opts := everything(t)
	opts.BasePath = "/a/b"
	h := newHandler(t, opts)
	for _, tt := range []struct {
		target, header string
		status         int
		body           string
	}{
		{"/a/b/docs", "X-Y: z", 200, "the page at /docs"},
		{"/a/b/docs/", "X-Y: z", 200, "the page at /docs"},
		{"/a/b/docs/swagger-ui.css", "X-Y: z", 200, "the page at /docs/swagger-ui.css"},
		{"/a/b/openapi.json", "X-Y: z", 200, `"openapi":"3.1.0"`},
		{"/a/b/docs/x/y", bearer, 404, "no such endpoint"},
		{"/a/b/docs", "From-Peer: 192.0.2.1:5", 403, "address"},
		{"/a/b/docs", "Host: attacker.example", 403, "Host"},
	} {
		resp := do(h, request("GET", tt.target, tt.header))
		if got := body(t, resp); resp.StatusCode != tt.status || !strings.Contains(got, tt.body) {
			t.Errorf("%s %s: %d %.100s", tt.target, tt.header, resp.StatusCode, got)
		}
	}
	resp := do(newHandler(t, adminapi.Options{}), request("GET", "/action-logs/docs"))
	if got := detail(t, resp); resp.StatusCode != 404 || !strings.Contains(got, "Options.Docs is not set") {
		t.Errorf("without them: %d %q", resp.StatusCode, got)
	}
}

// TestDescriptionIsMadeOnce has it be the same each time, and quickly there.
func TestDescriptionIsMadeOnce(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	first := body(t, do(h, request("GET", "/action-logs/openapi.json")))
	if again := body(t, do(h, request("GET", "/action-logs/openapi.json"))); again != first {
		t.Error("it differs from one time to the next")
	}
	if again := body(t, do(newHandler(t, adminapi.Options{Store: newRing(t), Now: time.Now}), request("GET", "/action-logs/openapi.json"))); again != first {
		t.Error("it differs from one handler to the next")
	}
}
