package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/middleware"
	"actionlog/storage"
)

// TestHijack upgrades a connection to an echo of lines.
func TestHijack(t *testing.T) {
	t.Parallel()
	echo := func(t *testing.T, w http.ResponseWriter, head string) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if _, ok := conn.(*net.TCPConn); !ok {
			t.Errorf("the connection is a %T", conn)
		}
		io.WriteString(conn, head)
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, "echo "+line)
	}
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
	for _, tt := range []struct {
		name   string
		handle func(t *testing.T, w http.ResponseWriter)
		want   end
	}{
		{"raw", func(t *testing.T, w http.ResponseWriter) { echo(t, w, upgrade) }, end{Outcome: storage.Hijacked}},
		{"code-written-before", func(t *testing.T, w http.ResponseWriter) {
			w.Header().Set("Upgrade", "echo")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(http.StatusSwitchingProtocols)
			echo(t, w, "")
		}, end{Code: 101, Outcome: storage.Hijacked}},
		{"written-after", func(t *testing.T, w http.ResponseWriter) {
			echo(t, w, upgrade)
			w.WriteHeader(500)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
				t.Errorf("a write after the hijack: %v", err)
			}
		}, end{Outcome: storage.Hijacked}},
		{"by-controller", func(t *testing.T, w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, upgrade+"echo hello\n")
		}, end{Outcome: storage.Hijacked}},
		{"then-panic", func(t *testing.T, w http.ResponseWriter) {
			echo(t, w, upgrade)
			panic("boom")
		}, end{0, 0, storage.Panic, true, "panic: boom"}},
		{"then-failure-reported", func(t *testing.T, w http.ResponseWriter) {
			echo(t, w, upgrade)
			middleware.Fail(w, errors.New("protocol error"))
		}, end{0, 0, storage.Hijacked, true, "protocol error"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t)
			s := server(t, 1, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tt.handle(t, w) })))
			got := raw(t, s, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello\n", "echo hello\n")
			if !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.HasSuffix(got, "echo hello\n") {
				t.Errorf("the client got %q", got)
			}
			if diff := cmp.Diff(tt.want, endOf(rec.one(t))); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHijackOverHTTP2 shows that what HTTP/2 cannot do is not offered.
func TestHijackOverHTTP2(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t)
	got := ask(t, server(t, 2, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := w.(http.Hijacker); ok {
			t.Error("a writer of HTTP/2 says that it can be hijacked")
		}
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("the controller says %v", err)
		}
		if _, ok := w.(http.Pusher); !ok {
			t.Error("a writer of HTTP/2 does not push")
		} else if err := w.(http.Pusher).Push("/style.css", nil); err == nil {
			t.Error("a client without push was pushed to")
		}
	}))), "GET", "/")
	if got.Code != 200 || rec.one(t).Finish.Code != 200 {
		t.Errorf("answer %+v", got)
	}
}

// sparse makes a file that takes no space.
func sparse(t *testing.T, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

// deaf serves requests whose context is not cancelled when the client goes, so
// that only the writer can tell.
func deaf(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
	})
}

// TestClientGone closes the connection in the middle of the body.
func TestClientGone(t *testing.T) {
	t.Parallel()
	for _, proto := range []int{1, 2} {
		for _, how := range []string{"writing", "waiting", "sendfile", "sendfile-part", "copying"} {
			t.Run(fmt.Sprintf("http%d-%s", proto, how), func(t *testing.T) {
				t.Parallel()
				mw, rec := newMiddleware(t)
				big := sparse(t, 256<<20)
				h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if how != "writing" && how != "waiting" {
						w.Header().Set("Content-Length", fmt.Sprint(256<<20)) // else net/http frames it in chunks, itself
					}
					w.(http.Flusher).Flush()
					switch how {
					case "waiting":
						<-r.Context().Done()
					case "writing":
						for range 1 << 16 {
							if _, err := w.Write(make([]byte, 4096)); err != nil {
								return
							}
						}
						t.Error("all was written")
					default:
						f, err := os.Open(big)
						if err != nil {
							t.Error(err)
							return
						}
						defer f.Close()
						switch how {
						case "sendfile":
							_, err = io.Copy(w, f)
						case "sendfile-part":
							_, err = io.CopyN(w, f, 256<<20)
						case "copying":
							_, err = io.Copy(w, struct{ io.Reader }{f})
						}
						if err == nil {
							t.Error("all was written")
						}
					}
				}))
				if how != "waiting" {
					h = deaf(h)
				}
				s := server(t, proto, h)
				ctx, cancel := context.WithCancel(t.Context())
				req, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := s.Client().Transport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				if how != "waiting" {
					io.ReadFull(res.Body, make([]byte, 10))
				}
				cancel()
				res.Body.Close()
				got := endOf(rec.one(t))
				if how == "sendfile" && got.Bytes == 0 {
					t.Error("no byte was counted")
				}
				got.Bytes = 0
				if diff := cmp.Diff(end{Code: 200, Outcome: storage.Aborted}, got); diff != "" {
					t.Errorf("recorded (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestCancelledByTheServer cancels the contexts of all requests. With a cause
// it is not taken for a client that went away.
func TestCancelledByTheServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cause error
		want  storage.Outcome
	}{
		"cause":    {errors.New("the server shuts down"), ""},
		"no-cause": {nil, storage.Aborted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, stop := context.WithCancelCause(context.Background())
			mw, rec := newMiddleware(t)
			s := httptest.NewUnstartedServer(mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				stop(tt.cause)
				<-r.Context().Done()
				io.WriteString(w, "bye")
			})))
			s.Config.BaseContext = func(net.Listener) context.Context { return base }
			s.Start()
			defer s.Close()
			if got := ask(t, s, "GET", "/"); got.Body != "bye" {
				t.Errorf("answer %+v", got)
			}
			if diff := cmp.Diff(end{Code: 200, Bytes: 3, Outcome: tt.want}, endOf(rec.one(t))); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// countingConn counts what is handed to the connection's own ReadFrom, where
// sendfile starts.
type countingConn struct {
	*net.TCPConn
	sent *atomic.Int64
}

func (c countingConn) ReadFrom(src io.Reader) (int64, error) {
	n, err := c.TCPConn.ReadFrom(src)
	c.sent.Add(n)
	return n, err
}

type countingListener struct {
	net.Listener
	sent atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(*net.TCPConn), &l.sent}, nil
}

func TestSendfileIsKept(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	path := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	mw, rec := newMiddleware(t)
	s := httptest.NewUnstartedServer(mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, path)
	})))
	listener := &countingListener{Listener: s.Listener}
	s.Listener = listener
	s.Start()
	defer s.Close()
	if got := ask(t, s, "GET", "/"); len(got.Body) != size {
		t.Errorf("the client got %d bytes", len(got.Body))
	}
	if got := rec.one(t).Finish.Bytes; got != size {
		t.Errorf("%d bytes were recorded, want %d", got, size)
	}
	if sent := listener.sent.Load(); sent < size-512 {
		t.Errorf("%d bytes went by the connection's ReadFrom, want all but the sniffed ones", sent)
	}
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, proto := range []int{1, 2} {
		t.Run(fmt.Sprintf("http%d", proto), func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t)
			wrote := make(chan error, 1)
			s := server(t, proto, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
					t.Error(err)
				}
				_, err := w.Write(make([]byte, 1<<20))
				wrote <- err
			})))
			if got := ask(t, s, "GET", "/"); !got.Broken {
				t.Errorf("the client got %d bytes in spite of the deadline", len(got.Body))
			}
			if err := <-wrote; err == nil {
				t.Error("the write did not fail")
			}
			if got := rec.one(t); got.Finish.Outcome != storage.Aborted {
				t.Errorf("recorded %+v", endOf(got))
			}
		})
	}
}

// TestDeadlineOfSendfile lets a client stall while a file is sent.
func TestDeadlineOfSendfile(t *testing.T) {
	t.Parallel()
	big := sparse(t, 256<<20)
	mw, rec := newMiddleware(t)
	s := server(t, 1, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(big)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		w.Header().Set("Content-Length", fmt.Sprint(256<<20))
		if _, err := io.Copy(w, f); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("copying ended with %v", err)
		}
	})))
	io.WriteString(dial(t, s), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := endOf(rec.one(t)); got.Outcome != storage.Aborted || got.Code != 200 {
		t.Errorf("recorded %+v", got)
	}
}

// badFile is a file that ends in an error of its own.
type badFile struct {
	*os.File
	err error
}

func (f badFile) Read([]byte) (int, error) { return 0, f.err }

// TestFailingSource shows that a source that fails does not count as a client
// that went away.
func TestFailingSource(t *testing.T) {
	t.Parallel()
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for name, src := range map[string]io.Reader{
		"folder":     dir,
		"own-error":  badFile{dir, errors.New("zip: checksum error")},
		"connection": struct{ io.Reader }{iotest.ErrReader(&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)})},
	} {
		t.Run(name, func(t *testing.T) {
			mw, rec := newMiddleware(t)
			h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "1000")
				w.(http.Flusher).Flush()
				if _, err := io.Copy(w, struct{ io.Reader }{src}); err == nil {
					t.Error("the source did not fail")
				}
				if _, err := w.(io.ReaderFrom).ReadFrom(src); err == nil {
					t.Error("the source did not fail")
				}
			}))
			ask(t, server(t, 1, deaf(h)), "GET", "/")
			if got := rec.one(t); got.Finish.Outcome != storage.Streamed {
				t.Errorf("recorded %+v", endOf(got))
			}
		})
	}
}

// TestStreaming shows that each flushed piece arrives while the handler runs.
func TestStreaming(t *testing.T) {
	t.Parallel()
	for _, proto := range []int{1, 2} {
		t.Run(fmt.Sprintf("http%d", proto), func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t)
			next := make(chan bool)
			s := server(t, proto, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for range 3 {
					io.WriteString(w, "tick\n")
					w.(http.Flusher).Flush()
					<-next
				}
			})))
			res, err := s.Client().Get(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			lines := bufio.NewReader(res.Body)
			for range 3 {
				if line, err := lines.ReadString('\n'); err != nil || line != "tick\n" {
					t.Fatalf("%q, %v", line, err)
				}
				next <- true
			}
			io.Copy(io.Discard, lines)
			if diff := cmp.Diff(end{Code: 200, Bytes: 15, Outcome: storage.Streamed}, endOf(rec.one(t))); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTimeoutHandler looks at a request that takes too long from both sides.
func TestTimeoutHandler(t *testing.T) {
	t.Parallel()
	slow := func(release chan bool, wrote chan error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-release
			_, err := w.Write([]byte("too late"))
			wrote <- err
		})
	}
	t.Run("outside", func(t *testing.T) {
		t.Parallel()
		release, wrote := make(chan bool), make(chan error, 1)
		mw, rec := newMiddleware(t)
		s := server(t, 1, mw.Handler(http.TimeoutHandler(slow(release, wrote), 10*time.Millisecond, "took too long")))
		got := ask(t, s, "GET", "/")
		if got.Code != 503 || got.Body != "took too long" {
			t.Errorf("answer %+v", got)
		}
		if diff := cmp.Diff(end{503, 13, "", true, "took too long"}, endOf(rec.one(t))); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		close(release)
		if err := <-wrote; !errors.Is(err, http.ErrHandlerTimeout) {
			t.Errorf("the late write got %v", err)
		}
	})
	t.Run("inside", func(t *testing.T) {
		t.Parallel()
		release, wrote := make(chan bool), make(chan error, 1)
		mw, rec := newMiddleware(t)
		s := server(t, 1, http.TimeoutHandler(mw.Handler(slow(release, wrote)), 10*time.Millisecond, "took too long"))
		if got := ask(t, s, "GET", "/"); got.Code != 503 {
			t.Errorf("answer %+v", got)
		}
		close(release)
		<-wrote
		if diff := cmp.Diff(end{503, 0, "", true, "http: Handler timeout"}, endOf(rec.one(t))); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
	t.Run("said-too-late", func(t *testing.T) {
		t.Parallel()
		done := make(chan bool)
		mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Context = true })
		s := server(t, 1, mw.Handler(http.TimeoutHandler(mw.Route(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(done)
			<-r.Context().Done()
			for i := range 1000 {
				late := middleware.FromContext(r.Context())
				late.Name("Late", "late")
				late.Fail(errors.New("late"))
				late.Attr("late", fmt.Sprint(i))
				late.RequestID()
			}
		})), time.Millisecond, "x")))
		ask(t, s, "GET", "/")
		<-done
		if got := rec.one(t); got.Finish.Code != 503 {
			t.Errorf("recorded %+v", got)
		}
	})
}

// lockedWriter is a response writer that may be used at any time, as that of
// http.TimeoutHandler.
type lockedWriter struct {
	mu   sync.Mutex
	got  strings.Builder
	head http.Header
}

func (w *lockedWriter) Header() http.Header { return w.head }
func (w *lockedWriter) WriteHeader(int)     {}
func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got.Write(p)
}

// TestLateWrites lets handlers write on while and after they return. What
// they write must reach their own response and no other.
func TestLateWrites(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t)
	const requests, writes = 200, 50
	var late sync.WaitGroup
	h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Header.Get("X-Name")
		middleware.Attr(w, "late", "not yet")
		late.Go(func() {
			for range writes {
				io.WriteString(w, name+"\n")
				w.WriteHeader(500)
				middleware.Attr(w, "late", name)
				middleware.Name(w, "Late", name)
			}
		})
	}))
	writers := make([]*lockedWriter, requests)
	for i := range writers {
		writers[i] = &lockedWriter{head: http.Header{}}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Name", fmt.Sprint("request-", i))
		h.ServeHTTP(writers[i], r)
	}
	late.Wait()
	for i, w := range writers {
		if want := strings.Repeat(fmt.Sprintf("request-%d\n", i), writes); w.got.String() != want {
			t.Fatalf("the response of request %d got %q", i, w.got.String())
		}
	}
	rec.wait(t, requests)
}

// nowhere is a response writer that takes everything at once.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) WriteHeader(int)             {}
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// TestConcurrentWrites counts what many goroutines of one handler write.
func TestConcurrentWrites(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t)
	const goroutines, writes = 4, 20_000
	h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var wait sync.WaitGroup
		start := make(chan bool)
		for range goroutines {
			wait.Go(func() {
				<-start
				for range writes {
					w.Write([]byte("abc"))
				}
			})
		}
		close(start)
		wait.Wait()
	}))
	h.ServeHTTP(nowhere{}, httptest.NewRequest("GET", "/", nil))
	if diff := cmp.Diff(end{Code: 200, Bytes: 3 * goroutines * writes}, endOf(rec.one(t))); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// brokenWriter is a response writer whose client is gone.
type brokenWriter struct{ lockedWriter }

func (w *brokenWriter) Write(p []byte) (int, error)       { return 1, net.ErrClosed }
func (w *brokenWriter) WriteString(s string) (int, error) { return 1, net.ErrClosed }
func (w *brokenWriter) FlushError() error                 { return net.ErrClosed }

// TestFailedWrites shows that a write that failed tells of a client that is
// gone, before the server knows and cancels the request.
func TestFailedWrites(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(w http.ResponseWriter){
		"write":  func(w http.ResponseWriter) { w.Write([]byte("abc")) },
		"string": func(w http.ResponseWriter) { io.WriteString(w, "abc") },
		"flush":  func(w http.ResponseWriter) { http.NewResponseController(w).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t)
			h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { write(w) }))
			h.ServeHTTP(&brokenWriter{lockedWriter{head: http.Header{}}}, httptest.NewRequest("GET", "/", nil))
			got := endOf(rec.one(t))
			if got.Code != 200 || got.Outcome != storage.Aborted || got.Failed {
				t.Errorf("recorded %+v", got)
			}
		})
	}
}

// TestWriterIsNeverUsedAgain looks at the writers that handlers got, over
// more requests than a pool or a slab would hold.
func TestWriterIsNeverUsedAgain(t *testing.T) {
	t.Parallel()
	mw, _ := newMiddleware(t)
	seen := map[http.ResponseWriter]bool{}
	h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen[w] {
			t.Error("a writer was handed out twice")
		}
		seen[w] = true
	}))
	for range 1000 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
	if len(seen) != 1000 {
		t.Errorf("%d writers for 1000 requests", len(seen))
	}
}
