package archive_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// endless gives a line that never ends, and ends a context meanwhile.
type endless struct {
	t      *testing.T
	left   int
	cancel context.CancelFunc
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left--; e.left == 0 {
		e.cancel()
	}
	if e.left < -1000 {
		e.t.Error("still being read long after the context has ended")
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestContextEndsInput ends a context while input is read that has no whole line.
func TestContextEndsInput(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	a := archive.OpenReader(&endless{t, 100, cancel}, "input")
	if _, err := a.Search(ctx, storage.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	a = archive.OpenReader(&endless{t, 100, cancel}, "input")
	var last error
	for _, last = range a.Actions(ctx, storage.Query{}) {
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("actions: %v", last)
	}
}

// TestTailPassesLongLineOnce appends a line that is too long: it is told once,
// and what follows is numbered right.
func TestTailPassesLongLineOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "actions-2026-11-22.jsonl")
	m := newMaker(day0)
	put(t, path, lines(m.next(3)))
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tail := a.Tail(ctx, storage.Query{Limit: 1})
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	add := func(text string) {
		if _, err := f.WriteString(text); err != nil {
			t.Error(err)
		}
	}
	add(strings.Repeat("x", 40<<20) + "\n")
	time.AfterFunc(1500*time.Millisecond, func() { add("bad\n" + lines(m.next(1))) })
	var problems []error
	n := 0
	for _, err := range tail {
		if err != nil {
			problems = append(problems, err)
		} else {
			n++
		}
	}
	if n != 1 {
		t.Errorf("got %d actions", n)
	}
	wantProblems(t, problems, []string{"actions-2026-11-22.jsonl:4: ", "actions-2026-11-22.jsonl:5: "})
}
