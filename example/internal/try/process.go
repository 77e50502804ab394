package try

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a program may take to start, or to stop.
const patience = 30 * time.Second

// Build builds the package with go build, and returns the path of the program,
// which is removed at the end of the test. Further arguments are flags of go
// build.
func Build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("nothing can be stopped by a signal here")
	}
	path := filepath.Join(t.TempDir(), "program")
	args := append(append([]string{"build", "-o", path}, flags...), pkg)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return path
}

// Process is a program that runs. It is killed at the end of the test if it
// still does.
type Process struct {
	// URL is where it listens, without a slash at its end; "" if it has not
	// said so.
	URL string

	cmd    *exec.Cmd
	said   transcript
	exited chan struct{}
	err    error // how it ended; valid once exited is closed
}

var listening = regexp.MustCompile(`listens on (http://[^\s/]+)`)

// Start starts a program, and waits until it says where it listens.
func Start(t testing.TB, program string, args ...string) *Process {
	t.Helper()
	p := Run(t, program, args...)
	p.URL = p.Wait(t, listening)
	return p
}

// Run starts a program and waits for nothing.
func Run(t testing.TB, program string, args ...string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(program, args...), exited: make(chan struct{})}
	r, w := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var read sync.WaitGroup
	read.Go(func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			p.said.add(lines.Text())
		}
		_, _ = io.Copy(io.Discard, r) // a line that is too long for the scanner
	})
	go func() {
		p.err = p.cmd.Wait()
		w.Close()
		read.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.exited
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), p.said.text())
		}
	})
	return p
}

// Wait waits until the program has said what the expression matches, and
// returns what its first group does.
func (p *Process) Wait(t testing.TB, what *regexp.Regexp) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m := what.FindStringSubmatch(p.said.text()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-p.exited:
			t.Fatalf("the program ended before it said %q: %v", what, p.err)
		default:
		}
	}
	t.Fatalf("the program has not said %q", what)
	return ""
}

// Said returns what the program has written so far.
func (p *Process) Said() string { return p.said.text() }

// Signal sends a signal and returns how the program ended.
func (p *Process) Signal(t testing.TB, sig syscall.Signal) error {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("the program still runs %v after %v", patience, sig)
	}
	return p.err
}

// Stop ends the program as a service manager does, by SIGTERM, and expects
// that it exits with status 0.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	if err := p.Signal(t, syscall.SIGTERM); err != nil {
		t.Errorf("the program ended with %v after a SIGTERM, want status 0", err)
	}
}

// Do sends a request without a body to a path and returns the answer's status.
func (p *Process) Do(t testing.TB, method, path string) int {
	t.Helper()
	code, _ := Do(t, method, p.URL+path, nil)
	return code
}

// Do sends a request without a body and returns the answer's status and body.
func Do(t testing.TB, method, url string, header http.Header) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return resp.StatusCode, string(body)
}

// FreeAddr returns an address of this machine on which nothing listens.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Reach waits until something listens on an address.
func (p *Process) Reach(t testing.TB, addr string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			p.URL = "http://" + addr
			return
		}
		select {
		case <-p.exited:
			t.Fatalf("the program ended before it listened on %s: %v", addr, p.err)
		default:
		}
	}
	t.Fatalf("nothing listens on %s", addr)
}

// transcript is what a program has written, line by line.
type transcript struct {
	mu    sync.Mutex
	lines []string
}

func (s *transcript) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *transcript) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}
