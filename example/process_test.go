package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// binary is the example, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "actionlog-example")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "example")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is the example, running.
type process struct {
	cmd    *exec.Cmd
	url    string
	name   string // of the requests that load sends
	stderr strings.Builder
	exited chan error
}

var listens = regexp.MustCompile(`listens on (http://\S+)`)

// start runs the example until it listens. It is killed at the end of the test
// if it still runs.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exited: make(chan error, 1)}
	p.cmd = exec.Command(path, append([]string{"-addr", "127.0.0.1:0", "-log", "none"}, args...)...)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.exited
	})
	url := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if m := listens.FindStringSubmatch(lines.Text()); m != nil {
				url <- m[1]
			}
		}
		p.exited <- p.cmd.Wait()
		close(p.exited)
	}()
	select {
	case p.url = <-url:
	case err := <-p.exited:
		t.Fatalf("the example ended before it listened: %v\n%s", err, p.stderr.String())
	case <-time.After(30 * time.Second):
		t.Fatal("the example does not listen")
	}
	return p
}

// stop sends a signal and returns how the process ended.
func (p *process) stop(t *testing.T, sig os.Signal) error {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.exited:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("the example still runs 10 s after %v", sig)
		return nil
	}
}

// load sends requests over conns keep-alive connections until ctx is done or n
// were answered, each with a request id of its own, and returns the ids of
// those answered and when.
func (p *process) load(ctx context.Context, conns int, n int64) map[string]time.Time {
	transport := &http.Transport{MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	answered := map[string]time.Time{}
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range conns {
		wg.Go(func() {
			for i := next.Add(1); i <= n && ctx.Err() == nil; i = next.Add(1) {
				id := fmt.Sprintf("load-%s%d", p.name, i)
				req, err := http.NewRequestWithContext(ctx, "GET", p.url+"/", nil)
				if err != nil {
					return
				}
				req.Header.Set("X-Request-Id", id)
				resp, err := client.Do(req)
				if err != nil {
					continue
				}
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if err == nil {
					mu.Lock()
					answered[id] = time.Now()
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return answered
}

// get decodes the JSON that a path answers.
func (p *process) get(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := http.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", path, resp.Status, err, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("GET %s: %v\n%s", path, err, body)
	}
}

// archived returns how often each request id is in the archive.
func archived(t *testing.T, dir string) map[string]int {
	t.Helper()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for action, err := range a.Actions(context.Background(), storage.Query{Limit: storage.NoLimit}) {
		if err != nil {
			t.Fatalf("read archive: %v", err)
		}
		if action.HTTP != nil {
			times[action.HTTP.RequestID]++
		}
	}
	return times
}

// skip skips a test for what the machine lacks, or fails it in the full check.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		t.Fatalf("full check: %s", why)
	}
	t.Skip(why)
}

// checkJSONLines has zcat and jq read every file of the archive.
func checkJSONLines(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		skip(t, "jq is not installed; apt-get install jq brings it")
	}
	script := `set -o pipefail; shopt -s nullglob; zcat -f "$1"/*.jsonl "$1"/*.jsonl.gz | jq -e . >/dev/null`
	if out, err := exec.Command("bash", "-c", script, "-", dir).CombinedOutput(); err != nil {
		t.Errorf("zcat and jq: %v\n%s", err, out)
	}
}

func TestEveryRequestIsCountedOnce(t *testing.T) {
	t.Parallel()
	requests := int64(50_000)
	if testing.Short() {
		requests = 5000
	}
	dir := filepath.Join(t.TempDir(), "actions")
	p := start(t, "-archive", dir)
	answered := p.load(context.Background(), 64, requests)
	if int64(len(answered)) != requests {
		t.Fatalf("%d of %d requests were answered", len(answered), requests)
	}
	var got struct{ Stats storage.Stats }
	p.get(t, "/action-logs/stats", &got)
	if got.Stats.Lifetime.Total != requests || got.Stats.Total != 1000 {
		t.Errorf("lifetime is %d and the window %d, want %d and 1000", got.Stats.Lifetime.Total, got.Stats.Total, requests)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("the example ended with %v\n%s", err, p.stderr.String())
	}
	times := archived(t, dir)
	for id := range answered {
		if times[id] != 1 {
			t.Fatalf("request %s is in the archive %d times, want once", id, times[id])
		}
	}
	if len(times) != int(requests) {
		t.Errorf("%d requests are in the archive, want %d", len(times), requests)
	}
	checkJSONLines(t, dir)
}

// TestKillLosesNoMoreThanPromised kills the example in the middle of a load:
// what was answered a second before is in the archive, once, and the next
// start mends what the kill left.
func TestKillLosesNoMoreThanPromised(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "actions")
	p := start(t, "-archive", dir)
	ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
	defer cancel()
	var killed time.Time
	time.AfterFunc(2*time.Second, func() {
		killed = time.Now()
		_ = p.cmd.Process.Kill()
	})
	answered := p.load(ctx, 32, 1<<40)
	<-p.exited
	checkJSONLines(t, dir)

	// The day's file becomes yesterday's, as if the kill had been last night.
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format("actions-2006-01-02.jsonl")
	files, err := filepath.Glob(filepath.Join(dir, "actions-*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files of the archive: %v, %v", files, err)
	}
	if err := os.Rename(files[0], filepath.Join(dir, yesterday)); err != nil {
		t.Fatal(err)
	}
	p = start(t, "-archive", dir)
	again := p.load(context.Background(), 4, 100)
	sealed := filepath.Join(dir, yesterday+".gz")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(sealed); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has not been sealed", sealed)
		}
	}
	if err := p.stop(t, os.Interrupt); err != nil {
		t.Errorf("the example ended with %v\n%s", err, p.stderr.String())
	}
	times := archived(t, dir)
	lost := 0
	for id, at := range answered {
		switch {
		case times[id] > 1 && again[id].IsZero():
			t.Errorf("request %s is in the archive %d times", id, times[id])
		case times[id] == 0 && killed.Sub(at) > time.Second:
			t.Errorf("request %s, answered %v before the kill, is not in the archive", id, killed.Sub(at))
		case times[id] == 0:
			lost++
		}
	}
	t.Logf("%d requests answered, %d of the last moments lost", len(answered), lost)
	if len(answered) < 100 {
		t.Errorf("only %d requests were answered before the kill", len(answered))
	}
	for id := range again {
		if times[id] == 0 {
			t.Errorf("request %s, made after the restart, is not in the archive", id)
		}
	}
	checkJSONLines(t, dir)
}

func TestStopsWhileBusy(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, "-archive", t.TempDir(), "-traffic", "200", "-sample")
			time.Sleep(time.Second)
			if err := p.stop(t, sig); err != nil {
				t.Errorf("the example ended with %v\n%s", err, p.stderr.String())
			}
		})
	}
}

func TestWrongInputIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"taken-port":       {[]string{"-addr", taken.Addr().String(), "-archive", dir}, 1, "port " + taken.Addr().String() + " is taken"},
		"bad-address":      {[]string{"-addr", "here"}, 2, `-addr is "here"; allowed is host:port`},
		"unknown-host":     {[]string{"-addr", "256.0.0.1:0", "-archive", dir}, 1, "256.0.0.1"},
		"port-too-great":   {[]string{"-addr", "127.0.0.1:99999", "-archive", dir}, 1, "with a port from 0 to 65535"},
		"archive-is-file":  {[]string{"-addr", "127.0.0.1:0", "-archive", file}, 1, file},
		"empty-archive":    {[]string{"-archive", ""}, 2, "-archive is empty"},
		"too-much-traffic": {[]string{"-traffic", "5001"}, 2, "-traffic is 5001; allowed is 0 to 5000"},
		"bad-log":          {[]string{"-log", "xml"}, 2, `-log is "xml"; allowed are console, json and none`},
		"argument":         {[]string{"start"}, 2, `argument "start" is not understood`},
		"unknown-flag":     {[]string{"-port", "1"}, 2, "-port"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			ctx, cancel := context.WithCancel(context.Background())
			cancel() // if it starts all the same, it stops at once
			if code := command(ctx, test.args, io.Discard, &stderr); code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("status %d, want %d, and on standard error\n%s\nwant %q", code, test.code, stderr.String(), test.want)
			}
		})
	}
	if code := command(context.Background(), []string{"-help"}, io.Discard, io.Discard); code != 0 {
		t.Errorf("-help: status %d, want 0", code)
	}
}

// TestSeedCommands sends the requests that clients of the API send, word for
// word.
func TestSeedCommands(t *testing.T) {
	t.Parallel()
	p := start(t, "-archive", t.TempDir(), "-sample")
	type answer struct {
		Actions []map[string]any
		Stats   map[string]any
		Message string
	}
	var recent, failed, service, stats answer
	p.get(t, "/action-logs/recent?limit=10", &recent)
	p.get(t, "/action-logs/failed?limit=5", &failed)
	p.get(t, "/action-logs/service/CaseService?limit=20", &service)
	p.get(t, "/action-logs/stats", &stats)
	if len(recent.Actions) != 2 || len(failed.Actions) != 1 || len(service.Actions) != 1 {
		t.Fatalf("%d recent, %d failed, %d of the service; want 2, 1 and 1", len(recent.Actions), len(failed.Actions), len(service.Actions))
	}
	want := map[string]any{
		"timestamp": "2025-11-13T12:05:00Z", "service": "ChatService", "action": "sendMessage",
		"status": "failed", "duration": 250.0, "error": "OpenAI API rate limit exceeded",
	}
	for key, value := range want {
		if got := failed.Actions[0][key]; got != value {
			t.Errorf("%s is %v, want %v", key, got, value)
		}
	}
	if got := service.Actions[0]["error"]; got != nil {
		t.Errorf("the error of a success is %v, want null", got)
	}
	if stats.Stats["total"] != 2.0 || stats.Stats["failed"] != 1.0 || fmt.Sprint(stats.Stats["byService"]) != "map[CaseService:1 ChatService:1]" {
		t.Errorf("stats are %v", stats.Stats)
	}
	resp, err := http.Post(p.url+"/action-logs/clear", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var cleared answer
	if err := json.NewDecoder(resp.Body).Decode(&cleared); err != nil || resp.StatusCode != http.StatusCreated || cleared.Message != "Action logs cleared successfully" {
		t.Errorf("clear: %s %q, %v", resp.Status, cleared.Message, err)
	}
	p.get(t, "/action-logs/recent?limit=10", &recent)
	if len(recent.Actions) != 0 {
		t.Errorf("%d actions after the clear", len(recent.Actions))
	}
	if err := p.stop(t, os.Interrupt); err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Errorf("the example ended with %v\n%s", err, p.stderr.String())
	}
}
