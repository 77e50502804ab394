package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
)

// program returns the path of a program of the machine. Without it the test is
// skipped, or fails in the full check.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("ACTIONLOG_FULL") == "1" {
			t.Fatalf("full check: %v", err)
		}
		t.Skip(err)
	}
	return path
}

// TestReadmeStream follows a stream as the README does, and compares what comes
// first, apart from ids.
func TestReadmeStream(t *testing.T) {
	t.Parallel()
	p := start(t, "-archive", t.TempDir(), "-sample")
	target, want := "", ""
	for _, block := range fenced(t, "console") {
		if command, answer, _ := strings.Cut(block, "\n"); strings.HasPrefix(command, "$ curl -N ") {
			target, want = localURL.FindStringSubmatch(command)[1], answer
		}
	}
	if target == "" {
		t.Fatal("the README does not show curl -N")
	}
	ids := regexp.MustCompile(`0[0-9a-z]{26}`)
	want = ids.ReplaceAllString(strings.ReplaceAll(want, "\n   ", ""), "…")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, lines := "", bufio.NewScanner(resp.Body)
	for strings.Count(got, "\n") < strings.Count(want, "\n") && lines.Scan() {
		got += ids.ReplaceAllString(lines.Text(), "…") + "\n"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-README +example):\n%s", target, diff)
	}
}

// TestReadmeJavaScript has Node run the README's program beside the client, as
// the example serves it, until it has said what the samples have it say.
func TestReadmeJavaScript(t *testing.T) {
	t.Parallel()
	node := program(t, "node")
	p := start(t, "-archive", t.TempDir(), "-sample")
	dir := t.TempDir()
	resp, err := http.Get(p.url + "/action-logs/client.js")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	client, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"client.js": string(client), "package.json": `{"type":"module"}`,
		"watch.js": strings.ReplaceAll(fenced(t, "js")[0], "http://localhost:8000", p.url),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "watch.js")
	cmd.Dir = dir
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"ChatService: OpenAI API rate limit exceeded", "sendMessage 250"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("it says %q, want %q", lines.Text(), want)
		}
	}
	cancel()
	_ = cmd.Wait() // it was killed
	if failure.Len() > 0 {
		t.Error(failure.String())
	}
}

// TestReadmeRecords runs the README's command that records, given the token.
func TestReadmeRecords(t *testing.T) {
	t.Parallel()
	program(t, "curl")
	m := regexp.MustCompile(`(?m)^    (curl -H [^$]*?(?:\n|.)*?\]')$`).FindStringSubmatch(readme(t))
	if m == nil {
		t.Fatal("the README does not show how to record")
	}
	actions := ring.New(ring.Options{})
	defer actions.Close(t.Context())
	admin, err := adminapi.New(adminapi.Options{Store: actions, Ingest: true, IngestToken: "the-token"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(admin)
	defer s.Close()
	command := strings.NewReplacer("http://localhost:8000", s.URL, "…", "the-token").Replace(m[1])
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program(t, "sh"), "-c", command).Output()
	if err != nil || string(out) != `{"recorded":1}` {
		t.Errorf("%v: %s\nof the command\n%s", err, out, command)
	}
	page, err := actions.Search(ctx, storage.Query{})
	if err != nil || len(page.Actions) != 1 || page.Actions[0].Service != "Billing" {
		got, _ := json.Marshal(page)
		t.Errorf("recorded is %s (%v)", got, err)
	}
}
