//go:build unix

package ship_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship/internal/receiver"
)

// proxy is a connection to a far side that can be disturbed. What disturbs it is
// exchanged together with the toxiproxy, because that can hang for ever when it is to
// leave off while connections are open.
type proxy struct {
	t        *testing.T
	addr     string // what stands for the far side
	upstream string // the far side
	usual    []toxic
	api      string
	cmd      *exec.Cmd // nil while none runs
	log      bytes.Buffer
}

// toxic is a way of toxiproxy's to disturb connections.
type toxic struct {
	kind, stream string
	attributes   map[string]any
}

// startProxy starts a toxiproxy, which stops with the test, before the server at
// the address. usual is how connections are disturbed at all times.
func startProxy(t *testing.T, upstream string, usual ...toxic) *proxy {
	t.Helper()
	p := &proxy{t: t, addr: receiver.FreeAddr(t), upstream: upstream, usual: usual}
	t.Cleanup(func() {
		p.stop()
		http.DefaultClient.CloseIdleConnections()
		if t.Failed() {
			t.Logf("toxiproxy says: %s", &p.log)
		}
	})
	p.start()
	return p
}

// start starts a toxiproxy that disturbs in the usual ways and in others.
func (p *proxy) start(more ...toxic) {
	p.t.Helper()
	program := receiver.Tool(p.t, "toxiproxy-server", "archive/ship/tools.sh")
	_, port, err := net.SplitHostPort(receiver.FreeAddr(p.t))
	if err != nil {
		p.t.Fatal(err)
	}
	p.api = "http://127.0.0.1:" + port
	p.cmd = exec.Command(program, "-host", "127.0.0.1", "-port", port)
	p.cmd.Env = append(os.Environ(), "LOG_LEVEL=error")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		p.t.Fatal(err)
	}
	receiver.Until(p.t, "toxiproxy listens", func() bool {
		res, err := http.Get(p.api + "/version")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
	p.ask("POST", "/proxies", map[string]any{"name": "far", "listen": p.addr, "upstream": p.upstream, "enabled": false})
	for _, x := range append(slices.Clone(p.usual), more...) {
		p.ask("POST", "/proxies/far/toxics", map[string]any{"name": x.kind, "type": x.kind, "stream": x.stream, "toxicity": 1.0, "attributes": x.attributes})
	}
	p.ask("POST", "/proxies/far", map[string]any{"enabled": true})
}

// stop ends the toxiproxy, and with it all connections.
func (p *proxy) stop() {
	if p.cmd != nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		p.cmd = nil
	}
}

// ask sends a request to the proxy's own interface.
func (p *proxy) ask(method, path string, body any) {
	p.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(method, p.api+path, bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		text, _ := io.ReadAll(res.Body)
		p.t.Fatalf("%s %s: %s: %s", method, path, res.Status, text)
	}
}

// outages are the ways in which a far side is away.
var outages = []struct {
	name  string
	begin func(*proxy)
}{
	{"down", func(*proxy) {}},
	{ // takes everything and answers nothing
		"black-hole",
		func(p *proxy) { p.start(toxic{"timeout", "upstream", map[string]any{"timeout": 0}}) },
	},
	{ // the far side has taken what was sent, and the answer is lost
		"reset",
		func(p *proxy) { p.start(toxic{"reset_peer", "downstream", map[string]any{"timeout": 0}}) },
	},
}

// host returns the address of a URL.
func host(url string) string { return strings.TrimPrefix(url, "http://") }

// disturb has one outage after the other, and between the first two whatever kill
// does, each once so many actions were delivered.
func (p *proxy) disturb(total int, delivered func() int, kill func()) {
	p.t.Helper()
	for i, o := range outages {
		p.reach(delivered, total*(1+2*i)/8)
		p.stop()
		o.begin(p)
		began, before := time.Now(), delivered()
		time.Sleep(1500 * time.Millisecond)
		p.stop()
		p.start()
		p.t.Logf("%s for %s, with %d delivered", o.name, time.Since(began).Round(10*time.Millisecond), before)
		if i == 0 {
			p.reach(delivered, total*2/8)
			kill()
		}
	}
}

func (p *proxy) reach(delivered func() int, n int) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); delivered() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%d actions were delivered in two minutes, want %d", delivered(), n)
		}
	}
}
