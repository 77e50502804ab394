package dataset_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"actionlog/archive"
	"actionlog/archive/internal/dataset"
	"actionlog/storage"
)

var small = dataset.Options{Count: 12_000, Days: 2}

func TestWriteForms(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "set")
	told := 0
	if err := dataset.Write(t.Context(), dir, small, dataset.Forms, func(done int) { told = done }); err != nil {
		t.Fatal(err)
	}
	if told != small.Count {
		t.Errorf("%d actions were reported last", told)
	}
	want := text(small)
	for _, form := range dataset.Forms {
		var got []byte
		for _, day := range []string{"16", "17"} {
			path := filepath.Join(dir, form, "actions-2026-11-"+day+".jsonl")
			if form != dataset.Lines {
				path += ".gz"
			}
			got = append(got, read(t, path)...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the form %s has other lines than the stream", form)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, dataset.Gzip, "actions-2026-11-16.jsonl.gz")); err != nil || bytes.Count(b, []byte("\x1f\x8b\x08")) > 2 {
		t.Errorf("the gzip looks like several members, %v", err)
	}
	a, err := archive.Open(filepath.Join(dir, dataset.Archive))
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Verify(t.Context(), func(f archive.Finding) { t.Errorf("the archive has the finding %+v", f) })
	if err != nil || v.Files != 2 || v.Indexes != 2 || v.Lines != int64(small.Count) {
		t.Errorf("verified is %+v, %v", v, err)
	}
	for _, day := range []string{"16", "17"} {
		if _, err := os.Stat(filepath.Join(dir, dataset.Archive, "actions-2026-11-"+day+".jsonl.gz.idx")); err != nil {
			t.Error(err)
		}
	}
	page, err := a.Search(t.Context(), storage.Query{Status: storage.Failed, Limit: storage.NoLimit})
	if want := bytes.Count(want, []byte(`"status":"failed"`)); err != nil || len(page.Actions) != want {
		t.Errorf("%d failed are found, %v; want %d", len(page.Actions), err, want)
	}
}

func TestWriteTwiceTheSame(t *testing.T) {
	t.Parallel()
	var sums [2]string
	for i := range sums {
		dir := filepath.Join(t.TempDir(), "set")
		if err := dataset.Write(t.Context(), dir, small, dataset.Forms, nil); err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		paths, _ := filepath.Glob(filepath.Join(dir, "*", "actions*"))
		if len(paths) != 8 {
			t.Fatalf("the files are %q", paths)
		}
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			h.Write(b)
		}
		sums[i] = string(h.Sum(nil))
	}
	if sums[0] != sums[1] {
		t.Error("the files of the same options differ")
	}
}

func TestWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		forms []string
		opts  dataset.Options
		ends  int // after how many actions the context ends
		want  string
	}{
		{"interrupted", dataset.Forms, dataset.Options{Count: 100_000}, 50_000, "context canceled"},
		{"interrupted-at-once", dataset.Forms, small, 1, "context canceled"},
		{"no-form", nil, small, 0, "no form is asked for; allowed are archive, lines, gzip"},
		{"unknown-form", []string{"archive", "zip"}, small, 0, `form "zip" is unknown; allowed are archive, lines, gzip`},
		{"bad-option", dataset.Forms, dataset.Options{Days: -1}, 0, "data set option Days is -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := dataset.Write(ctx, filepath.Join(parent, "set"), c.opts, c.forms, func(done int) {
				if done >= c.ends {
					cancel()
				}
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
			if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
				t.Errorf("%v was left, %v", left, err)
			}
		})
	}
	dir := t.TempDir()
	if err := dataset.Write(t.Context(), dir, small, dataset.Forms, nil); err == nil || !strings.Contains(err.Error(), "it is there already") {
		t.Errorf("over a folder that is there: %v", err)
	}
	if err := dataset.Write(t.Context(), filepath.Join(dir, "a", "b"), small, dataset.Forms, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}

// read returns the text of a file.
func read(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
