package middleware

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/felixge/httpsnoop"
	"github.com/google/go-cmp/cmp"
)

// full is a writer with every optional interface. It notes what is called.
type full struct{ called []string }

func (f *full) note(s string)                        { f.called = append(f.called, s) }
func (f *full) Header() http.Header                  { f.note("Header"); return http.Header{} }
func (f *full) Write(p []byte) (int, error)          { f.note("Write"); return len(p), nil }
func (f *full) WriteHeader(int)                      { f.note("WriteHeader") }
func (f *full) Flush()                               { f.note("Flush") }
func (f *full) FlushError() error                    { f.note("FlushError"); return nil }
func (f *full) ReadFrom(io.Reader) (int64, error)    { f.note("ReadFrom"); return 7, nil }
func (f *full) Push(string, *http.PushOptions) error { f.note("Push"); return nil }
func (f *full) CloseNotify() <-chan bool             { f.note("CloseNotify"); return nil }
func (f *full) WriteString(s string) (int, error)    { f.note("WriteString"); return len(s), nil }
func (f *full) SetReadDeadline(time.Time) error      { f.note("SetReadDeadline"); return nil }
func (f *full) SetWriteDeadline(time.Time) error     { f.note("SetWriteDeadline"); return nil }
func (f *full) EnableFullDuplex() error              { f.note("EnableFullDuplex"); return nil }
func (f *full) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	f.note("Hijack")
	return nil, nil, nil
}

// showAll names the optional interfaces that w has, and calls each of them.
func showAll(w http.ResponseWriter) (shown []string) {
	call := func(name string, ok bool, f func()) {
		if ok {
			shown = append(shown, name)
			f()
		}
	}
	f, ok := w.(http.Flusher)
	call("Flush", ok, func() { f.Flush() })
	e, ok := w.(interface{ FlushError() error })
	call("FlushError", ok, func() { e.FlushError() })
	h, ok := w.(http.Hijacker)
	call("Hijack", ok, func() { h.Hijack() })
	r, ok := w.(io.ReaderFrom)
	call("ReadFrom", ok, func() { r.ReadFrom(nil) })
	p, ok := w.(http.Pusher)
	call("Push", ok, func() { p.Push("", nil) })
	c, ok := w.(interface{ CloseNotify() <-chan bool })
	call("CloseNotify", ok, func() { c.CloseNotify() })
	s, ok := w.(io.StringWriter)
	call("WriteString", ok, func() { s.WriteString("x") })
	return shown
}

func wrap(m *Middleware, w http.ResponseWriter) http.ResponseWriter {
	own := new(writer)
	own.inner, own.m, own.r = w, m, httptest.NewRequest("GET", "/", nil)
	return own.show(m.shapes.of(w))
}

func bareMiddleware() *Middleware { return &Middleware{captureFrom: 500} }

// TestWriterShowsWhatTheInnerHas goes through all combinations of optional
// interfaces and compares the writer with the inner one and with httpsnoop's.
func TestWriterShowsWhatTheInnerHas(t *testing.T) {
	t.Parallel()
	m := bareMiddleware()
	names := []string{"Flush", "FlushError", "Hijack", "ReadFrom", "Push", "CloseNotify", "WriteString"}
	for shape := range uint16(interfaces + 1) {
		t.Run(fmt.Sprintf("%07b", shape), func(t *testing.T) {
			var want []string
			for bit, name := range names {
				if shape>>bit&1 == 1 {
					want = append(want, name)
				}
			}
			target := &full{}
			inner := new(writer)
			inner.inner, inner.m, inner.r = target, m, httptest.NewRequest("GET", "/", nil)
			theirs := showAll(httpsnoop.Wrap(inner.as(shape), httpsnoop.Hooks{}))
			if diff := cmp.Diff(want, theirs); diff != "" {
				t.Errorf("httpsnoop shows (-want +got):\n%s", diff)
			}
			target.called = nil
			inner.state.Store(0)
			ours := wrap(m, inner.as(shape))
			if diff := cmp.Diff(want, showAll(ours)); diff != "" {
				t.Errorf("the writer shows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, target.called); diff != "" {
				t.Errorf("the innermost was called (-want +got):\n%s", diff)
			}
			if u := ours.(unwrapper).Unwrap(); u != inner.as(shape) {
				t.Errorf("it unwraps to a %T", u)
			}
		})
	}
}

func TestWriterCostsNoAllocation(t *testing.T) {
	own := new(writer)
	for shape := range uint16(interfaces + 1) {
		if n := testing.AllocsPerRun(10, func() { own.as(shape) }); n != 0 {
			t.Errorf("showing %07b costs %v allocations", shape, n)
		}
	}
}

// TestWriterOfServers takes the writers that net/http itself hands out.
func TestWriterOfServers(t *testing.T) {
	t.Parallel()
	compare := func(t *testing.T) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m := bareMiddleware()
			ours, theirs := shapeOf(wrap(m, w)), shapeOf(httpsnoop.Wrap(w, httpsnoop.Hooks{}))
			bare := shapeOf(w)
			if ours&^mayBeCarried != bare || theirs&^mayBeCarried != bare {
				t.Errorf("%T has %010b, ours %010b, httpsnoop's %010b", w, bare, ours, theirs)
			}
		})
	}
	for name, start := range map[string]func(*httptest.Server, http.Handler){
		"http1": func(s *httptest.Server, h http.Handler) { s.Config.Handler = h; s.Start() },
		"http2": func(s *httptest.Server, h http.Handler) { s.Config.Handler = h; s.EnableHTTP2 = true; s.StartTLS() },
		"timeout": func(s *httptest.Server, h http.Handler) {
			s.Config.Handler = http.TimeoutHandler(h, time.Minute, "")
			s.Start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(nil)
			start(s, compare(t))
			defer s.Close()
			res, err := s.Client().Get(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		})
	}
	t.Run("recorder", func(t *testing.T) {
		t.Parallel()
		compare(t).ServeHTTP(httptest.NewRecorder(), nil)
	})
}

// unwrapping is another middleware's writer, with no interface of its own.
type unwrapping struct{ http.ResponseWriter }

func (u unwrapping) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// TestControllerReachesThrough shows that what a writer does not show itself
// is still found by http.ResponseController.
func TestControllerReachesThrough(t *testing.T) {
	t.Parallel()
	m, target := bareMiddleware(), &full{}
	c := http.NewResponseController(unwrapping{wrap(m, unwrapping{target})})
	c.SetReadDeadline(time.Time{})
	c.SetWriteDeadline(time.Time{})
	c.EnableFullDuplex()
	c.Flush()
	c.Hijack()
	if diff := cmp.Diff([]string{"SetReadDeadline", "SetWriteDeadline", "EnableFullDuplex", "FlushError", "Hijack"}, target.called); diff != "" {
		t.Errorf("called (-want +got):\n%s", diff)
	}
}

func TestFindStops(t *testing.T) {
	t.Parallel()
	if x := find(&full{}); x != nil {
		t.Errorf("found %v", x)
	}
	var circle unwrapping
	loop := &circle
	circle.ResponseWriter = loopWriter{loop}
	if x := find(loop); x != nil {
		t.Errorf("found %v in a circle", x)
	}
}

type loopWriter struct{ *unwrapping }

func (l loopWriter) Unwrap() http.ResponseWriter { return l }

func TestManyTypesOfWriters(t *testing.T) {
	t.Parallel()
	var s shapes
	plain := s.of(&full{})
	for range 3 * maxShapes {
		if got := s.of(&full{}); got != plain {
			t.Fatalf("%b, then %b", plain, got)
		}
	}
	if n := len(*s.known.Load()); n != 1 {
		t.Errorf("%d types are remembered, want 1", n)
	}
	if s.of(unwrapping{&full{}})&mayBeCarried == 0 {
		t.Error("a writer that unwraps may be carried")
	}
}

// TestGeneratedWriters shows that writers_generated.go is what its generator
// prints.
func TestGeneratedWriters(t *testing.T) {
	t.Parallel()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to run the generator with")
	}
	want, err := exec.Command(goTool, "run", "./internal/genwriters").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("writers_generated.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go generate (-want +got):\n%s", diff)
	}
}
