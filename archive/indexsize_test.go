package archive_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"actionlog/archive"
)

// TestIndexHoldsAll seals the lines of a busy system, and wants every part of
// the index to be there, within the tenth that it may have.
func TestIndexHoldsAll(t *testing.T) {
	t.Parallel()
	const hours = 3
	dir := t.TempDir()
	gz := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	sealed := packed(t, lines(newLoad(1, day0).hours(hours)))
	put(t, gz, string(sealed))
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Reindex(context.Background(), false, nil); err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(gz + ".idx")
	if err != nil {
		t.Fatal(err)
	}
	share := func(n int) float64 { return 100 * float64(n) / float64(len(sealed)) }
	t.Logf("%d bytes of gzip, %.1f an action; index %.2f %%", len(sealed), float64(len(sealed))/float64(hours*loadPerHour), share(len(index)))
	for _, s := range archive.IndexSizes(index) {
		t.Logf("%12s %9d bytes, %.3f %%", s.Name, s.Size, share(s.Size))
		if s.Size == 0 {
			t.Errorf("the index has no %s", s.Name)
		}
	}
	if len(index) > len(sealed)/10 {
		t.Errorf("the index has %.2f %% of the file", share(len(index)))
	}
}
