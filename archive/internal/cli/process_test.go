//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"

	"github.com/creack/pty"
)

// binary builds the command once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "actionlog")
	if err != nil {
		return "", err
	}
	removeBinary = func() { os.RemoveAll(dir) }
	path := filepath.Join(dir, "actionlog")
	out, err := exec.Command("go", "build", "-o", path, "actionlog/archive/cmd/actionlog").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "NO_COLOR=", "TERM=xterm", "COLUMNS=")
	return cmd
}

// onTerminal returns what a command writes to a terminal of 100 columns.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	var out bytes.Buffer
	io.Copy(&out, f) // ends with EIO
	cmd.Wait()
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// TestTerminal holds that a terminal gets a table within its width and in
// colours of our own, and nothing of strangers raw.
func TestTerminal(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	out := onTerminal(t, command(t, "search", "--status", "failed", "--limit", "2", dir))
	if !strings.Contains(out, "\x1b[31mfailed\x1b[0m") || !strings.Contains(out, "TIME") {
		t.Errorf("no coloured table: %q", out)
	}
	colours := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[1m", "", "\x1b[0m", "")
	for _, args := range [][]string{{"search"}, {"search", "--format", "csv"}, {"search", "--format", "jsonl"}, {"search", "--format", "logfmt"}, {"export"}, {"export", "--format", "csv"}} {
		out := colours.Replace(onTerminal(t, command(t, append(args, dir)...)))
		noControls(t, out)
		if strings.ContainsRune(out, '\u202e') {
			t.Errorf("%v: a mark of direction: %q", args, out)
		}
	}
	if out := onTerminal(t, command(t, "export", "--format", "parquet", dir)); !strings.Contains(out, "-o") {
		t.Errorf("parquet on a terminal: %q", out)
	}
	cmd := command(t, "search", "--status", "failed", dir)
	cmd.Env = append(cmd.Env, "NO_COLOR=1")
	if out := onTerminal(t, cmd); strings.Contains(out, "\x1b") {
		t.Errorf("colour in spite of NO_COLOR: %q", out)
	}
}

// TestClosedPipe ends quietly.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "many.jsonl")
	a := sample()[0]
	line := append(a.AppendJSON(nil), '\n')
	if err := os.WriteFile(path, bytes.Repeat(line, 20_000), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"export"}, {"export", "--format", "csv"}, {"export", "--format", "parquet"}, {"search", "--all", "--sort", "timestamp", "--format", "table"}} {
		cmd := command(t, append(args, path)...)
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
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%v: %v, %s", args, err, &stderr)
		}
	}
}

// TestFollow follows a folder that is written to, over the end of a file.
func TestFollow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	write := func(id string) {
		t.Helper()
		err := w.Write(context.Background(), []storage.Action{{Time: time.Now(), Service: "S", Action: "a", Status: storage.Success, ID: storage.ID(id)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	cmd := command(t, "tail", "-f", dir)
	lines := followed(t, cmd)
	expect := func(id string) {
		t.Helper()
		select {
		case line := <-lines:
			if !strings.Contains(line, `"id":"`+id+`"`) {
				t.Errorf("%s instead of %s", line, id)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s does not come", id)
		}
	}
	expect("first")
	write("second")
	expect("second")
	if err := w.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	write("third")
	expect("third")
	interrupt(t, cmd, 0)
}

// followed starts a command and returns the lines that it writes.
func followed(t *testing.T, cmd *exec.Cmd) <-chan string {
	t.Helper()
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for sc := bufio.NewScanner(pipe); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	return lines
}

// interrupt sends Ctrl-C and waits for the end.
func interrupt(t *testing.T, cmd *exec.Cmd, status int) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Errorf("status after Ctrl-C is %d, not %d", got, status)
	}
}

// TestServeProcess serves until Ctrl-C.
func TestServeProcess(t *testing.T) {
	t.Parallel()
	cmd := command(t, "serve", "--addr", "127.0.0.1:0", newArchive(t))
	lines := followed(t, cmd)
	url := <-lines
	r := run(t, "tail", "-n", "3", url)
	if r.status != 0 || strings.Count(r.stdout, "\n") != 3 {
		t.Errorf("tail of %s: %+v", url, r)
	}
	interrupt(t, cmd, 0)
}
