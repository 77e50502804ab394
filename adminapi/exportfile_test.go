package adminapi_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
)

// listing is a store whose actions are what a function yields.
type listing struct {
	empty
	each func(ctx context.Context, q storage.Query, yield func(storage.Action, error) bool)
}

func (l listing) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) { l.each(ctx, q, yield) }
}

// numbered is an action of some 300 bytes.
func numbered(i int) storage.Action {
	return storage.Action{
		Time: noon.Add(time.Duration(i) * time.Millisecond), Service: "CaseService", Action: "createCase", Status: storage.Failed,
		Error: strings.Repeat("=", 200), ID: storage.ID(fmt.Sprintf("id-%06d", i)),
	}
}

// upTo is a store of n numbered actions, with an error in their middle.
func upTo(n int, middle error) listing {
	return listing{each: func(_ context.Context, _ storage.Query, yield func(storage.Action, error) bool) {
		for i := range n {
			if i == n/2 && middle != nil && !yield(storage.Action{}, middle) {
				return
			}
			if !yield(numbered(i), nil) {
				return
			}
		}
	}}
}

// rowsOf returns how many actions a whole file of a form has.
func rowsOf(form, text string) (n int, err error) {
	switch form {
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		return len(rows) - 1, err
	case "json":
		var list struct{ Actions []storage.Action }
		d := json.NewDecoder(strings.NewReader(text))
		if err := d.Decode(&list); err != nil {
			return 0, err
		}
		if d.More() {
			return 0, errors.New("more than one value")
		}
		return len(list.Actions), nil
	}
	for line := range strings.Lines(text) {
		var a storage.Action
		if err := storage.DecodeJSON([]byte(line), &a); err != nil || !strings.HasSuffix(line, "\n") {
			return n, fmt.Errorf("line %q: %w", line, err)
		}
		n++
	}
	return n, nil
}

func TestExportWhole(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 3000} {
		srv := httptest.NewServer(newHandler(t, adminapi.Options{Store: upTo(n, nil)}))
		t.Cleanup(srv.Close)
		for form, media := range map[string]string{"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present", "json": "application/json"} {
			for _, encoding := range []string{"", "gzip"} {
				t.Run(fmt.Sprintf("%s-%d-%s", form, n, encoding), func(t *testing.T) {
					t.Parallel()
					resp := fetch(t, srv, "GET", "/action-logs/export?format="+form, "Accept-Encoding: "+encoding)
					text := unpacked(t, resp)
					if got, err := rowsOf(form, text); err != nil || got != n {
						t.Errorf("%d actions, %v, want %d", got, err, n)
					}
					want := map[string]string{
						"Content-Type": media, "Content-Disposition": `attachment; filename="actions-20251113T121000Z.` + form + `"`,
						"Content-Encoding": encoding, "Vary": "Accept-Encoding",
					}
					for name, value := range want {
						if got := resp.Header.Get(name); got != value {
							t.Errorf("%s is %q, want %q", name, got, value)
						}
					}
				})
			}
		}
	}
}

// fetch sends a request to a server, through no transparent gzip.
func fetch(t testing.TB, srv *httptest.Server, method, target string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, srv.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	if req.Header.Get("Accept-Encoding") == "" {
		req.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func unpacked(t testing.TB, resp *http.Response) string {
	t.Helper()
	text, err := unpack(resp)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unpack(resp *http.Response) (string, error) {
	r := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return "", err
		}
		r = gz
	}
	b, err := io.ReadAll(r)
	return string(b), err
}

// TestExportBroken has a store fail in the middle: all that can be read comes,
// and nothing takes it for a whole file.
func TestExportBroken(t *testing.T) {
	t.Parallel()
	told := make(chan error, 10)
	srv := httptest.NewServer(newHandler(t, adminapi.Options{
		Store: upTo(3000, errors.New("a-2025.jsonl:17 is damaged")), OnError: func(_ *http.Request, err error) { told <- err },
	}))
	t.Cleanup(srv.Close)
	for _, form := range []string{"jsonl", "csv", "json"} {
		for _, encoding := range []string{"", "gzip"} {
			resp := fetch(t, srv, "GET", "/action-logs/export?format="+form, "Accept-Encoding: "+encoding)
			text, err := unpack(resp)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s %s: reading ends with %v", form, encoding, err)
			}
			if !strings.Contains(text, "id-000000") || !strings.Contains(text, "id-002999") {
				t.Errorf("%s %s: not all that can be read is there", form, encoding)
			}
			if tail := text[len(text)-120:]; !strings.Contains(tail, "Failed to export actions: a-2025.jsonl:17 is damaged") {
				t.Errorf("%s %s ends in %q", form, encoding, tail)
			}
			if _, err := rowsOf(form, text); err == nil {
				t.Errorf("%s %s reads as a whole file", form, encoding)
			}
			if err := <-told; !strings.Contains(err.Error(), "is damaged") {
				t.Errorf("OnError heard of %v", err)
			}
		}
	}
}

// TestExportBrokenAtOnce has a small file fail before anything was sent.
func TestExportBrokenAtOnce(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: upTo(10, errors.New("disk on fire")), OnError: func(*http.Request, error) {}})
	resp := do(h, request("GET", "/action-logs/export", "Accept-Encoding: gzip"))
	if got := detail(t, resp); resp.StatusCode != 500 || got != "Failed to export actions: disk on fire" {
		t.Errorf("%d %q", resp.StatusCode, got)
	}
	for _, name := range []string{"Content-Disposition", "Content-Encoding"} {
		if got := resp.Header.Get(name); got != "" {
			t.Errorf("the error has %s: %s", name, got)
		}
	}
}

// TestExportOverOldHTTP has a client that cannot see a cut connection see the
// error all the same.
func TestExportOverOldHTTP(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newHandler(t, adminapi.Options{Store: upTo(1000, errors.New("disk on fire")), OnError: func(*http.Request, error) {}}))
	defer srv.Close()
	for _, form := range []string{"jsonl", "csv", "json"} {
		answer := raw(t, srv.Listener.Addr().String(), "GET /action-logs/export?format="+form+" HTTP/1.0\r\nHost: localhost\r\n\r\n")
		_, text, _ := strings.Cut(answer, "\r\n\r\n")
		if _, err := rowsOf(form, text); err == nil || !strings.Contains(answer, "disk on fire") {
			t.Errorf("%s reads as a whole file (%v)", form, err)
		}
	}
}

// TestExportEndsWithItsClient has a client go away, and one that reads nothing.
func TestExportEndsWithItsClient(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]bool{"goes-away": true, "reads-nothing": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{})
			h := newHandler(t, adminapi.Options{
				Store: listing{each: func(ctx context.Context, _ storage.Query, yield func(storage.Action, error) bool) {
					defer close(ended)
					for i := 0; ctx.Err() == nil; i++ {
						if !yield(numbered(i), nil) {
							return
						}
					}
					yield(storage.Action{}, ctx.Err())
				}},
				OnError: func(_ *http.Request, err error) { t.Errorf("OnError heard of %v", err) },
			})
			h.SetPatience(200 * time.Millisecond)
			srv := httptest.NewServer(h)
			defer srv.Close()
			c, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, _ = io.WriteString(c, "GET /action-logs/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if leave {
				c.Close()
			}
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Error("the export goes on")
			}
		})
	}
}

// TestExportOutlastsWriteTimeout has a file take longer than a server allows
// an answer.
func TestExportOutlastsWriteTimeout(t *testing.T) {
	t.Parallel()
	const n = 3000
	h := newHandler(t, adminapi.Options{Store: listing{each: func(_ context.Context, _ storage.Query, yield func(storage.Action, error) bool) {
		for i := range n {
			if i%300 == 299 {
				time.Sleep(50 * time.Millisecond)
			}
			if !yield(numbered(i), nil) {
				return
			}
		}
	}}})
	srv := httptest.NewUnstartedServer(h)
	srv.Config.WriteTimeout = 200 * time.Millisecond
	srv.Start()
	defer srv.Close()
	text := unpacked(t, fetch(t, srv, "GET", "/action-logs/export"))
	if got, err := rowsOf("jsonl", text); err != nil || got != n {
		t.Errorf("%d actions, %v, want %d", got, err, n)
	}
}

// TestExportOfASlowStore has a store take longer for some actions than a client
// may take for a chunk.
func TestExportOfASlowStore(t *testing.T) {
	t.Parallel()
	const n = 900
	h := newHandler(t, adminapi.Options{Store: listing{each: func(_ context.Context, _ storage.Query, yield func(storage.Action, error) bool) {
		for i := range n {
			if i%300 == 0 {
				time.Sleep(1500 * time.Millisecond)
			}
			if !yield(numbered(i), nil) {
				return
			}
		}
	}}})
	h.SetPatience(time.Second)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.WriteTimeout = time.Second
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	resp := fetch(t, srv, "GET", "/action-logs/export")
	text := unpacked(t, resp)
	if got, err := rowsOf("jsonl", text); err != nil || got != n || resp.ProtoMajor != 2 {
		t.Errorf("%s: %d actions, %v, want %d", resp.Proto, got, err, n)
	}
}

// TestExportIsStreamed has each part be sent before the next is made.
func TestExportIsStreamed(t *testing.T) {
	t.Parallel()
	w := &meter{ResponseRecorder: httptest.NewRecorder()}
	made := 0
	h := newHandler(t, adminapi.Options{Store: listing{each: func(_ context.Context, _ storage.Query, yield func(storage.Action, error) bool) {
		for i := range 20_000 {
			made += 300
			if made-w.sent > 200_000 {
				t.Fatalf("%d bytes are held back", made-w.sent)
			}
			if !yield(numbered(i), nil) {
				return
			}
		}
	}}})
	h.ServeHTTP(w, request("GET", "/action-logs/export"))
	if w.sent < made {
		t.Errorf("%d bytes were sent of %d", w.sent, made)
	}
}

// TestExportEndsWhereWritingFails has a store not be read for nobody.
func TestExportEndsWhereWritingFails(t *testing.T) {
	t.Parallel()
	listed := 0
	h := newHandler(t, adminapi.Options{
		Store: listing{each: func(_ context.Context, _ storage.Query, yield func(storage.Action, error) bool) {
			for listed < 10_000 && yield(numbered(listed), nil) {
				listed++
			}
		}},
		OnError: func(_ *http.Request, err error) { t.Errorf("OnError heard of %v", err) },
	})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler || listed > 1000 {
			t.Errorf("recovered %v after %d actions", v, listed)
		}
	}()
	h.ServeHTTP(broke{httptest.NewRecorder()}, request("GET", "/action-logs/export"))
	t.Error("the answer ended as if it were whole")
}

// broke is the writer of a connection that is gone.
type broke struct{ *httptest.ResponseRecorder }

func (broke) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// meter counts what it is given and keeps nothing.
type meter struct {
	*httptest.ResponseRecorder
	sent int
}

func (m *meter) Write(b []byte) (int, error) {
	m.sent += len(b)
	return len(b), nil
}

func TestExportOfAnyStore(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 5000})
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	for i := range 2500 {
		a := numbered(i)
		a.Service = fmt.Sprintf("s%d", i%2)
		r.Record(a)
	}
	for query, want := range map[string]int{"": 2500, "?limit=1234": 1234, "?service=s1": 1250, "?service=s1&limit=2000": 1250, "?status=success": 0} {
		for name, store := range map[string]storage.Searcher{"bare": bare{r}, "ring": r} {
			text := body(t, do(newHandler(t, adminapi.Options{Store: store}), request("GET", "/action-logs/export"+query)))
			got, err := rowsOf("jsonl", text)
			if err != nil || got != want {
				t.Errorf("%s %s: %d actions, %v, want %d", name, query, got, err, want)
			}
			last := time.Time{}
			for line := range strings.Lines(text) {
				var a storage.Action
				if err := storage.DecodeJSON([]byte(line), &a); err != nil || a.Time.Before(last) {
					t.Fatalf("%s %s: %s after %s (%v)", name, query, a.Time, last, err)
				}
				last = a.Time
			}
		}
	}
}

func TestExportCSV(t *testing.T) {
	t.Parallel()
	a := samples()[1]
	a.ID, a.Error, a.Attrs = "id-1", "=HYPERLINK(\"x\")\nand, more", []storage.Attr{{Key: "case", Value: "42"}}
	h := newHandler(t, adminapi.Options{Store: listing{each: func(_ context.Context, _ storage.Query, yield func(storage.Action, error) bool) { yield(a, nil) }}})
	rows, err := csv.NewReader(strings.NewReader(body(t, do(h, request("GET", "/action-logs/export?format=csv"))))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{storage.Columns(), {
		"2025-11-13T11:00:00Z", "AuthenticationService", "POST /login", "failed", "2000", "'=HYPERLINK(\"x\")\nand, more", "id-1", "2000000000",
		"POST", "/login", "/login", "503", "12", "192.0.2.7", "req-1", "", "", "", "", `{"case":"42"}`,
	}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestExportParameters(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	for query, want := range map[string]string{
		"format=xml":             `parameter format is "xml"; allowed is jsonl, csv, json`,
		"format=":                `parameter format is ""; allowed is jsonl, csv, json`,
		"format=csv&format=json": `parameter format is "csv,json"; allowed is at most 1 of it, not 2`,
		"limit=0":                `parameter limit is "0"; allowed is a whole number from 1 to 1000000000`,
		"limit=":                 `parameter limit is ""; allowed is a whole number from 1 to 1000000000`,
		"limit=%2B5":             `parameter limit is "+5"; allowed is a whole number from 1 to 1000000000`,
		"status=bad":             `parameter status is "bad"; allowed is success or failed`,
		"sort=duration":          `parameter "sort" is unknown; known are service, action, status, instance, from, to, min_duration, max_duration, code, q, request_id, trace_id, id, format, limit`,
		"cursor=x":               `parameter "cursor" is unknown; `,
		"a;b":                    `the query part of the URL is malformed: `,
	} {
		resp := do(h, request("GET", "/action-logs/export?"+query))
		if got := detail(t, resp); resp.StatusCode != 400 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %q, want 400 %q", query, resp.StatusCode, got, want)
		}
	}
}

func TestExportHead(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: listing{each: func(context.Context, storage.Query, func(storage.Action, error) bool) {
		t.Error("HEAD reads the store")
	}}})
	resp := do(h, request("HEAD", "/action-logs/export?format=csv", "Accept-Encoding: gzip"))
	if resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("Content-Disposition") == "" || body(t, resp) != "" {
		t.Errorf("HEAD is %d %v", resp.StatusCode, resp.Header)
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "x-gzip": true, "br, gzip": true, "gzip;q=0": false, "gzip; q=0.5, *;q=0": true, "*": true, "*;q=0": false,
		"*, gzip;q=0": false, "gzip;q=0.000": false, "identity": false, "br;q=1.0, gzip;q=x": true, "gzipx": false, "deflate|gzip": true, "gzip;a=b": true,
	} {
		if got := adminapi.AcceptsGzip(strings.Split(lines, "|")); got != want {
			t.Errorf("%q: %v, want %v", lines, got, want)
		}
	}
}
