package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"actionlog/archive/internal/cli"
)

// TestRefusals holds what people are told who ask for what cannot be had. Each
// is to name the thing and the value, and to say what to do.
func TestRefusals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system says it in other words here")
	}
	t.Parallel()
	dir, work := newArchive(t), t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	empty, there := filepath.Join(work, "empty"), filepath.Join(work, "there.csv")
	text, damaged := filepath.Join(work, "text.jsonl"), filepath.Join(work, "damaged.jsonl.gz")
	for path, data := range map[string]string{there: "mine", text: "this is no action\n", damaged: "this is no gzip"} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	day := filepath.Join(dir, "actions-2026-11-23.jsonl")

	var got strings.Builder
	for _, args := range [][]string{
		{"serch"}, {"find"}, {"search", "--all", "--limit", "3"}, {"search", "--stauts", "failed"}, {"search", "--status"}, {"search", "--limit", "0"},
		{"search", "--limit", "many"}, {"search", "--status", "broken", dir}, {"search", "--from", "yesterday", dir},
		{"search", "--from", "2026-11-23", "--to", "2026-11-22", dir}, {"search", "--min-duration", "long", dir},
		{"search", "--code", "6xx", dir}, {"search", "--trace-id", "7", dir}, {"search", "--sort", "time", dir},
		{"search", "--cursor", "x", dir}, {"search", "--tz", "Berlin", dir}, {"search", "--format", "xml", dir},
		{"search"}, {"search", filepath.Join(work, "missing")}, {"search", empty}, {"search", dir, empty},
		{"search", dir, "-"}, {"search", "http://localhost:8000"}, {"search", text}, {"search", damaged},
		{"search", "--service", "Nobody", dir}, {"stats", "--by", "colour", dir}, {"stats", "--step", "0s", dir},
		{"stats", "--step", "1ns", dir}, {"stats", "--by", "service", "--step", "1h", dir},
		{"errors", "--status", "success", dir}, {"slow", "--limit", "-1", dir},
		{"show"}, {"show", "nothing", dir}, {"compare"}, {"compare", "2026-11-21", dir}, {"compare", "monday", "tuesday", dir},
		{"compare", "2026-11-22..2026-11-21", "2026-11-23", dir}, {"compare", "2026-11-21", "2026-11-23", "-"},
		{"tail", "ftp://localhost"}, {"tail", "-f", "http://127.0.0.1:1"}, {"tail", "http://" + other.Listener.Addr().String() + "/x"}, {"tail", "http:///x"},
		{"export", "--format", "xls", dir}, {"export", "-o", there, dir}, {"export", "-o", empty, dir},
		{"export", "-o", filepath.Join(work, "no", "out.csv"), dir},
		{"verify", empty}, {"verify", text}, {"index", "-"}, {"index", day}, {"index", text},
		{"serve", "--addr", taken.Addr().String(), dir}, {"serve", "--addr", "8001", dir}, {"serve", "--addr", "192.0.2.1:80", dir}, {"serve", "-"},
		{"completion", "tcsh"}, {"verify", "--service", "x"},
	} {
		r := run(t, args...)
		if r.status != cli.StatusTrouble && r.status != cli.StatusNothing {
			t.Errorf("%q ends with status %d, and nothing is wrong with it:\n%s%s", args, r.status, r.stdout, r.stderr)
		}
		told := strings.NewReplacer(
			dir, "actions", work, "work", taken.Addr().String(), "127.0.0.1:8001", other.Listener.Addr().String(), "127.0.0.1:8000",
		).Replace(fmt.Sprintf("$ actionlog %s\n%s= %d\n\n", strings.Join(args, " "), r.stderr, r.status))
		got.WriteString(told)
	}
	golden(t, "refusals.txt", got.String())
}
