package ui_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/adminapi/ui"
	"actionlog/storage"
	"actionlog/storage/ring"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token       = "the-token"
	ingestToken = "the-other-token"
)

// backend is an admin API that can be away for a while, and come back at the
// same address with what it knew or without.
type backend struct {
	t    testing.TB
	opts adminapi.Options
	ring ring.Options
	addr string

	mu      sync.Mutex
	actions *ring.Ring
	api     *adminapi.Handler
	server  *http.Server
	served  chan struct{}
	count   int // of actions that were recorded by record
}

func newBackend(t testing.TB, opts adminapi.Options, ringOpts ring.Options) *backend {
	t.Helper()
	b := &backend{t: t, opts: opts, ring: ringOpts, addr: "127.0.0.1:0"}
	b.start(true)
	t.Cleanup(func() {
		b.kill()
		b.api.Close()
		_ = b.actions.Close(context.Background())
	})
	return b
}

func (b *backend) url() string { return "http://" + b.addr + "/action-logs/" }

// start begins to serve, as another process if fresh.
func (b *backend) start(fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if fresh {
		if b.actions != nil {
			b.api.Close()
			_ = b.actions.Close(context.Background())
		}
		b.actions = ring.New(b.ring)
		opts := b.opts
		opts.Store = b.actions
		api, err := adminapi.New(opts)
		if err != nil {
			b.t.Error(err)
			return
		}
		b.api = api
	}
	listener, err := net.Listen("tcp", b.addr)
	if err != nil {
		b.t.Error(err)
		return
	}
	b.addr = listener.Addr().String()
	mux := http.NewServeMux()
	b.api.Register(mux)
	b.server, b.served = &http.Server{Handler: mux}, make(chan struct{})
	go func(server *http.Server, served chan struct{}) {
		defer close(served)
		_ = server.Serve(listener)
	}(b.server, b.served)
}

// kill cuts all connections, and takes no more.
func (b *backend) kill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.server.Close()
	<-b.served
}

// record records n actions, of which every tenth failed. They are numbered by
// their durations, and the first ones by their names, too: of names a ring holds
// not many.
func (b *backend) record(service string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		b.count++
		a := storage.Action{Service: service, Action: "count " + strconv.Itoa(min(b.count, 100)), Duration: time.Duration(b.count) * time.Millisecond}
		if b.count%10 == 0 {
			a.Status, a.Error = storage.Failed, fmt.Sprintf("no place for %d", b.count)
		}
		b.actions.Record(a)
	}
}

// control lets a program have the backend do all that: POST /record, /begin,
// /kill, /start and /restart.
func (b *backend) control(t testing.TB) string {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /record", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		b.record(r.FormValue("service"), n)
	})
	mux.HandleFunc("POST /begin", func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.actions.Begin(b.actions.Intern("Waiting", "GET /wait", "/wait", "GET"), &storage.Start{Method: "GET", Path: "/wait"})
	})
	mux.HandleFunc("POST /kill", func(http.ResponseWriter, *http.Request) { b.kill() })
	mux.HandleFunc("POST /start", func(http.ResponseWriter, *http.Request) { b.start(false) })
	mux.HandleFunc("POST /restart", func(http.ResponseWriter, *http.Request) { b.start(true) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// clientFile writes the client to where Node takes it for a module.
func clientFile(t testing.TB) string {
	t.Helper()
	content, err := fs.ReadFile(ui.Files(), "client.js")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "client.mjs")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// node runs a file of testdata as tests of Node. What it asks for is in its
// environment.
func node(t *testing.T, file string, env map[string]string) {
	t.Helper()
	const how = "Node 20 or later is needed; apt-get install nodejs, or https://nodejs.org, brings it"
	path := browsertest.Tool(t, "node", how)
	version, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(version), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < 20 {
		browsertest.Skip(t, "node is "+strings.TrimSpace(string(version))+"; "+how)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--unhandled-rejections=strict", "--test", "--test-reporter=tap", filepath.Join("testdata", file))
	cmd.Env = append(os.Environ(), "CLIENT="+clientFile(t))
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	// A file that holds no tests is one that passed, to Node.
	if !strings.Contains(out.String(), "\n# fail 0\n") || strings.Contains(out.String(), "\n# tests 0\n") {
		t.Errorf("node tells of no tests:\n%s", out.Bytes())
	}
}

// TestClient has Node call every function of the client.
func TestClient(t *testing.T) {
	t.Parallel()
	plain := newBackend(t, adminapi.Options{Ingest: true}, ring.Options{})
	guarded := newBackend(t, adminapi.Options{Token: token, Ingest: true, IngestToken: ingestToken}, ring.Options{})
	strict := newBackend(t, adminapi.Options{Rate: 0.01, Burst: 1}, ring.Options{})
	types, err := filepath.Abs(filepath.Join("assets", "client.d.ts"))
	if err != nil {
		t.Fatal(err)
	}
	node(t, "client.test.mjs", map[string]string{
		"URL": plain.url(), "CONTROL": plain.control(t), "GUARDED": guarded.url(), "TOKEN": token, "INGEST_TOKEN": ingestToken,
		"STRICT": strict.url(), "TYPES": types,
	})
}

// TestStream has Node follow a server that goes away and comes back.
func TestStream(t *testing.T) {
	t.Parallel()
	plain := newBackend(t, adminapi.Options{}, ring.Options{Window: 100, Backlog: 128})
	guarded := newBackend(t, adminapi.Options{Token: token}, ring.Options{})
	node(t, "stream.test.mjs", map[string]string{
		"URL": plain.url(), "CONTROL": plain.control(t), "GUARDED": guarded.url(), "TOKEN": token,
	})
}

// TestParser has Node read events from a server that sends them in every way
// that is allowed, and in some that are not.
func TestParser(t *testing.T) {
	t.Parallel()
	node(t, "events.test.mjs", nil)
}

// TestTypes has the compiler of TypeScript check the types, and a program that
// uses all of them.
func TestTypes(t *testing.T) {
	t.Parallel()
	browsertest.Tool(t, "node", "apt-get install nodejs, or https://nodejs.org, brings it")
	compiler := browsertest.Module(t, "typescript/bin/tsc")
	dir := t.TempDir()
	for _, name := range []string{"client.d.ts", "client.js"} {
		content, err := fs.ReadFile(ui.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program, err := os.ReadFile(filepath.Join("testdata", "program.ts"))
	if err != nil {
		t.Fatal(err)
	}
	compile := func(program string) (string, error) {
		if err := os.WriteFile(filepath.Join(dir, "program.ts"), []byte(program), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node", compiler, "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess",
			"--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "", "client.d.ts", "program.ts")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := compile(string(program)); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	wrong := []string{
		"search({ servise: 'a' })", "getRecentActions('10')", "stream({}, (action) => action.nothing)", "exportURL({}, 'xml')",
		"record({ service: 'a' })", "stream({}, () => {}, { onState: (s) => s.state === 'opened' })", "search({ sort: 'service' })",
	}
	out, _ := compile("import { exportURL, getRecentActions, record, search, stream } from './client.js';\n" + strings.Join(wrong, ";\n"))
	for i, line := range wrong {
		if !strings.Contains(out, fmt.Sprintf("program.ts(%d,", i+2)) {
			t.Errorf("this compiles: %s\n%s", line, out)
		}
	}
}
