package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
	"actionlog/storage"
)

// end is what is recorded of how a request ended.
type end struct {
	Code    int
	Bytes   int64
	Outcome storage.Outcome
	Failed  bool
	Error   string
}

func endOf(k kept) end {
	f := k.Finish
	return end{f.Code, f.Bytes, f.Outcome, f.Failed, f.Error}
}

// fact is a handler and what is to be recorded of it.
type fact struct {
	name   string
	handle http.HandlerFunc
	want   end
	only   int // the one protocol that it is about, 1 or 2; 0 for both
}

// reader hides that a strings.Reader can write itself.
func reader(s string) io.Reader { return io.LimitReader(strings.NewReader(s), int64(len(s))) }

func failing(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

var facts = []fact{
	{"nothing-written", empty, end{Code: 200}, 0},
	{"written-without-code", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) }, end{Code: 200, Bytes: 5}, 0},
	{"empty-write", func(w http.ResponseWriter, r *http.Request) { w.Write(nil); w.WriteHeader(500) }, end{Code: 200}, 0},
	{"string", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }, end{Code: 200, Bytes: 5}, 0},
	{"created", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(201); w.Write([]byte("x")) }, end{Code: 201, Bytes: 1}, 0},
	{"early-hints-then-created", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(103)
		w.WriteHeader(102)
		w.WriteHeader(201)
	}, end{Code: 201}, 0},
	{"ok-then-500", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200); w.WriteHeader(500) }, end{Code: 200}, 0},
	{"flush-first", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		w.WriteHeader(500)
		io.WriteString(w, "late")
	}, end{Code: 200, Bytes: 4, Outcome: storage.Streamed}, 0},
	{"flush-by-controller", func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).Flush()
		io.WriteString(w, "a")
	}, end{Code: 200, Bytes: 1, Outcome: storage.Streamed}, 0},
	{"flush-by-controller-first", func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).Flush()
		w.WriteHeader(500)
	}, end{Code: 200, Outcome: storage.Streamed}, 0},
	{"no-content", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(204)
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	}, end{Code: 204}, 0},
	{"too-much-content", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "2")
		w.Write([]byte("ab"))
		if _, err := w.Write([]byte("c")); err == nil {
			panic("no error")
		}
	}, end{Code: 200, Bytes: 2}, 1},
	{"read-from", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, reader("some text")) }, end{Code: 200, Bytes: 9}, 0},
	{"read-from-nothing-then-404", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, reader(""))
		w.WriteHeader(404)
	}, end{Code: 404}, 0},
	{"trailers", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "body")
		w.Header().Set("X-Sum", "1")
		w.Header().Set(http.TrailerPrefix+"X-Late", "2")
	}, end{Code: 200, Bytes: 4}, 0},
	{"deadlines", func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetWriteDeadline(time.Now().Add(time.Minute)), c.SetReadDeadline(time.Now().Add(time.Minute)), c.EnableFullDuplex()); err != nil {
			panic(err)
		}
		w.WriteHeader(202)
	}, end{Code: 202}, 0},

	{"not-found", http.NotFound, end{Code: 404, Bytes: 19}, 0},
	{"plain-text-5xx", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no database", http.StatusServiceUnavailable)
	}, end{503, 12, "", true, "no database"}, 0},
	{"json-detail", failing(500, "application/json; charset=utf-8", ` {"code":7,"detail":"no \"database\""}`), end{500, 38, "", true, `no "database"`}, 0},
	{"json-error", failing(500, "application/problem+json", `{"error":"broken","message":"m"}`), end{500, 32, "", true, "broken"}, 0},
	{"json-error-object", failing(500, "application/json", `{"error":{"code":1,"message":"deep"}}`), end{500, 37, "", true, "deep"}, 0},
	{"json-unannounced", failing(500, "", `{"message":"m"}`), end{500, 15, "", true, "m"}, 0},
	{"json-without-message", failing(500, "application/json", `{"x":[1,{"detail":"no"}]}`), end{500, 25, "", true, `{"x":[1,{"detail":"no"}]}`}, 0},
	{"html", failing(500, "text/html", "<h1>oh</h1>"), end{500, 11, "", true, "500 Internal Server Error"}, 0},
	{"html-unannounced", failing(502, "", "<h1>oh</h1>"), end{502, 11, "", true, "502 Bad Gateway"}, 0},
	{"binary", failing(500, "", "\xff\xfe\x00x"), end{500, 4, "", true, "500 Internal Server Error"}, 0},
	{"compressed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		failing(500, "text/plain", "looks like text")(w, r)
	}, end{500, 15, "", true, "500 Internal Server Error"}, 0},
	{"empty-5xx", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(504) }, end{504, 0, "", true, "504 Gateway Timeout"}, 0},
	{"5xx-read-from", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		io.Copy(w, reader("copied text"))
	}, end{500, 11, "", true, "copied text"}, 0},
	{"5xx-in-pieces", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		for _, s := range []string{`{"det`, `ail":`, `"pieces"}`} {
			w.Write([]byte(s))
		}
	}, end{500, 19, "", true, "pieces"}, 0},
	{"failed-by-report", func(w http.ResponseWriter, r *http.Request) {
		middleware.Fail(w, errors.New("first"))
		middleware.Fail(w, nil)
		middleware.Fail(w, errors.New("out of stock"))
		io.WriteString(w, "sorry")
	}, end{200, 5, "", true, "out of stock"}, 0},
	{"report-over-body", func(w http.ResponseWriter, r *http.Request) {
		middleware.Fail(w, errors.New("the reason"))
		http.Error(w, "internal", 500)
	}, end{500, 9, "", true, "the reason"}, 0},
	{"error-that-panics", func(w http.ResponseWriter, r *http.Request) {
		middleware.Fail(w, (*badError)(nil))
	}, end{200, 0, "", true, "*middleware_test.badError (its text panicked: runtime error: invalid memory address or nil pointer dereference)"}, 0},

	{"panic", func(w http.ResponseWriter, r *http.Request) { panic("boom") }, end{0, 0, storage.Panic, true, "panic: boom"}, 0},
	{"panic-with-error", func(w http.ResponseWriter, r *http.Request) { panic(fmt.Errorf("wrapped: %w", io.EOF)) }, end{0, 0, storage.Panic, true, "panic: wrapped: EOF"}, 0},
	{"panic-uncomparable", func(w http.ResponseWriter, r *http.Request) { panic([]int{1}) }, end{0, 0, storage.Panic, true, "panic: [1]"}, 0},
	{"panic-after-code", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(202)
		panic("boom")
	}, end{202, 0, storage.Panic, true, "panic: boom"}, 0},
	{"panic-over-report", func(w http.ResponseWriter, r *http.Request) {
		middleware.Fail(w, errors.New("reported"))
		panic("boom")
	}, end{0, 0, storage.Panic, true, "panic: boom"}, 0},
	{"invalid-code", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(42) }, end{0, 0, storage.Panic, true, "panic: invalid WriteHeader code 42"}, 0},
	{"abort", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "part")
		panic(http.ErrAbortHandler)
	}, end{200, 4, storage.Aborted, true, "net/http: abort Handler"}, 0},
	{"goexit", func(w http.ResponseWriter, r *http.Request) { runtime.Goexit() }, end{0, 0, storage.Panic, true, "the handler called runtime.Goexit"}, 1},
}

type badError struct{ text string }

func (e *badError) Error() string { return e.text }

// TestFacts runs each handler bare and recorded on real servers: the client
// must not be able to tell which is which.
func TestFacts(t *testing.T) {
	t.Parallel()
	for _, proto := range []int{1, 2} {
		for _, method := range []string{"GET", "HEAD"} {
			for _, f := range facts {
				if f.only != 0 && f.only != proto {
					continue
				}
				t.Run(fmt.Sprintf("http%d-%s-%s", proto, strings.ToLower(method), f.name), func(t *testing.T) {
					t.Parallel()
					bare := ask(t, server(t, proto, f.handle), method, "/x")
					mw, rec := newMiddleware(t)
					wrapped := ask(t, server(t, proto, mw.Handler(f.handle)), method, "/x")
					for _, a := range []answer{bare, wrapped} {
						a.Header.Del("Date")
					}
					if diff := cmp.Diff(bare, wrapped); diff != "" {
						t.Errorf("the client sees a difference (-bare +wrapped):\n%s", diff)
					}
					want := f.want
					if method == "HEAD" {
						want.Bytes = 0
					}
					if diff := cmp.Diff(want, endOf(rec.one(t))); diff != "" {
						t.Errorf("recorded (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

// TestRecord shows what is recorded of the request itself.
func TestRecord(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.IncludeQuery = true })
	h := mw.Handler(mux("POST /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		for i := range storage.MaxAttrs + 3 {
			middleware.Attr(w, fmt.Sprintf("k%d", i), "v")
		}
		middleware.Attr(w, "k0", "again")
		middleware.Attr(w, "", "no key")
	}))
	ask(t, server(t, 1, h), "POST", "/cases/7?full=1", "X-Request-Id", "abc-123", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	got := rec.one(t)
	if got.Finish.Path != "/cases/7?full=1" || got.Start.Path != "/cases/7?full=1" || got.Start.Method != "POST" {
		t.Errorf("path: %+v", got)
	}
	if got.Finish.RequestID != "abc-123" || got.Start.RequestID != "abc-123" {
		t.Errorf("request id: %+v", got)
	}
	if got.Finish.Remote.String() != "127.0.0.1" || got.Start.Remote != got.Finish.Remote {
		t.Errorf("remote: %+v", got)
	}
	if got.Finish.TraceID.String() != "0af7651916cd43dd8448eb211c80319c" || got.Finish.SpanID.String() != "b7ad6b7169203331" {
		t.Errorf("trace: %+v", got)
	}
	if a := got.Finish.Attrs; len(a) != storage.MaxAttrs || a[0] != (storage.Attr{Key: "k0", Value: "again"}) {
		t.Errorf("attributes: %+v", a)
	}
	if got.Stamp.Duration <= 0 || !got.Finish.HTTP {
		t.Errorf("stamp: %+v", got)
	}
}

// TestLongFailureIsCut shows that of a long answer only the start is kept,
// and no half of a rune.
func TestLongFailureIsCut(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t)
	body := strings.Repeat("a", storage.MaxError-1) + strings.Repeat("ß", 1000)
	h := mw.Handler(failing(500, "", body))
	if got := ask(t, server(t, 1, h), "GET", "/"); got.Body != body {
		t.Errorf("the client got %d bytes of %d", len(got.Body), len(body))
	}
	if got := rec.one(t).Finish.Error; got != strings.Repeat("a", storage.MaxError-1) {
		t.Errorf("the error is %d bytes, ends in %q", len(got), got[len(got)-4:])
	}
}

func TestRecoverOption(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		want   answer
		end    end
	}{
		{"unwritten", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "9")
			panic("secret")
		}, answer{Code: 500, Body: "{\"detail\":\"Internal Server Error\"}\n"}, end{500, 35, storage.Panic, true, "panic: secret"}},
		{"written", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			panic("secret")
		}, answer{Code: 200, Broken: true}, end{200, 0, storage.Panic, true, "panic: secret"}},
		{"abort", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
			answer{Broken: true}, end{0, 0, storage.Aborted, true, "net/http: abort Handler"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Recover = true })
			got := ask(t, server(t, 1, mw.Handler(tt.handle)), "GET", "/")
			got.Header, got.Trailer = nil, nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.end, endOf(rec.one(t))); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorIsNotCached shows that an error does not travel with the headers of
// the answer that the handler had begun to make.
func TestErrorIsNotCached(t *testing.T) {
	t.Parallel()
	begin := func(w http.ResponseWriter) {
		for name, value := range map[string]string{
			"Cache-Control": "public, max-age=999", "ETag": `"x"`, "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT",
			"Content-Disposition": "attachment", "Content-Encoding": "gzip", "Content-Type": "text/csv", "Content-Length": "9", "X-Own": "kept",
		} {
			w.Header().Set(name, value)
		}
	}
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Recover = true })
	router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	router.GET("/", func(w http.ResponseWriter, r bunrouter.Request) error {
		begin(w)
		return errors.New("secret")
	})
	for name, h := range map[string]http.Handler{
		"recovered": mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			panic("secret")
		})),
		"returned": router,
	} {
		got := ask(t, server(t, 1, h), "GET", "/")
		got.Header.Del("Date")
		want := http.Header{
			"Content-Type": {"application/json"}, "Content-Length": {"35"}, "X-Content-Type-Options": {"nosniff"}, "X-Own": {"kept"},
		}
		if diff := cmp.Diff(want, got.Header); diff != "" || got.Code != 500 {
			t.Errorf("%s: answer %d with header (-want +got):\n%s", name, got.Code, diff)
		}
	}
	rec.wait(t, 2)
}

func TestFailedOption(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t, func(o *middleware.Options) {
		o.Failed = func(code int, err error) bool { return code == 404 }
	})
	s := server(t, 1, mw.Handler(mux("/500", failing(500, "", "fine"))))
	ask(t, s, "GET", "/none")
	ask(t, s, "GET", "/500")
	got := rec.wait(t, 2)
	want := []end{{404, 19, "", true, "404 page not found"}, {Code: 500, Bytes: 4}}
	if diff := cmp.Diff(want, []end{endOf(got[0]), endOf(got[1])}); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// TestRecoveredPanicKeepsItsStack shows that where a panic ends its stack is
// told once: in the action's event, else where the server would have put it.
func TestRecoveredPanicKeepsItsStack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		level  zerolog.Level // of the logger; NoLevel for none
		skip   bool
		event  bool
	}{
		{"logger", theCulprit, zerolog.InfoLevel, false, true},
		{"logger-after-writing", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			theCulprit(w, r)
		}, zerolog.InfoLevel, false, true},
		{"no-logger", theCulprit, zerolog.NoLevel, false, false},
		{"logger-does-not-want-it", theCulprit, zerolog.FatalLevel, false, false},
		{"skipped", theCulprit, zerolog.InfoLevel, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var events, server lines
			mw, rec := newMiddleware(t, func(o *middleware.Options) {
				o.Recover = true
				if tt.level != zerolog.NoLevel {
					logger := zerolog.New(&events).Level(tt.level)
					o.Logger = &logger
				}
				if tt.skip {
					o.Skip = []string{"/"}
				}
			})
			s := httptest.NewUnstartedServer(mw.Handler(mux("/", tt.handle)))
			s.Config.ErrorLog = log.New(&server, "", 0)
			s.Start()
			defer s.Close()
			ask(t, s, "POST", "/")
			s.Close()
			if !tt.skip {
				rec.one(t)
			}
			if tt.event {
				got := events.events(t)
				if stack, _ := got[0]["stack"].(string); len(got) != 1 || !strings.Contains(stack, "theCulprit") {
					t.Errorf("the events are %v", got)
				}
				if server.String() != "" {
					t.Errorf("the server logged:\n%s", server.String())
				}
			} else if got := server.String(); events.String() != "" || strings.Count(got, "theCulprit") != 1 || !strings.Contains(got, "boom") {
				t.Errorf("the server logged:\n%s", got)
			}
		})
	}
}

// brittle is a response writer that panics when it is written to.
type brittle struct{ *httptest.ResponseRecorder }

func (brittle) WriteHeader(int) { panic("out of paper") }

// TestRecoverOverAWriterThatPanics shows that such a one leaves no request in
// flight.
func TestRecoverOverAWriterThatPanics(t *testing.T) {
	t.Parallel()
	var out lines
	logger := zerolog.New(&out)
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Recover, o.Logger = true, &logger })
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("the panic that went on is %v", got)
		}
		if diff := cmp.Diff(end{0, 0, storage.Panic, true, "panic: boom"}, endOf(rec.one(t))); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	}()
	mw.Handler(http.HandlerFunc(theCulprit)).ServeHTTP(brittle{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
}

// TestFailedThatPanics shows that a hook of the user's can neither leave a
// request in flight nor hide the handler's own panic. (That none is left in
// flight is checked by newMiddleware.)
func TestFailedThatPanics(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		goesOn any
		want   end
	}{
		{"ok", empty, nil, end{200, 0, "", true, "Options.Failed panicked: hook"}},
		{"not-found", http.NotFound, nil, end{404, 19, "", true, "Options.Failed panicked: hook"}},
		{"reported", func(w http.ResponseWriter, r *http.Request) { middleware.Fail(w, io.EOF) }, nil, end{200, 0, "", true, "EOF"}},
		{"panic", func(w http.ResponseWriter, r *http.Request) { panic("boom") }, "boom", end{0, 0, storage.Panic, true, "panic: boom"}},
		{"abort", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, http.ErrAbortHandler, end{0, 0, storage.Aborted, true, "net/http: abort Handler"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t, func(o *middleware.Options) {
				o.Failed = func(int, error) bool { panic("hook") }
			})
			defer func() {
				if got := recover(); got != tt.goesOn {
					t.Errorf("the panic that went on is %v, want %v", got, tt.goesOn)
				}
				if diff := cmp.Diff(tt.want, endOf(rec.one(t))); diff != "" {
					t.Errorf("recorded (-want +got):\n%s", diff)
				}
			}()
			mw.Handler(tt.handle).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		})
	}
}

// knot is an error that panics when it is unwrapped.
type knot struct{}

func (knot) Error() string { return "a knot" }
func (knot) Unwrap() error { panic("cannot be unwrapped") }

// TestErrorThatCannotBeUnwrapped shows that such an error leaves no request in
// flight.
func TestErrorThatCannotBeUnwrapped(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.AnswerErrors = middleware.AnswerNever })
	router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	router.GET("/returned", func(w http.ResponseWriter, r bunrouter.Request) error { return knot{} })
	router.POST("/panicked", func(w http.ResponseWriter, r bunrouter.Request) error { panic(knot{}) })
	s := server(t, 1, router)
	ask(t, s, "GET", "/returned")
	ask(t, s, "POST", "/panicked") // a GET would be sent again
	got := rec.wait(t, 2)
	want := []end{{0, 0, "", true, "a knot"}, {0, 0, storage.Panic, true, "panic: a knot"}}
	if diff := cmp.Diff(want, []end{endOf(got[0]), endOf(got[1])}); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// theCulprit is looked for in a stack.
func theCulprit(w http.ResponseWriter, r *http.Request) { panic("boom") }

// TestPanicKeepsItsStack shows that the server still logs where a handler
// panicked, not where the panic was seen.
func TestPanicKeepsItsStack(t *testing.T) {
	t.Parallel()
	var out lines
	mw, _ := newMiddleware(t)
	s := httptest.NewUnstartedServer(mw.Handler(http.HandlerFunc(theCulprit)))
	s.Config.ErrorLog = log.New(&out, "", 0)
	s.Start()
	defer s.Close()
	ask(t, s, "POST", "/")
	s.Close()
	if got := out.String(); !strings.Contains(got, "theCulprit") || !strings.Contains(got, "boom") {
		t.Errorf("the server logged:\n%s", got)
	}
}
