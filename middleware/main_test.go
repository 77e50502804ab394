package middleware_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"actionlog/middleware"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what a client saw.
type answer struct {
	Code    int
	Body    string
	Header  http.Header
	Trailer http.Header
	Broken  bool // the answer or its body ended in an error
}

// server starts a real server, HTTP/1.1 or HTTP/2, which closes with the test.
func server(t *testing.T, proto int, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if proto == 2 {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// ask sends one request and reads the whole answer. Redirects are not followed.
func ask(t *testing.T, s *httptest.Server, method, path string, header ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := s.Client().Transport.RoundTrip(req)
	if err != nil {
		return answer{Broken: true}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(body), res.Header, res.Trailer, err != nil}
}

// raw sends bytes over a connection of its own and returns all that comes
// back until the server closes it, or until enough is seen.
func raw(t *testing.T, s *httptest.Server, request, enough string) string {
	t.Helper()
	conn := dial(t, s)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	r := bufio.NewReader(conn)
	for enough == "" || !strings.Contains(got.String(), enough) {
		b, err := r.ReadByte()
		if err != nil {
			break
		}
		got.WriteByte(b)
	}
	return got.String()
}

func dial(t *testing.T, s *httptest.Server) net.Conn {
	t.Helper()
	var conn net.Conn
	var err error
	if s.TLS != nil {
		conn, err = tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	} else {
		conn, err = net.Dial("tcp", s.Listener.Addr().String())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// newMiddleware returns a middleware and what it records to.
func newMiddleware(t *testing.T, change ...func(*middleware.Options)) (*middleware.Middleware, *fake) {
	t.Helper()
	rec := newFake()
	opts := middleware.Options{Recorder: rec, Service: "test"}
	for _, c := range change {
		c(&opts)
	}
	t.Cleanup(func() {
		rec.mu.Lock()
		defer rec.mu.Unlock()
		for _, p := range rec.problems {
			t.Error(p)
		}
		if len(rec.ended) != len(rec.started) {
			t.Errorf("%d actions began and %d ended", len(rec.started), len(rec.ended))
		}
	})
	return middleware.New(opts), rec
}

// wait returns the actions once there are n of them, and fails the test if
// there come to be more, or fewer.
func (f *fake) wait(t *testing.T, n int) []kept {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		f.mu.Lock()
		got := append([]kept(nil), f.kept...)
		f.mu.Unlock()
		if len(got) == n {
			return got
		}
		if len(got) > n || time.Now().After(deadline) {
			t.Fatalf("%d actions were recorded, want %d: %+v", len(got), n, got)
		}
		time.Sleep(time.Millisecond)
	}
}

func (f *fake) one(t *testing.T) kept {
	t.Helper()
	return f.wait(t, 1)[0]
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
