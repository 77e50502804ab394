package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerify tells a line, a stretch of a file and an index that are damaged.
func TestVerify(t *testing.T) {
	t.Parallel()
	dir := bigArchive(t)
	sealed := filepath.Join(dir, "actions-2026-11-21.jsonl.gz")
	if r := run(t, "verify", dir); r.status != 0 || r.stdout != "" || !strings.Contains(r.stderr, "5000 lines") || !strings.Contains(r.stderr, "1 indexes: all is well") {
		t.Errorf("what is whole: %+v", r)
	}
	if r := run(t, "verify", t.TempDir()); r.status != 1 {
		t.Errorf("nothing: %+v", r)
	}
	flip(t, sealed+".idx")
	if r := run(t, "verify", dir); r.status != 2 || strings.Count(r.stdout, `"kind":"index"`) != 1 {
		t.Errorf("an index: %+v", r)
	}
	flip(t, sealed)
	if r := run(t, "verify", dir); r.status != 2 || !strings.Contains(r.stdout, `"file":"actions-2026-11-21.jsonl.gz","kind":"file"`) {
		t.Errorf("a stretch: %+v", r)
	}
	plain := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(plain, []byte("{\"\x1b\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := run(t, "verify", "--format", "table", plain)
	if r.status != 2 || !strings.Contains(r.stdout, "x.jsonl:1") || !strings.Contains(r.stderr, "1 are damaged") {
		t.Errorf("a line: %+v", r)
	}
	noControls(t, r.stdout)
}

// flip changes one byte in the middle of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0xff
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
