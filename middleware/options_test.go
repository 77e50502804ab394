package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
)

func TestSkip(t *testing.T) {
	t.Parallel()
	byPath := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/hidden") }
	for _, tt := range []struct {
		name string
		opts middleware.Options
		want []string
	}{
		{"nothing", middleware.Options{}, []string{"GET /healthz", "HEAD /healthz", "GET /admin/{page}", "GET /hidden/{what}", "GET /fail", "GET (unmatched)"}},
		{"routes", middleware.Options{Skip: []string{"GET /healthz", "/admin/", "/fail"}}, []string{"GET /hidden/{what}", "GET (unmatched)"}},
		{"head-alone", middleware.Options{Skip: []string{"HEAD /healthz", "POST /fail", "/admin/"}}, []string{"GET /healthz", "GET /hidden/{what}", "GET /fail", "GET (unmatched)"}},
		{"routes-unless-failed", middleware.Options{Skip: []string{"/healthz", "/admin/", "/fail"}, KeepFailed: true}, []string{"GET /hidden/{what}", "GET /fail", "GET (unmatched)"}},
		{"function", middleware.Options{SkipFunc: byPath}, []string{"GET /healthz", "HEAD /healthz", "GET /admin/{page}", "GET /fail", "GET (unmatched)"}},
		{"function-unless-failed", middleware.Options{SkipFunc: func(*http.Request) bool { return true }, KeepFailed: true}, []string{"GET /fail"}},
		{"a-subtree-is-no-prefix", middleware.Options{Skip: []string{"/adm/", "/health"}}, []string{"GET /healthz", "HEAD /healthz", "GET /admin/{page}", "GET /hidden/{what}", "GET /fail", "GET (unmatched)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mw, rec := newMiddleware(t, func(o *middleware.Options) {
				rec := o.Recorder
				*o = tt.opts
				o.Recorder = rec
			})
			m := mux("/healthz", empty, "/admin/{page}", empty, "/hidden/{what}", empty, "/fail", failing(500, "", "x"))
			s := server(t, 1, mw.Handler(m))
			for _, request := range []string{"GET /healthz", "HEAD /healthz", "GET /admin/x", "GET /hidden/x", "GET /fail", "GET /none"} {
				method, path, _ := strings.Cut(request, " ")
				ask(t, s, method, path)
			}
			var got []string
			for _, k := range rec.wait(t, len(tt.want)) {
				got = append(got, k.Action)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("recorded %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSkipFuncIsAskedOnce counts, because the function may be dear.
func TestSkipFuncIsAskedOnce(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		asked := 0
		mw, _ := newMiddleware(t, func(o *middleware.Options) {
			o.KeepFailed = keep
			o.SkipFunc = func(*http.Request) bool { asked++; return false }
		})
		mw.Handler(http.HandlerFunc(empty)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	}
}

// TestSkipFuncThatPanics shows that it leaves nothing in flight, which
// newMiddleware checks.
func TestSkipFuncThatPanics(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		mw, rec := newMiddleware(t, func(o *middleware.Options) {
			o.KeepFailed = keep
			o.SkipFunc = func(*http.Request) bool { panic("hook") }
		})
		func() {
			defer func() {
				if got := recover(); got != "hook" {
					t.Errorf("the panic that went on is %v", got)
				}
			}()
			mw.Handler(http.HandlerFunc(empty)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}()
		rec.wait(t, 0)
	}
}

func TestSkipFuncWithBunrouter(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t, func(o *middleware.Options) {
		o.SkipFunc = func(r *http.Request) bool { return r.URL.Path == "/skip" }
	})
	r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	r.GET("/skip", bunOK)
	r.GET("/keep", bunOK)
	s := server(t, 1, r)
	ask(t, s, "GET", "/skip")
	ask(t, s, "GET", "/keep")
	if got := rec.one(t); got.Action != "GET /keep" {
		t.Errorf("recorded %q", got.Action)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	made := regexp.MustCompile(`^[0-9a-f]{32}$`)
	sixtyFour := strings.Repeat("x", 64)
	for _, tt := range []struct {
		name   string
		header string
		sent   string
		echo   bool
		ask    bool   // the handler asks for the id
		want   string // recorded; "made", or "" for the action's own id
	}{
		{"none", "", "", false, false, ""},
		{"taken", "X-Request-Id", "A-b_c.1:/+=@~", false, true, "A-b_c.1:/+=@~"},
		{"taken-longest", "X-Request-Id", sixtyFour, true, true, sixtyFour},
		{"too-long", "X-Request-Id", sixtyFour + "x", true, true, "made"},
		{"odd-characters", "X-Request-Id", `a"b`, true, false, "made"},
		{"space", "X-Request-Id", "a b", false, false, ""},
		{"not-ascii", "X-Request-Id", "ä", false, false, ""},
		{"empty", "X-Request-Id", "", true, false, "made"},
		{"made-for-the-handler", "", "", false, true, "made"},
		{"made-for-both", "", "", true, true, "made"},
		{"echoed", "X-Request-Id", "abc", true, false, "abc"},
	} {
		for _, proto := range []int{1, 2} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				mw, rec := newMiddleware(t, func(o *middleware.Options) { o.EchoRequestID = tt.echo })
				var told [2]string
				s := server(t, proto, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if tt.ask {
						told = [2]string{middleware.RequestID(w), middleware.From(w).RequestID()}
					}
				})))
				var header []string
				if tt.header != "" {
					header = []string{tt.header, tt.sent}
				}
				got := ask(t, s, "GET", "/", header...)
				id := rec.one(t).Finish.RequestID
				if tt.want == "made" && !made.MatchString(id) || tt.want != "made" && id != tt.want {
					t.Errorf("recorded %q, want %q", id, tt.want)
				}
				if tt.ask && (told[0] != id || told[1] != id) {
					t.Errorf("the handler was told %q, recorded is %q", told, id)
				}
				if echoed := got.Header.Get("X-Request-Id"); tt.echo && echoed != id || !tt.echo && echoed != "" {
					t.Errorf("answered %q, recorded is %q", echoed, id)
				}
			})
		}
	}
}

func TestRequestIDHeader(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t, func(o *middleware.Options) {
		o.RequestIDHeader = "x-correlation-id"
		o.EchoRequestID = true
	})
	got := ask(t, server(t, 1, mw.Handler(http.HandlerFunc(empty))), "GET", "/", "X-Correlation-Id", "abc", "X-Request-Id", "no")
	if id := rec.one(t).Finish.RequestID; id != "abc" || got.Header.Get("X-Correlation-Id") != "abc" {
		t.Errorf("recorded %q, answered %v", id, got.Header)
	}
}

// TestEchoIsNotTheRequests shows that a handler can change the answer's id and
// leave the request's alone.
func TestEchoIsNotTheRequests(t *testing.T) {
	t.Parallel()
	mw, _ := newMiddleware(t, func(o *middleware.Options) { o.EchoRequestID = true })
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["X-Request-Id"] = append(make([]string, 0, 4), "abc")
	w := httptest.NewRecorder()
	mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Request-Id"][0] = "answer"
		w.Header().Add("X-Request-Id", "answered")
		r.Header.Add("X-Request-Id", "asked")
	})).ServeHTTP(w, r)
	if got := r.Header["X-Request-Id"]; !slices.Equal(got, []string{"abc", "asked"}) {
		t.Errorf("the request's header became %q", got)
	}
	if got := w.Header()["X-Request-Id"]; !slices.Equal(got, []string{"answer", "answered"}) {
		t.Errorf("the answer's header became %q", got)
	}
}

// TestEchoThroughAProxy does what Options.EchoRequestID says of proxies.
func TestEchoThroughAProxy(t *testing.T) {
	t.Parallel()
	asked := make(chan []string, 1)
	behind, _ := newMiddleware(t, func(o *middleware.Options) { o.EchoRequestID = true })
	upstream := server(t, 1, behind.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header["X-Request-Id"]
	})))
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error { r.Header.Del("X-Request-Id"); return nil }
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.EchoRequestID = true })
	got := ask(t, server(t, 1, mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Request-Id", middleware.RequestID(w))
		proxy.ServeHTTP(w, r)
	}))), "GET", "/")
	id := []string{rec.one(t).Finish.RequestID}
	if sent := <-asked; !slices.Equal(sent, id) || !slices.Equal(got.Header["X-Request-Id"], id) {
		t.Errorf("asked with %q, answered %q, want %q", sent, got.Header["X-Request-Id"], id)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	rec := newFake()
	mw := middleware.New(middleware.Options{Recorder: rec})
	mw.Handler(http.HandlerFunc(empty)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if got := rec.one(t); got.Service != strings.TrimSuffix(filepath.Base(exe), ".exe") {
		t.Errorf("service is %q", got.Service)
	}
}

func TestNewPanics(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]middleware.Options{
		"no-recorder": {},
		"no-logger":   {Recorder: newFake(), ContextLogger: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("New did not panic")
				}
			}()
			middleware.New(opts)
		})
	}
}

// TestOutside shows that a handler runs the same where nothing records it.
func TestOutside(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t)
	h := mw.Route(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware.Name(w, "S", "a")
		middleware.Fail(w, http.ErrBodyNotAllowed)
		middleware.Attr(w, "k", "v")
		if id := middleware.RequestID(w); id != "" {
			t.Errorf("request id is %q", id)
		}
		if middleware.From(w).Recorded() || middleware.FromContext(r.Context()).Recorded() {
			t.Error("there is a record")
		}
		if zerolog.Ctx(r.Context()).GetLevel() != zerolog.Disabled {
			t.Error("there is a logger")
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	rec.wait(t, 0)
}

// TestOddRequests are such as no server makes.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t, func(o *middleware.Options) { o.IncludeQuery = true })
	mw.Handler(http.HandlerFunc(empty)).ServeHTTP(httptest.NewRecorder(), &http.Request{RemoteAddr: "@"})
	got := rec.one(t)
	if got.Finish.Remote.IsValid() || got.Finish.Path != "" || got.Action != "GET (unmatched)" {
		t.Errorf("recorded %+v", got)
	}
}
