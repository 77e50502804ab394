package adminapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"
)

var noon = time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)

// samples are actions of each kind, oldest first. The last two are those that
// the documentation of the API shows.
func samples() []storage.Action {
	return []storage.Action{
		{Time: noon.Add(-2 * time.Hour), Service: "Häuser/Straßen", Action: "list", Duration: 1500 * time.Microsecond},
		{
			Time: noon.Add(-time.Hour), Service: "AuthenticationService", Action: "POST /login", Status: storage.Failed,
			Duration: 2 * time.Second, Error: "<nope> & \"never\"",
			HTTP: &storage.HTTP{
				Method: "POST", Route: "/login", Path: "/login", Code: 503, Bytes: 12,
				Remote: netip.MustParseAddr("192.0.2.7"), RequestID: "req-1",
			},
		},
		{Time: noon, Service: "CaseService", Action: "createCase", Duration: 45 * time.Millisecond},
		{
			Time: noon.Add(5 * time.Minute), Service: "ChatService", Action: "sendMessage", Status: storage.Failed,
			Duration: 250 * time.Millisecond, Error: "OpenAI API rate limit exceeded",
		},
	}
}

func newRing(t testing.TB, actions ...storage.Action) *ring.Ring {
	t.Helper()
	r := ring.New(ring.Options{})
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	for _, a := range actions {
		r.Record(a)
	}
	return r
}

// newHandler returns a handler over a ring of the samples, unless opts name a
// store.
func newHandler(t testing.TB, opts adminapi.Options) *adminapi.Handler {
	t.Helper()
	if opts.Store == nil {
		opts.Store = newRing(t, samples()...)
	}
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon.Add(10 * time.Minute) }
	}
	h, err := adminapi.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// request is what a program on this machine sends. Each of the headers is
// "Name: value".
func request(method, target string, headers ...string) *http.Request {
	path, query, _ := strings.Cut(target, "?")
	r := &http.Request{
		Method: method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Host: "localhost:8000", RemoteAddr: "127.0.0.1:50000", RequestURI: target,
	}
	r.URL = &url.URL{Path: path, RawQuery: query}
	if decoded, err := url.PathUnescape(path); err == nil {
		r.URL.Path, r.URL.RawPath = decoded, path
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Host":
			r.Host = value
		case "From-Peer":
			r.RemoteAddr = value
		default:
			r.Header.Add(name, value)
		}
	}
	return r
}

func do(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, resp.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// detail returns the text of an error, after checking that it has the one
// form that errors have.
func detail(t testing.TB, resp *http.Response) string {
	t.Helper()
	text := body(t, resp)
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("error has Content-Type %q, want application/json", got)
	}
	var form map[string]string
	if err := json.Unmarshal([]byte(text), &form); err != nil || len(form) != 1 || form["detail"] == "" {
		t.Fatalf("error is %s, want {\"detail\":\"…\"}", text)
	}
	return form["detail"]
}

// actionsOf returns service and action of each of the actions of a list.
func actionsOf(t testing.TB, resp *http.Response) []string {
	t.Helper()
	text := body(t, resp)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", resp.StatusCode, text)
	}
	var list struct {
		Actions *[]struct{ Service, Action string }
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || list.Actions == nil {
		t.Fatalf("list is %s (%v)", text, err)
	}
	names := []string{}
	for _, a := range *list.Actions {
		names = append(names, a.Service+"."+a.Action)
	}
	return names
}

func newLogger(w io.Writer) *log.Logger { return log.New(w, "", 0) }
