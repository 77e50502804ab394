package ship_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/archive/ship"
)

// TestFullDisk fills the disk of the file that is delivered to and of the
// checkpoint: nothing is half written, and delivery goes on when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=256k"); err != nil {
		why := fmt.Sprintf("a small disk needs root, and mount says: %v", err)
		if os.Getenv("ACTIONLOG_FULL") == "1" {
			t.Fatal("full check: " + why)
		}
		t.Skip(why)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(small, "ballast")
	writeFile(t, ballast, strings.Repeat("x", 160<<10))
	dir, list := newArchive(t, 500)
	path := filepath.Join(small, "copy.jsonl")
	opts := fast()
	opts.Checkpoint = filepath.Join(small, "checkpoint")
	failed := make(chan error, 10_000)
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Retrying || e.Kind == ship.Failure {
			failed <- e.Err
		}
	}
	s := open(t, dir, openFile(t, path), opts)
	r := run(t, s)
	select {
	case err := <-failed:
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("the error is %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the disk does not become full")
	}
	if got := linesOf(t, path); len(got) >= 500 || len(got) == 0 { // which are whole
		t.Fatalf("%d lines are there", len(got))
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); s.Status().Delivered < 500; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the status is %+v", s.Status())
		}
	}
	r.end(t)
	wantFile(t, path, list)
	closeShipper(t, s)
}
