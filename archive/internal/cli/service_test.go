package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/archive/internal/cli"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// running starts a service with a ring and its admin API.
func running(t *testing.T, opts adminapi.Options) (*ring.Ring, string) {
	t.Helper()
	r := ring.New(ring.Options{})
	opts.Store = r
	api, err := adminapi.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(func() {
		server.Close()
		r.Close(context.Background())
	})
	return r, server.URL
}

// lines is a writer whose lines can be waited for.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) wait(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(l.String(), want); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q in %q", want, l.String())
		}
	}
}

// TestFollowService follows a running service: each action once, in order.
func TestFollowService(t *testing.T) {
	t.Parallel()
	r, url := running(t, adminapi.Options{Token: "sesame"})
	record := func(name string) { r.Record(storage.Action{Service: "S", Action: name}) }
	record("one")
	record("two")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, told lines
	ended := make(chan int)
	go func() {
		ended <- cli.Run(ctx, cli.Env{
			Stdout: &out, Stderr: &told,
			Getenv: func(name string) string { return map[string]string{"ACTIONLOG_TOKEN": "sesame"}[name] },
		}, []string{"tail", "-f", "-n", "1", "--service", "S", url})
	}()
	out.wait(t, `"two"`)
	record("three")
	record("four")
	out.wait(t, `"four"`)
	r.Record(storage.Action{Service: "Other", Action: "hidden"})
	record("five")
	out.wait(t, `"five"`)
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("status %d: %s", status, &told)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		var a storage.Action
		if err := storage.DecodeJSON([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		names = append(names, a.Action)
	}
	if got := strings.Join(names, " "); got != "two three four five" {
		t.Errorf("it shows %s", got)
	}
}

// TestServiceTrouble tells why a service cannot be asked.
func TestServiceTrouble(t *testing.T) {
	t.Parallel()
	_, guarded := running(t, adminapi.Options{Token: "sesame"})
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/away") {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
			return
		}
		io.WriteString(w, "<html>\x1b[31m")
	}))
	defer odd.Close()
	for url, says := range map[string]string{
		guarded:              "401",
		odd.URL:              "no page of actions",
		odd.URL + "/away":    "302",
		"http://127.0.0.1:1": "refused",
		"http:///x":          "not understood",
	} {
		r := run(t, "tail", url)
		if r.status != 2 || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: %+v does not say %q", url, r, says)
		}
		noControls(t, r.stderr)
	}
}

// TestServe asks a served archive.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, told lines
	ended := make(chan int)
	dir := newArchive(t)
	go func() {
		ended <- cli.Run(ctx, cli.Env{Stdout: &out, Stderr: &told, Now: func() time.Time { return now }}, []string{"serve", "--addr", "127.0.0.1:0", dir})
	}()
	out.wait(t, "\n")
	url := strings.TrimSpace(out.String())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{
		"search?status=failed&limit=1": `"id":"01kav3d5xq8r2m4c00000000059"`,
		"stats":                        `"total":60`,
		"slow?limit=1":                 `"id":"01kav3d5xq8r2m4c00000000059"`,
		"errors?limit=1":               `"errors":[{"template":"case <n>: `,
		"timeseries?step=1d":           `"step":"1d"`,
		"export?format=csv&limit=1":    "timestamp,service,",
	} {
		resp, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %s", path, resp.Status, body)
		}
	}
	resp, err := client.Post(url+"clear", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode < 400 {
		t.Errorf("clear answers %s", resp.Status)
	}
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("status %d: %s", status, &told)
	}
}
