package archive_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"actionlog/archive"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestRefusals holds what is told to who sets an option or names a folder that
// cannot be had. Each is to name the thing and the value, and to say what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the system says it in other words here")
	}
	work := t.TempDir()
	file, folder := filepath.Join(work, "file"), filepath.Join(work, "folder")
	put(t, file)
	for _, dir := range []string{folder, filepath.Join(work, "locked", ".actions.lock")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	open := func(dir string, opts archive.Options) error {
		w, err := archive.OpenWriter(dir, opts)
		if err == nil {
			return errors.Join(err, w.Close())
		}
		return err
	}
	read := func(_ *archive.Archive, err error) error { return err }
	closed, err := archive.OpenWriter(folder, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	once := archive.OpenReader(strings.NewReader(""), "stdin")
	if _, err := once.Search(t.Context(), storage.Query{}); err != nil {
		t.Fatal(err)
	}
	ask := func(a *archive.Archive, q storage.Query) error {
		_, err := a.Search(context.Background(), q)
		return err
	}

	var got strings.Builder
	for _, tt := range []struct {
		what string
		err  error
	}{
		{"Options{Rotation: 7}", open(folder, archive.Options{Rotation: 7})},
		{"Options{Sync: 7}", open(folder, archive.Options{Sync: 7})},
		{"Options{SyncEvery: -1}", open(folder, archive.Options{SyncEvery: -1})},
		{"Options{MaxFileSize: -1}", open(folder, archive.Options{MaxFileSize: -1})},
		{"Options{MaxBytes: -1}", open(folder, archive.Options{MaxBytes: -1})},
		{"Options{MinFreeBytes: -1}", open(folder, archive.Options{MinFreeBytes: -1})},
		{"OpenWriter of a file", open(file, archive.Options{})},
		{"OpenWriter below a file", open(filepath.Join(file, "below"), archive.Options{})},
		{"OpenWriter of the empty name", open("", archive.Options{})},
		{"OpenWriter where a folder has the lock's name", open(filepath.Join(work, "locked"), archive.Options{})},
		{"Write after Close", closed.Write(context.Background(), newMaker(day0).next(1))},
		{"Sync after Close", closed.Sync(context.Background())},
		{"Open of nothing", read(archive.Open(filepath.Join(work, "nothing")))},
		{"Open of a file", read(archive.Open(file))},
		{"OpenFiles of a folder", read(archive.OpenFiles(folder))},
		{"OpenFiles of nothing", read(archive.OpenFiles(filepath.Join(work, "nothing")))},
		{"Search by an unknown status", ask(good, storage.Query{Status: "broken"})},
		{"Search by an unknown order", ask(good, storage.Query{Sort: "time"})},
		{"Search with a cursor of another query", ask(good, storage.Query{Cursor: "x"})},
		{"Search of what can be read only once", ask(once, storage.Query{})},
	} {
		if tt.err == nil {
			t.Errorf("%s: nothing is wrong with it", tt.what)
			continue
		}
		fmt.Fprintf(&got, "%s\n\t%s\n", tt.what, strings.ReplaceAll(tt.err.Error(), work, "work"))
	}
	path := filepath.Join("testdata", "errors.txt")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
