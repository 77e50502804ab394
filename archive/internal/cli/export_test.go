package cli_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive/internal/cli"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// TestExportFiles holds that a file has the actions and nothing is left beside.
func TestExportFiles(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	for _, name := range []string{"all.jsonl", "all.csv", "all.parquet", "all.other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, name)
			if r := run(t, "export", "-o", path, dir); r.status != 0 || r.stdout != "" || !strings.Contains(r.stderr, "60 actions") {
				t.Fatalf("%+v", r)
			}
			if r := run(t, "export", "-o", path, dir); r.status != 2 || !strings.Contains(r.stderr, "--force") {
				t.Errorf("a file that is there: %+v", r)
			}
			if r := run(t, "export", "-o", path, "--force", "--limit", "7", dir); r.status != 0 || !strings.Contains(r.stderr, "7 actions") {
				t.Errorf("--force: %+v", r)
			}
			onlyFile(t, folder, name)
		})
	}
}

// TestExportToStandardOutput holds that - is no file of that name.
func TestExportToStandardOutput(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	want := run(t, "export", dir)
	if got := run(t, "export", "-o", "-", dir); got != want || got.status != 0 || strings.Count(got.stdout, "\n") != 60 {
		t.Errorf("export -o -: %+v", got)
	}
}

func onlyFile(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(append([]string{}, names...), got); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

// TestParquet reads back what was written.
func TestParquet(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "all.parquet")
	if r := run(t, "export", "-o", path, newArchive(t)); r.status != 0 {
		t.Fatalf("%+v", r)
	}
	type row struct {
		Timestamp time.Time         `parquet:"timestamp,timestamp(nanosecond)"`
		Service   string            `parquet:"service"`
		Error     *string           `parquet:"error,optional"`
		ID        string            `parquet:"id"`
		Duration  int64             `parquet:"durationNs"`
		Code      *int32            `parquet:"code,optional"`
		TraceID   *string           `parquet:"traceId,optional"`
		Attrs     map[string]string `parquet:"attrs,optional"`
	}
	rows, err := parquet.ReadFile[row](path)
	if err != nil {
		t.Fatal(err)
	}
	list := sample()
	if len(rows) != len(list) {
		t.Fatalf("%d rows, not %d", len(rows), len(list))
	}
	for i, a := range list {
		r := rows[i]
		if !r.Timestamp.Equal(a.Time) || r.Service != a.Service || r.ID != string(a.ID) || r.Duration != int64(a.Duration) {
			t.Errorf("row %d is %+v, not %+v", i, r, a)
		}
		if a.Failed() != (r.Error != nil) || r.Error != nil && *r.Error != a.Error {
			t.Errorf("the error of row %d is %v, not %q", i, r.Error, a.Error)
		}
		if (a.HTTP == nil) != (r.Code == nil) || r.Code != nil && int(*r.Code) != a.HTTP.Code {
			t.Errorf("the code of row %d is %v", i, r.Code)
		}
		if a.TraceID.IsZero() != (r.TraceID == nil) || len(a.Attrs) != len(r.Attrs) {
			t.Errorf("row %d has trace %v and attributes %v", i, r.TraceID, r.Attrs)
		}
	}
}

// TestExportNothing writes a whole file of nothing.
func TestExportNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"none.csv", "none.parquet"} {
		if r := run(t, "export", "--service", "Nobody", "-o", filepath.Join(folder, name), newArchive(t)); r.status != 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	onlyFile(t, folder, "none.csv", "none.parquet")
}

// TestExportBroken leaves no part of a file.
func TestExportBroken(t *testing.T) {
	t.Parallel()
	dir, folder := newArchive(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status := cli.Run(ctx, cli.Env{Stdout: io.Discard, Stderr: io.Discard}, []string{"export", "-o", filepath.Join(folder, "x.csv"), dir})
	if status != cli.StatusInterrupted {
		t.Errorf("status %d", status)
	}
	onlyFile(t, folder)
	if r := run(t, "export", "-o", filepath.Join(folder, "no", "x.csv"), dir); r.status != 2 {
		t.Errorf("a folder that there is not: %+v", r)
	}
	if err := os.Symlink("elsewhere", filepath.Join(folder, "link.csv")); err != nil {
		t.Skip(err)
	}
	if r := run(t, "export", "--force", "-o", filepath.Join(folder, "link.csv"), dir); r.status != 2 || !strings.Contains(r.stderr, "no regular file") {
		t.Errorf("a link: %+v", r)
	}
	onlyFile(t, folder, "link.csv")
}

// TestExportDamaged names what it passes over.
func TestExportDamaged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	in, out := filepath.Join(folder, "in.jsonl"), filepath.Join(folder, "out.jsonl")
	a := sample()[0]
	if err := os.WriteFile(in, append(append([]byte("nonsense\n"), a.AppendJSON(nil)...), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "export", "-o", out, in); r.status != 2 || !strings.Contains(r.stderr, "in.jsonl:1") {
		t.Errorf("%+v", r)
	}
	b, err := os.ReadFile(out)
	if err != nil || string(b) != string(a.AppendJSON(nil))+"\n" {
		t.Errorf("wrote %q, %v", b, err)
	}
}
