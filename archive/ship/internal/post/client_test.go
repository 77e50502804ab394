package post_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/archive/ship/internal/receiver"
)

func TestRequest(t *testing.T) {
	t.Setenv("POST_SECRET", "other")
	p := receiver.Play(t, receiver.Answer{Status: 200, Body: "fine", Header: map[string]string{"X-Answer": "yes"}})
	c := open(t, post.Options{URL: p.URL + "/base/?a=1", Headers: map[string]string{"X-Key": "env:POST_SECRET", "X-Plain": "literal"}})
	reply, err := c.Do(t.Context(), post.Request{
		Path: "/push", Query: url.Values{"b": {"2 3"}}, ContentType: "text/plain", Header: map[string]string{"X-More": "more"}, Body: []byte("hello"),
	})
	if err != nil || !reply.OK() || string(reply.Body) != "fine" || reply.Header.Get("X-Answer") != "yes" || reply.Cut {
		t.Fatalf("%+v, %v", reply, err)
	}
	r := p.Requests()[0]
	got := []string{r.Method, r.Path, r.Query, r.Body}
	for _, name := range []string{"Content-Type", "Content-Encoding", "X-Key", "X-Plain", "X-More", "User-Agent"} {
		got = append(got, r.Header.Get(name))
	}
	want := []string{"POST", "/base/push", "a=1&b=2+3", "hello", "text/plain", "gzip", "other", "literal", "more", "actionlog"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
}

// TestReplyIsBounded has a far side say more than is read.
func TestReplyIsBounded(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t, receiver.Answer{Status: 200, Body: strings.Repeat("x", 1000)})
	c := open(t, post.Options{URL: p.URL})
	for limit, cut := range map[int64]bool{999: true, 1000: false} {
		reply, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x"), Limit: limit})
		if err != nil || int64(len(reply.Body)) != limit || reply.Cut != cut {
			t.Errorf("with limit %d: %d bytes, cut %t, %v", limit, len(reply.Body), reply.Cut, err)
		}
	}
}

// TestEndlessReply has a far side that never ends its answer.
func TestEndlessReply(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	reply, err := open(t, post.Options{URL: s.URL}).Do(t.Context(), post.Request{Path: "/", Body: []byte("x"), Limit: 1000})
	if err != nil || !reply.Cut || cap(reply.Body) > 1<<20 {
		t.Errorf("%d bytes were read, %v", cap(reply.Body), err)
	}
}

// TestURLIsHidden reaches nobody at a URL that holds a short secret.
func TestURLIsHidden(t *testing.T) {
	t.Parallel()
	_, err := open(t, post.Options{URL: "http://" + receiver.FreeAddr(t) + "/abc?key=def"}).Do(t.Context(), post.Request{Path: "/push", Body: []byte("x")})
	if err == nil || strings.Contains(err.Error(), "abc") || strings.Contains(err.Error(), "def") || !strings.Contains(err.Error(), "/…/push: ") {
		t.Errorf("the error is %v", err)
	}
}

// TestConnectionIsKept counts the connections of many requests.
func TestConnectionIsKept(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(strings.Repeat("y", 10_000)))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := open(t, post.Options{URL: s.URL})
	for range 20 {
		if _, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 requests; want 1", n)
	}
}

// TestRedirectIsNotFollowed checks that no secret goes to another host.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Setenv("POST_SECRET", "s3cret")
	other := receiver.Play(t, receiver.Answer{Status: 200})
	p := receiver.Play(t, receiver.Answer{Status: 308, Header: map[string]string{"Location": other.URL + "/x"}})
	c := open(t, post.Options{URL: p.URL, Credential: post.Credential{Option: "Token", Scheme: "Bearer", Secret: "env:POST_SECRET"}})
	reply, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
	if err != nil || reply.Status != 308 || len(other.Requests()) != 0 {
		t.Errorf("%+v, %v, %d requests to the other", reply, err, len(other.Requests()))
	}
}

// TestCookiesAreKept is for load balancers.
func TestCookiesAreKept(t *testing.T) {
	t.Parallel()
	p := receiver.Play(t, receiver.Answer{Status: 200, Header: map[string]string{"Set-Cookie": "node=7"}})
	c := open(t, post.Options{URL: p.URL})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.KeepCookies(jar)
	for range 2 {
		if _, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.Requests()[1].Header.Get("Cookie"); got != "node=7" {
		t.Errorf("the cookie is %q", got)
	}
}

// TestTimeout has a far side that takes a request and is silent, and one that
// falls silent in the middle of its answer.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]string{"silent": "", "half": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					defer conn.Close()
					conn.Write([]byte(start))
				}
			}()
			c := open(t, post.Options{URL: "http://" + l.Addr().String(), Timeout: 100 * time.Millisecond})
			_, err = c.Do(t.Context(), post.Request{Path: "/push", Body: []byte("x")})
			var e *ship.BatchError
			want := "deliver to the far side at http://" + l.Addr().String() + "/push: no answer within 100ms"
			if !errors.As(err, &e) || e.Kind != ship.Unavailable || e.Error() != want {
				t.Errorf("the error is %v; want %s", err, want)
			}
		})
	}
}

// TestProxyHidesItsPassword runs itself with a proxy in its environment, which is
// read once in the life of a process.
func TestProxyHidesItsPassword(t *testing.T) {
	if os.Getenv("POST_CHILD") == "1" {
		c := open(t, post.Options{URL: "http://far.example", Timeout: 3 * time.Second})
		_, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
		t.Log(err)
		return
	}
	for _, c := range []struct{ name, proxy, want string }{
		{"unreadable", "http://user:s3cret@[proxy", "deliver to the far side at http://far.example/: "},
		{"not-there", "http://user:s3cret@" + receiver.FreeAddr(t), "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestProxyHidesItsPassword$", "-test.v")
			cmd.Env = append(os.Environ(), "POST_CHILD=1", "HTTP_PROXY="+c.proxy, "http_proxy="+c.proxy)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "s3cret") {
				t.Errorf("%v, want %s, in:\n%s", err, c.want, out)
			}
		})
	}
}
