package s3test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// tool returns the path of a program, or ends the test.
func tool(t testing.TB, name string) string {
	t.Helper()
	folder := os.Getenv("ACTIONLOG_TOOLS")
	path := filepath.Join(folder, name)
	_, err := os.Stat(path)
	if folder != "" && err == nil {
		return path
	}
	text := name + " is needed: archive/ship/s3/tools.sh FOLDER brings it, and ACTIONLOG_TOOLS=FOLDER names the folder"
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		t.Fatal(text)
	}
	t.Skip(text)
	return ""
}

// log is what a program writes.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps what is written.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

const (
	startWithin = 20 * time.Second
	startTries  = 3 // a free port may be taken by another before it is listened on
)

// start runs a program that listens on an address until the test is over.
func start(t testing.TB, path string, args func(addr string) []string) (addr string) {
	t.Helper()
	for range startTries {
		addr = freeAddr(t)
		cmd := exec.Command(path, args(addr)...)
		out := &log{}
		cmd.Stdout, cmd.Stderr = out, out
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		stop := func() { cmd.Process.Kill(); <-ended }
		if err := listens(addr, ended); err != nil {
			stop()
			t.Logf("%s: %v\n%s", filepath.Base(path), err, out)
			continue
		}
		t.Cleanup(func() {
			stop()
			if t.Failed() {
				t.Logf("%s:\n%s", filepath.Base(path), out)
			}
		})
		return addr
	}
	t.Fatalf("%s does not start", path)
	return ""
}

// freeAddr returns an address of loopback that nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listens waits until somebody listens on an address.
func listens(addr string, ended <-chan struct{}) error {
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("it has ended")
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not listen on %s within %s", addr, startWithin)
}
