package s3test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

// Proxy stands before a server and does to connections what networks do.
type Proxy struct {
	URL  string
	Addr string

	api string
}

// StartProxy starts a proxy before an address.
func StartProxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	path := tool(t, "toxiproxy-server")
	api := start(t, path, func(addr string) []string {
		host, port := split(addr)
		return []string{"-host", host, "-port", port}
	})
	p := &Proxy{api: "http://" + api, Addr: freeAddr(t)}
	p.URL = "http://" + p.Addr
	p.call(t, http.MethodPost, "/proxies", map[string]any{"name": "p", "listen": p.Addr, "upstream": upstream, "enabled": true})
	return p
}

func split(addr string) (host, port string) {
	for i := len(addr) - 1; i >= 0; i-- {
		if addr[i] == ':' {
			return addr[:i], addr[i+1:]
		}
	}
	return addr, ""
}

// Add does something to a share of the connections from now on: latency,
// bandwidth, reset_peer, limit_data, with the attributes that each has. stream is
// upstream or downstream. It cannot be undone, as the program may hang then; for
// something else, start another proxy.
func (p *Proxy) Add(t testing.TB, kind, stream string, share float64, attributes map[string]any) {
	t.Helper()
	p.call(t, http.MethodPost, "/proxies/p/toxics", map[string]any{
		"name": kind + "-" + stream, "type": kind, "stream": stream, "toxicity": share, "attributes": attributes,
	})
}

// Enable opens the proxy, or cuts all connections and refuses new ones.
func (p *Proxy) Enable(t testing.TB, on bool) {
	t.Helper()
	p.call(t, http.MethodPost, "/proxies/p", map[string]any{"enabled": on})
}

// call asks the proxy for something. It may be called by any goroutine.
func (p *Proxy) call(t testing.TB, method, path string, body map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return
	}
	req, err := http.NewRequest(method, p.api+path, bytes.NewReader(text))
	if err != nil {
		t.Error(err)
		return
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		t.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
}
