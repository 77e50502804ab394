package main_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"actionlog/example/internal/try"

	"github.com/google/go-cmp/cmp"
)

var taken = regexp.MustCompile(`address already in use`)

const addr = "127.0.0.1:8000" // in the program

// TestIsTheReadmes holds the program and the README's first one together.
func TestIsTheReadmes(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(string(readme), "```go\n")
	want, _, _ = strings.Cut(want, "```\n")
	got, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("main.go is not the README's first program (-README +main.go):\n%s", diff)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	p, free := start(t)
	for _, path := range []string{"/cases/7", "/cases/8", "/nothing"} {
		p.Do(t, http.MethodGet, path)
	}
	type row struct{ Service, Action, Route, Path string }
	var got []row
	for _, a := range p.Recent(t) {
		got = append(got, row{a.Service, a.Action, a.HTTP.Route, a.HTTP.Path})
	}
	want := []row{
		{"program", "GET (unmatched)", "", "/nothing"}, // the service is what the executable is called
		{"CaseService", "getCase", "/cases/{id}", "/cases/8"},
		{"CaseService", "getCase", "/cases/{id}", "/cases/7"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recent (-want +got):\n%s", diff)
	}

	second := try.Run(t, build(t, free)) // the port is taken by the first
	second.Wait(t, taken)
	endsBySignal(t, p)
}

// endsBySignal expects of a program without a handler of its own what the
// system does with it.
func endsBySignal(t *testing.T, p *try.Process) {
	t.Helper()
	var exit *exec.ExitError
	if err := p.Signal(t, syscall.SIGTERM); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Errorf("the program ended with %v, want to be ended by the signal", err)
	}
}

// start starts the program on a free port in place of its own.
func start(t *testing.T) (*try.Process, string) {
	t.Helper()
	free := try.FreeAddr(t)
	p := try.Run(t, build(t, free))
	p.Reach(t, free)
	return p, free
}

// build builds the program with another address in it.
func build(t *testing.T, free string) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), addr) != 1 {
		t.Fatalf("main.go has not just one %s", addr)
	}
	original, err := filepath.Abs("main.go")
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "main.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{
		changed:                            []byte(strings.Replace(string(text), addr, free, 1)),
		filepath.Join(dir, "overlay.json"): overlay,
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return try.Build(t, ".", "-overlay", filepath.Join(dir, "overlay.json"))
}
