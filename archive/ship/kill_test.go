package ship_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
)

// helperProcess delivers an archive to the file that is the argument, until it is
// killed or its input ends.
func helperProcess(dir string) int {
	file, err := ship.OpenFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := ship.Open(dir, file, ship.Options{Batch: 37, Linger: time.Millisecond, Poll: time.Millisecond})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := s.Run(ctx); ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killsVar is how often TestKilled kills, instead of 25 times.
const killsVar = "ACTIONLOG_SHIP_KILLS"

// TestKilled kills a shipper again and again at random moments, while the archive
// is written and rotated: in the end the file has every action, once.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "copy.jsonl")
	w := openWriter(t, dir, archive.Options{MaxFileSize: 100_000})
	m := newMaker()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			if err := w.Write(context.Background(), m.next(1+int(m.n%50))); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	kills := 25
	if n, err := strconv.Atoi(os.Getenv(killsVar)); err == nil {
		kills = n
	}
	for range kills {
		cmd := exec.Command(os.Args[0], path)
		cmd.Env = append(os.Environ(), helperVar+"="+dir)
		cmd.Stderr = os.Stderr
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Millisecond + rand.N(120*time.Millisecond))
		cmd.Process.Kill()
		if cmd.Wait(); cmd.ProcessState.ExitCode() == 1 {
			t.Error("the shipper ended by itself")
		}
		stdin.Close()
	}
	close(stop)
	<-done
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, openFile(t, path), ship.Options{})
	catchUp(t, s)
	got := linesOf(t, path)
	slices.Sort(got)
	if once := slices.Compact(slices.Clone(got)); len(got) != int(m.n) || len(once) != len(got) {
		t.Errorf("the file has %d lines, %d distinct; want %d", len(got), len(once), m.n)
	}
	t.Logf("%d actions over %d kills; the status counts %d", m.n, kills, s.Status().Delivered)
}
