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
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship/internal/receiver"
)

// proxy is a connection to a far side that can be disturbed.
type proxy struct {
	t    *testing.T
	api  string
	addr string // what stands for the far side
}

// startProxy starts a toxiproxy, which stops with the test, before the server at
// the address.
func startProxy(t *testing.T, upstream string) *proxy {
	t.Helper()
	program := receiver.Tool(t, "toxiproxy-server", "archive/ship/tools.sh")
	_, port, err := net.SplitHostPort(receiver.FreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, api: "http://127.0.0.1:" + port, addr: receiver.FreeAddr(t)}
	cmd := exec.Command(program, "-host", "127.0.0.1", "-port", port)
	cmd.Env = append(os.Environ(), "LOG_LEVEL=error")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		http.DefaultClient.CloseIdleConnections()
		if t.Failed() {
			t.Logf("toxiproxy says: %s", &log)
		}
	})
	receiver.Until(t, "toxiproxy listens", func() bool {
		res, err := http.Get(p.api + "/version")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
	p.ask("POST", "/proxies", map[string]any{"name": "far", "listen": p.addr, "upstream": upstream, "enabled": true})
	return p
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

// poison disturbs the connections in a way of the proxy's.
func (p *proxy) poison(kind, stream string, attributes map[string]any) {
	p.t.Helper()
	p.ask("POST", "/proxies/far/toxics", map[string]any{"name": kind, "type": kind, "stream": stream, "toxicity": 1.0, "attributes": attributes})
}

func (p *proxy) cure(kind string) {
	p.t.Helper()
	p.ask("DELETE", "/proxies/far/toxics/"+kind, nil)
}

// outages are the ways in which a far side is away.
var outages = []struct {
	name       string
	begin, end func(*proxy)
}{
	{
		"down",
		func(p *proxy) { p.ask("POST", "/proxies/far", map[string]any{"enabled": false}) },
		func(p *proxy) { p.ask("POST", "/proxies/far", map[string]any{"enabled": true}) },
	},
	{ // takes everything and answers nothing
		"black-hole",
		func(p *proxy) { p.poison("timeout", "upstream", map[string]any{"timeout": 0}) },
		func(p *proxy) { p.cure("timeout") },
	},
	{ // the far side has taken what was sent, and the answer is lost
		"reset",
		func(p *proxy) { p.poison("reset_peer", "downstream", map[string]any{"timeout": 0}) },
		func(p *proxy) { p.cure("reset_peer") },
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
		o.begin(p)
		began, before := time.Now(), delivered()
		time.Sleep(1500 * time.Millisecond)
		o.end(p)
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
