package ship_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actionlog/archive/ship"
	"actionlog/storage"
)

func openFile(t testing.TB, path string) *ship.File {
	t.Helper()
	f, err := ship.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func deliver(t testing.TB, to ship.Destination, list []storage.Action) {
	t.Helper()
	out, err := to.Deliver(t.Context(), list)
	if err != nil || len(out.Retry)+len(out.Refused) > 0 {
		t.Fatal(out, err)
	}
}

func wantFile(t testing.TB, path string, want []storage.Action) {
	t.Helper()
	if got := linesOf(t, path); !slices.Equal(got, ids(want)) {
		t.Fatalf("%s has %d lines, want %d", path, len(got), len(want))
	}
}

// TestFile appends, and what is there already is not written again.
func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "copy.jsonl")
	list := newMaker().next(30)
	f := openFile(t, path)
	deliver(t, f, list[:10])
	deliver(t, f, list[10:20])
	if _, err := ship.OpenFile(path); err == nil || !strings.Contains(err.Error(), "another delivery") {
		t.Errorf("it is opened twice: %v", err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	f = openFile(t, path)
	deliver(t, f, list[12:20]) // all of it is there
	deliver(t, f, list[15:])
	wantFile(t, path, list)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if text, err := f.Preview(&list[0]); err != nil || !strings.HasPrefix(readFile(t, path), string(text)) {
		t.Errorf("the preview is %s, %v", text, err)
	}
}

// TestFileMends cuts off what a crash left, and nothing else.
func TestFileMends(t *testing.T) {
	t.Parallel()
	list := newMaker().next(3)
	line := func(i int) string { return string(list[i].AppendJSON(nil)) + "\n" }
	zeros := strings.Repeat("\x00", 5000)
	for _, c := range []struct {
		name, text string
		left       int // lines; negative if it is refused
	}{
		{"whole", line(0) + line(1), 2},
		{"torn", line(0) + line(1)[:50], 1},
		{"torn-at-once", line(0) + "{", 1},
		{"torn-first", line(0)[:30], 0},
		{"zeros-behind", line(0) + zeros, 1},
		{"zeros-within", line(0) + line(1)[:20] + zeros + line(2), 1},
		{"zeros-alone", zeros, 0},
		{"empty", "", 0},
		{"foreign-end", line(0) + "an end of another kind", -1},
		{"foreign", "no line", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "copy.jsonl")
			writeFile(t, path, c.text)
			f, err := ship.OpenFile(path)
			if c.left < 0 {
				if err == nil || !strings.Contains(err.Error(), path) || readFile(t, path) != c.text {
					t.Errorf("the error is %v, and the file %q", err, readFile(t, path))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			wantFile(t, path, list[:c.left])
			deliver(t, f, list)
			wantFile(t, path, list)
		})
	}
}

// TestFileIsRotated begins a new file where another program renamed it, and takes
// lines for its own that another program appended.
func TestFileIsRotated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "copy.jsonl")
	list := newMaker().next(4)
	f := openFile(t, path)
	deliver(t, f, list[:1])
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	deliver(t, f, list[1:2])
	wantFile(t, path+".1", list[:1])
	wantFile(t, path, list[1:2])
	writeFile(t, path, readFile(t, path)+string(list[2].AppendJSON(nil))+"\n")
	deliver(t, f, list[3:])
	wantFile(t, path, list[1:])
}

// TestFileIsNoFile refuses what is no regular file, and goes on once a folder is
// there again.
func TestFileIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := ship.OpenFile(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := ship.OpenFile(filepath.Join(dir, "none", "copy.jsonl")); err == nil {
		t.Error("no folder is no error")
	}
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, filepath.Join(sub, "copy.jsonl"))
	list := newMaker().next(1)
	if err := os.Rename(sub, sub+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Deliver(t.Context(), list); err == nil {
		t.Error("no error where the folder is gone")
	}
	if err := os.Rename(sub+"-away", sub); err != nil {
		t.Fatal(err)
	}
	deliver(t, f, list)
	wantFile(t, filepath.Join(sub, "copy.jsonl"), list)
}

// broken is a writer that fails after so many bytes.
type broken struct {
	strings.Builder
	left int
}

func (b *broken) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	b.Builder.Write(p[:n])
	if n < len(p) {
		return n, errDown
	}
	return n, nil
}

// TestWriter writes lines, and after a failure begins a new one.
func TestWriter(t *testing.T) {
	t.Parallel()
	list := newMaker().next(3)
	line := func(i int) string { return string(list[i].AppendJSON(nil)) + "\n" }
	out := &broken{left: len(line(0)) + 9}
	w := ship.NewWriter(out)
	if _, err := w.Deliver(t.Context(), list[:2]); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	out.left = 1 << 20
	deliver(t, w, list[1:])
	if want := line(0) + line(1)[:9] + "\n" + line(1) + line(2); out.String() != want {
		t.Errorf("written is %q, want %q", &out.Builder, want)
	}
	if text, err := w.Preview(&list[0]); err != nil || string(text) != line(0) {
		t.Errorf("the preview is %s, %v", text, err)
	}
}
