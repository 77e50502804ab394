//go:build unix

package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/internal/s3test"
	"actionlog/storage"
)

// hugeArchive returns a folder of a sealed day of some 17 MB.
func hugeArchive(t testing.TB) (dir, base string) {
	t.Helper()
	dir = t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	list := make([]storage.Action, 5400)
	noise := make([]byte, 192)
	for i := range list {
		list[i] = sample1(i % 20)
		list[i].ID = storage.ID(fmt.Sprintf("01kav3d5xq8r2m4c0%010d", i))
		for k := range 16 {
			v := uint64(0)
			for j := range noise {
				if j%8 == 0 {
					v = r.Uint64()
				}
				noise[j], v = byte(v), v>>8
			}
			list[i].Attrs = append(list[i].Attrs, storage.Attr{Key: fmt.Sprintf("k%02d", k), Value: base64.StdEncoding.EncodeToString(noise)})
		}
	}
	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return now.AddDate(0, 0, -2) }, MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(t.Context(), list), w.Rotate(t.Context()), w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, "actions-2026-11-21.jsonl.gz"
}

// pushCommand returns a push by the built program.
func pushCommand(t *testing.T, endpoint, dir string, flags ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"push", "--endpoint", endpoint, "--part-size", "5"}, flags...)
	cmd := command(t, append(args, "s3://backups", dir)...)
	cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID="+s3test.AccessKey, "AWS_SECRET_ACCESS_KEY="+s3test.SecretKey)
	return cmd
}

// partArrived waits until the server has a part of the only upload, which is the
// last and shortest: all are sent at the same time.
func partArrived(t *testing.T, server *s3test.Server) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		parts, _ := filepath.Glob(filepath.Join(server.Folder, "backups", ".sgwtmp", "multipart", "*", "*", "[0-9]*"))
		for _, path := range parts {
			if info, err := os.Stat(path); err == nil && info.Size() > 0 {
				return
			}
		}
	}
	t.Fatal("no part arrives")
}

// TestPushKilled kills a push in the middle of a file, interrupts the next, and
// holds that nothing of the file is visible until another has gone on with it.
func TestPushKilled(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	server.MakeBucket(t, "backups")
	proxy := s3test.StartProxy(t, server.Addr)
	proxy.Add(t, "bandwidth", "upstream", 1, map[string]any{"rate": 2000}) // kB/s of each connection
	dir, base := hugeArchive(t)

	killed := pushCommand(t, proxy.URL, dir)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	partArrived(t, server)
	proxy.Enable(t, false) // what is on its way does not arrive
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait()
	if _, err := os.Stat(server.Path("backups", base)); !os.IsNotExist(err) {
		t.Errorf("half an object is visible: %v", err)
	}

	slow := s3test.StartProxy(t, server.Addr)
	slow.Add(t, "bandwidth", "upstream", 1, map[string]any{"rate": 50}) // so that it is not done for minutes
	broken := pushCommand(t, slow.URL, dir)
	var stderr bytes.Buffer
	broken.Stderr = &stderr
	if err := broken.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	interrupt(t, broken, 130)
	if !strings.Contains(stderr.String(), "broken off; what has arrived of a file is not sent again") {
		t.Errorf("Ctrl-C: %s", &stderr)
	}
	if _, err := os.Stat(server.Path("backups", base)); !os.IsNotExist(err) {
		t.Errorf("half an object is visible: %v", err)
	}

	out, err := pushCommand(t, server.URL, dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	var row struct {
		File, State string
		Bytes, Sent int64
	}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&row); err != nil {
		t.Fatal(err)
	}
	if row.File != base || row.State != "pushed" || row.Sent == 0 || row.Sent >= row.Bytes {
		t.Errorf("%s", out)
	}
	for _, name := range []string{base, base + ".idx"} {
		here, _ := os.ReadFile(filepath.Join(dir, name))
		there, err := os.ReadFile(server.Path("backups", name))
		if err != nil || !bytes.Equal(here, there) {
			t.Errorf("%s is another: %v", name, err)
		}
	}
}

// TestPushOnTerminal holds that people see how far a push is, at which rate and
// how long it takes yet.
func TestPushOnTerminal(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	server.MakeBucket(t, "backups")
	proxy := s3test.StartProxy(t, server.Addr)
	proxy.Add(t, "bandwidth", "upstream", 1, map[string]any{"rate": 2500})
	dir, _ := hugeArchive(t)
	out := onTerminal(t, pushCommand(t, proxy.URL, dir))
	if !strings.Contains(out, "MB/s") || !strings.Contains(out, "s left") || !strings.Contains(out, "STATE") || !strings.Contains(out, "\x1b[32mpushed\x1b[0m") {
		t.Errorf("%q", out)
	}
}

// TestPushWatch pushes what is sealed while it runs, until Ctrl-C.
func TestPushWatch(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	server.MakeBucket(t, "backups")
	dir := bigArchive(t)
	cmd := pushCommand(t, server.URL, dir, "--watch", "--note")
	lines := followed(t, cmd)
	for _, want := range []string{`l.gz","state":"pushed"`, `.idx","state":"pushed"`} {
		if line := <-lines; !strings.Contains(line, want) {
			t.Errorf("%s is not %s", line, want)
		}
	}
	interrupt(t, cmd, 0)
	if _, err := os.Stat(filepath.Join(dir, ".actions-pushed")); err != nil {
		t.Error(err)
	}
}
