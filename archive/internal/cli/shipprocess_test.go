//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"

	"github.com/creack/pty"
)

// TestShipFollows follows an archive until Ctrl-C, tells metrics meanwhile, and goes
// on where it was.
func TestShipFollows(t *testing.T) {
	t.Parallel()
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "copy.jsonl")
	w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	n := 0
	write := func(count int) {
		t.Helper()
		var batch []storage.Action
		for range count {
			n++
			batch = append(batch, storage.Action{Time: time.Now(), Service: "S", Action: "a", Status: storage.Success, ID: storage.ID(fmt.Sprintf("id-%06d", n))})
		}
		if err := w.Write(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
	}
	lines := func() int {
		b, _ := os.ReadFile(path)
		return bytes.Count(b, []byte("\n"))
	}
	reach := func(want int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); lines() < want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d lines are there, want %d", lines(), want)
			}
		}
	}
	write(10)
	for round := range 2 {
		cmd := command(t, "ship", "file", "--linger", "10ms", "--metrics", "127.0.0.1:0", path, dir)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(stderr)
		url := ""
		for url == "" && said.Scan() {
			_, url, _ = strings.Cut(said.Text(), "metrics on ")
		}
		write(5)
		if round == 0 {
			if err := w.Rotate(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		write(5)
		reach(n)
		wantMetrics(t, url, n)
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(stderr)
		if err := cmd.Wait(); err != nil {
			t.Errorf("after Ctrl-C: %v, %s", err, rest)
		}
	}
	if got := lines(); got != n {
		t.Errorf("%d lines are there, want %d", got, n)
	}
}

// wantMetrics waits until the metrics tell that so many actions were delivered.
func wantMetrics(t *testing.T, url string, delivered int) {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	want := []string{
		fmt.Sprintf(`actionlog_sink_written_actions_total{sink="file"} %d`+"\n", delivered),
		`actionlog_sink_lag_actions{sink="file"} 0` + "\n",
		`actionlog_sink_failing{sink="file"} 0` + "\n",
		"# TYPE actionlog_ship_lag_seconds gauge\n",
	}
	var text []byte
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		text, err = io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, err)
		}
		missing := false
		for _, line := range want {
			missing = missing || !bytes.Contains(text, []byte(line))
		}
		if !missing {
			return
		}
	}
	t.Errorf("the metrics are\n%s\nwant\n%s", text, want)
}

// TestShipClosedPipe ends quietly when the reader goes away, and what was not taken
// is sent the next time.
func TestShipClosedPipe(t *testing.T) {
	t.Parallel()
	dir := bigArchive(t)
	cmd := command(t, "ship", "stdout", dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.ReadFull(pipe, make([]byte, 10))
	pipe.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, %s", err, &stderr)
	}
	cmd = command(t, "ship", "stdout", "--once", dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if list := shippedIDs(t, string(out)); len(list) < 4000 || list[len(list)-1] != many(5000)[4999].ID {
		t.Errorf("%d came the second time", len(list))
	}
}

// TestShipTerminal shows how it goes on a terminal, in one line.
func TestShipTerminal(t *testing.T) {
	t.Parallel()
	dir, path := newArchive(t), filepath.Join(t.TempDir(), "copy.jsonl")
	cmd := command(t, "ship", "file", path, dir)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	var out []byte
	for buf := make([]byte, 4096); !bytes.Contains(out, []byte("60 delivered, ")); {
		n, err := f.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, out)
		}
		out = append(out, buf[:n]...)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(f) // ends with EIO
	out = append(out, rest...)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
	if !regexp.MustCompile(`\r\x1b\[K60 delivered, \d+ a second, 0 behind`).Match(out) || !bytes.Contains(out, []byte("file: 60 delivered\r\n")) {
		t.Errorf("shown is %q", out)
	}
}

// TestShipOutage tells of a far side that is away, once, and that Ctrl-C ends the
// waiting with 130 where the end was asked for.
func TestShipOutage(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	cmd := command(t, "ship", "loki", "--once", "http://127.0.0.1:1", dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() && !strings.Contains(said.Text(), "60 actions are sent again in ") {
	}
	if !strings.Contains(said.Text(), "connection refused") {
		t.Errorf("it says %q", said.Text())
	}
	time.Sleep(1500 * time.Millisecond) // it is tried again, and not told again
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(stderr)
	said2 := ""
	for said.Scan() {
		said2 += said.Text() + "\n"
	}
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 || strings.Contains(said2+string(rest), "sent again") || !strings.Contains(said2+string(rest), "0 delivered, 60 left") {
		t.Errorf("the status is %d, and it said %s%s", got, said2, rest)
	}
}
