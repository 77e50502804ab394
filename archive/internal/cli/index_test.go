package cli_test

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIndex makes what is missing, and says of a foreign file that it has none.
func TestIndex(t *testing.T) {
	t.Parallel()
	dir := bigArchive(t)
	indexes, err := filepath.Glob(filepath.Join(dir, "*.idx"))
	if err != nil || len(indexes) == 0 {
		t.Fatalf("indexes %v, %v", indexes, err)
	}
	before := run(t, "stats", dir)
	for _, path := range indexes {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if r := run(t, "stats", dir); r != before {
		t.Errorf("without an index %+v, not %+v", r, before)
	}
	for _, step := range []struct {
		args []string
		says string
	}{
		{[]string{"index", dir}, `"index":"made"`},
		{[]string{"index", dir}, `"index":"unchanged"`},
		{[]string{"index", "--force", dir}, `"index":"made"`},
	} {
		if r := run(t, step.args...); r.status != 0 || strings.Count(r.stdout, step.says) != len(indexes) {
			t.Errorf("%v: %+v", step.args, r)
		}
	}
	if r := run(t, "stats", dir); r != before {
		t.Errorf("with an index %+v, not %+v", r, before)
	}
	if r := run(t, "index", t.TempDir()); r.status != 1 || r.stdout != "" {
		t.Errorf("an empty folder: %+v", r)
	}
	foreign := filepath.Join(t.TempDir(), "foreign.jsonl.gz")
	f, err := os.Create(foreign)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	for _, a := range many(5000) {
		z.Write(append(a.AppendJSON(nil), '\n'))
	}
	z.Close()
	f.Close()
	if r := run(t, "index", foreign); r.status != 2 || !strings.Contains(r.stdout, `"index":"none"`) {
		t.Errorf("a foreign file: %+v", r)
	}
	if r := run(t, "search", foreign); r.status != 0 {
		t.Errorf("a foreign file: %+v", r)
	}
}
