package main_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"actionlog/example/internal/try"

	"github.com/coder/websocket"
)

const (
	token = "correct-horse-battery-staple"
	host  = "service.example.com"
)

// nginx returns the path of nginx, or skips.
func nginx(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("ACTIONLOG_TOOLS"); folder != "" {
		if path := filepath.Join(folder, "proxy/usr/sbin/nginx"); exec.Command(path, "-v").Run() == nil {
			return path
		}
	}
	for _, path := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	say := t.Skip
	if os.Getenv("ACTIONLOG_FULL") != "" {
		say = t.Fatal
	}
	say("there is no nginx; example/proxy/tools.sh FOLDER brings it, ACTIONLOG_TOOLS=FOLDER tells where it is")
	return ""
}

// behind starts nginx with nginx.conf, its ports exchanged, and returns where
// it listens.
func behind(t *testing.T, service string) string {
	t.Helper()
	binary := nginx(t)
	text, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	addr := try.FreeAddr(t)
	conf := string(text)
	for old, now := range map[string]string{"listen 8080;": "listen " + addr + ";", "server 127.0.0.1:8000;": "server " + service + ";"} {
		if strings.Count(conf, old) != 1 {
			t.Fatalf("nginx.conf has not just one %q", old)
		}
		conf = strings.Replace(conf, old, now, 1)
	}
	dir := t.TempDir()
	user := ""
	if os.Geteuid() == 0 { // its workers are somebody else
		user = "user nobody nogroup;"
		for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	main := fmt.Sprintf(`%[2]s
daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	include %[1]s/service.conf;
}
`, dir, user)
	for name, data := range map[string]string{"nginx.conf": main, "service.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := try.Run(t, binary, "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	p.Reach(t, addr)
	t.Cleanup(func() { p.Stop(t) })
	return addr
}

// from returns a client whose connections come from an address of this machine.
func from(t *testing.T, address, proxy string) *http.Client {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", proxy)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

func send(t *testing.T, c *http.Client, method, url string, header ...string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body(header)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] != "body" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}

func body(header []string) string {
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "body" {
			return header[i+1]
		}
	}
	return ""
}

func start(t *testing.T) *try.Process {
	t.Helper()
	t.Setenv("ACTIONLOG_TOKEN", token)
	return try.Start(t, try.Build(t, "."), "-addr", "127.0.0.1:0", "-host", host, "-allow", "127.0.0.2")
}

func TestBehindNginx(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("127.0.0.2 is no address of this machine: %v", err)
	}
	l.Close()
	p := start(t)
	proxy := behind(t, strings.TrimPrefix(p.URL, "http://"))
	_, port, err := net.SplitHostPort(proxy)
	if err != nil {
		t.Fatal(err)
	}
	url, origin := "http://"+host, "http://"+host+":"+port
	mine, other := from(t, "127.0.0.2", proxy), from(t, "127.0.0.3", proxy)
	const auth, bearer = "Authorization", "Bearer " + token

	for _, tt := range []struct {
		name   string
		client *http.Client
		method string
		url    string
		header []string
		want   int
	}{
		{"the-service", other, "GET", url + "/cases/7", nil, 200},
		{"no-token", mine, "GET", url + "/action-logs/recent", nil, 401},
		{"wrong-token", mine, "GET", url + "/action-logs/recent", []string{auth, "Bearer wrong"}, 401},
		{"token", mine, "GET", url + "/action-logs/recent", []string{auth, bearer}, 200},
		{"another-client", other, "GET", url + "/action-logs/recent", []string{auth, bearer}, 403},
		{"forged-address", other, "GET", url + "/action-logs/recent", []string{auth, bearer, "X-Forwarded-For", "127.0.0.2"}, 403},
		{"forged-loopback", other, "GET", url + "/action-logs/recent", []string{auth, bearer, "X-Forwarded-For", "127.0.0.1"}, 403},
		{"forged-forwarded", other, "GET", url + "/action-logs/recent", []string{auth, bearer, "Forwarded", "for=127.0.0.2"}, 403},
		{"another-host", mine, "GET", "http://evil.example/action-logs/recent", []string{auth, bearer}, 403},
		{"page", mine, "GET", url + "/action-logs/", []string{"Accept", "text/html"}, 200},
		{"another-origin", mine, "POST", origin + "/action-logs/login", []string{"Origin", "http://evil.example", "Content-Type", "application/json", "body", `{"token":"` + token + `"}`}, 403},
		{"login", mine, "POST", origin + "/action-logs/login", []string{"Origin", origin, "Content-Type", "application/json", "body", `{"token":"` + token + `"}`}, 204},
		{"clear", mine, "POST", origin + "/action-logs/clear", []string{auth, bearer, "Origin", origin}, 201},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := send(t, tt.client, tt.method, tt.url, tt.header...); got != tt.want {
				t.Errorf("%s %s: %d, want %d", tt.method, tt.url, got, tt.want)
			}
		})
	}

	t.Run("stream", func(t *testing.T) { stream(t, mine, other, url) })
	t.Run("websocket", func(t *testing.T) { socket(t, mine, other, url) })
	t.Run("without-the-proxy", func(t *testing.T) {
		if code, _ := try.Do(t, http.MethodGet, p.URL+"/action-logs/recent", http.Header{auth: {bearer}}); code != http.StatusForbidden {
			t.Errorf("a request that passed no proxy, from an address that is not allowed: %d, want 403", code)
		}
	})
	p.Stop(t)
}

// stream expects of a request that its action comes through nginx while the
// stream is open, and tells the client's address.
func stream(t *testing.T, mine, other *http.Client, url string) {
	req, err := http.NewRequest(http.MethodGet, url+"/action-logs/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := mine.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() {
		t.Fatalf("the stream answers %s and says nothing", resp.Status)
	}
	send(t, other, http.MethodGet, url+"/cases/8", "X-Forwarded-For", "192.0.2.66")
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if !strings.Contains(data, `"path":"/cases/8"`) || !strings.Contains(data, `"remote":"127.0.0.3"`) {
				t.Errorf("the stream says %s, want the path and the client's address, 127.0.0.3", data)
			}
			return
		}
	}
	t.Fatalf("the stream has ended: %v", lines.Err())
}

// socket expects the same of a WebSocket.
func socket(t *testing.T, mine, other *http.Client, url string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	without := *mine
	without.Timeout = 0 // the client's own would end it
	c, _, err := websocket.Dial(ctx, url+"/action-logs/stream", &websocket.DialOptions{
		HTTPClient: &without, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	send(t, other, http.MethodGet, url+"/cases/9")
	_, message, err := c.Read(ctx)
	if err != nil || !strings.Contains(string(message), `"path":"/cases/9"`) {
		t.Errorf("the stream says %s, %v", message, err)
	}
}

func TestSaysWhatIsMissing(t *testing.T) {
	program := try.Build(t, ".")
	for _, tt := range []struct {
		name, token string
		args        []string
		want        string
	}{
		{"no-token", "", []string{"-host", host}, "ACTIONLOG_TOKEN is too short or not set"},
		{"no-host", token, nil, "-host is not given"},
		{"proxies", token, []string{"-host", host, "-proxies", "nginx"}, `-proxies: parse address prefix "nginx": allowed is`},
		{"allow", token, []string{"-host", host, "-allow", "10.0.0.0/33"}, `-allow: parse address prefix "10.0.0.0/33": allowed is`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("ACTIONLOG_TOKEN", tt.token)
			try.Run(t, program, tt.args...).Wait(t, regexp.MustCompile(regexp.QuoteMeta(tt.want)))
		})
	}
}
