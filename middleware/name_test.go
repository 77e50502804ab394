package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
)

type anyKey struct{}

// copying stands for all that hands on a copy of the request.
func copying(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), anyKey{}, 1)))
	})
}

func timing(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Minute, "late") }

func empty(http.ResponseWriter, *http.Request) {}

// mux returns a ServeMux with pairs of pattern and handler.
func mux(pairs ...any) *http.ServeMux {
	m := http.NewServeMux()
	for i := 0; i < len(pairs); i += 2 {
		switch h := pairs[i+1].(type) {
		case func(http.ResponseWriter, *http.Request):
			m.HandleFunc(pairs[i].(string), h)
		case http.Handler:
			m.Handle(pairs[i].(string), h)
		}
	}
	return m
}

func bunOK(http.ResponseWriter, bunrouter.Request) error { return nil }

// TestName fixes what an action is called for each way to nest handlers, with
// the record in the context and without.
func TestName(t *testing.T) {
	t.Parallel()
	type build = func(mw *middleware.Middleware) http.Handler
	users := func() *http.ServeMux { return mux("GET /users/{id}", empty) }
	bun := func(mw *middleware.Middleware, opts ...bunrouter.Option) *bunrouter.Router {
		r := bunrouter.New(append([]bunrouter.Option{bunrouter.Use(mw.Bunrouter)}, opts...)...)
		r.GET("/users/:id", bunOK)
		r.NewGroup("/api").GET("/users/:id", bunOK)
		r.Compat().GET("/compat/:id", empty)
		return r
	}
	say := func(w http.ResponseWriter, r *http.Request) { middleware.Name(w, "Said", "said") }
	sayContext := func(w http.ResponseWriter, r *http.Request) {
		middleware.FromContext(r.Context()).Name("Said", "said")
	}

	tests := []struct {
		name    string
		request string
		build   build
		plain   string // expected without the record in the context
		context string // expected with it; empty if it is the same
	}{
		{"mux", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(users()) }, "test: GET /users/{id} /users/{id}", ""},
		{"mux-inside", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mux("GET /users/{id}", mw.Handler(http.HandlerFunc(empty)))
		}, "test: GET /users/{id} /users/{id}", ""},
		{"twice", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mw.Handler(users())) }, "test: GET /users/{id} /users/{id}", ""},
		{"pattern-without-method", "PUT /any", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/any", empty)) }, "test: PUT /any /any", ""},
		{"pattern-with-host", "GET /any", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("GET 127.0.0.1/any", empty)) }, "test: GET /any /any", ""},
		{"subtree", "GET /files/a/b", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/files/{rest...}", empty)) }, "test: GET /files/{rest...} /files/{rest...}", ""},
		{"head-of-get", "HEAD /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(users()) }, "test: HEAD /users/{id} /users/{id}", ""},
		{"unknown-method", "BREW /any", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/any", empty)) }, "test: OTHER /any /any", ""},
		{"not-found", "GET /none", func(mw *middleware.Middleware) http.Handler { return mw.Handler(users()) }, "test: GET (unmatched) ", ""},
		{"method-not-allowed", "DELETE /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(users()) }, "test: DELETE (unmatched) ", ""},
		{"no-mux", "GET /secret/path", func(mw *middleware.Middleware) http.Handler { return mw.Handler(http.HandlerFunc(empty)) }, "test: GET (unmatched) ", ""},
		{"slash-redirect", "GET /tree", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/tree/", empty)) }, "test: GET /tree/ /tree/", ""},
		{"clean-redirect", "GET //users//7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(users()) }, "test: GET /users/{id} /users/{id}", ""},
		{"connect-redirect-is-no-pattern", "CONNECT /x/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/x/{id}/", empty)) }, "test: CONNECT (unmatched) ", ""},
		{"connect-redirect-of-an-unclean-path", "CONNECT /x123/./y", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/{a}/{b}/{c}/", empty)) }, "test: CONNECT (unmatched) ", ""},
		{"connect-redirect-of-an-escaped-slash", "CONNECT /x/7%2F", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/x/{id}/", empty)) }, "test: CONNECT (unmatched) ", ""},
		{"connect-redirect-of-a-dot", "CONNECT /.", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/{id}/", empty)) }, "test: CONNECT (unmatched) ", ""},
		{"connect-subtree", "CONNECT /x/", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/x/", empty)) }, "test: CONNECT /x/ /x/", ""},
		{"connect-root", "CONNECT /", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/", empty)) }, "test: CONNECT / /", ""},
		{"connect-two-slashes", "CONNECT /x/7//", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/x/{id}/", empty)) }, "test: CONNECT /x/{id}/ /x/{id}/", ""},
		{"connect", "CONNECT /x/7/", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/x/{id}/", empty)) }, "test: CONNECT /x/{id}/ /x/{id}/", ""},

		{"mux-in-mux", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/", users())) }, "test: GET /users/{id} /users/{id}", ""},
		{"mux-in-mux-unmatched", "GET /users", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/", users())) }, "test: GET (unmatched) ", ""},
		{"strip", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/api/", http.StripPrefix("/api", users())))
		}, "test: GET /api/ /api/", ""},
		{"strip-route", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/api/", http.StripPrefix("/api", mw.Route(users()))))
		}, "test: GET /api/users/{id} /api/users/{id}", ""},
		{"strip-route-unmatched", "GET /api/none", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/api/", http.StripPrefix("/api", mw.Route(users()))))
		}, "test: GET /api/ /api/", ""},
		{"strip-without-mux-route", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(http.StripPrefix("/api", mw.Route(users())))
		}, "test: GET /users/{id} /users/{id}", ""},
		{"strip-around-route-below-wildcard", "GET /t/42/users/7", func(mw *middleware.Middleware) http.Handler {
			strip := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.StripPrefix("/t/"+r.PathValue("tenant"), mw.Route(users())).ServeHTTP(w, r)
			})
			return mw.Handler(mux("/t/{tenant}/{rest...}", strip))
		}, "test: GET /t/{tenant}/users/{id} /t/{tenant}/users/{id}", ""},
		{"strip-half-a-subtree-route", "GET /a/b/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/a/", http.StripPrefix("/a/b", mw.Route(users()))))
		}, "test: GET /users/{id} /users/{id}", ""},
		{"route-outside-of-strip", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/api/", mw.Route(http.StripPrefix("/api", users()))))
		}, "test: GET /api/ /api/", ""},
		{"route-in-route", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mw.Route(mux("/api/", http.StripPrefix("/api", mw.Route(users())))))
		}, "test: GET /api/users/{id} /api/users/{id}", ""},
		{"route-alone", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mw.Route(users())) }, "test: GET /users/{id} /users/{id}", ""},
		{"copy", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(copying(users())) }, "test: GET (unmatched) ", ""},
		{"copy-route", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(copying(mw.Route(users())))
		}, "test: GET /users/{id} /users/{id}", ""},
		{"copy-inside-of-mux", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("GET /users/{id}", copying(http.HandlerFunc(empty))))
		}, "test: GET /users/{id} /users/{id}", ""},
		{"copy-action", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(copying(mux("GET /users/{id}", mw.Action("S", "a", http.HandlerFunc(empty)))))
		}, "S: a /users/{id}", ""},
		{"timeout", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(timing(users())) }, "test: GET (unmatched) ", ""},
		{"timeout-route", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(timing(mw.Route(users())))
		}, "test: GET (unmatched) ", "test: GET /users/{id} /users/{id}"},
		{"timeout-in-mux", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("GET /users/{id}", timing(http.HandlerFunc(empty))))
		}, "test: GET /users/{id} /users/{id}", ""},
		{"timeout-outside", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return timing(mw.Handler(users())) }, "test: GET /users/{id} /users/{id}", ""},
		{"timeout-strip-route", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/api/", timing(http.StripPrefix("/api", mw.Route(users())))))
		}, "test: GET /api/ /api/", "test: GET /api/users/{id} /api/users/{id}"},

		{"action-alone", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Action("S", "a", users()) }, "S: a /users/{id}", ""},
		{"action-inside", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("GET /users/{id}", mw.Action("S", "a", http.HandlerFunc(empty))))
		}, "S: a /users/{id}", ""},
		{"action-without-service", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Action("", "a", users()) }, "test: a /users/{id}", ""},
		{"action-without-action", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Action("S", "", users()) }, "S: GET /users/{id} /users/{id}", ""},
		{"action-around-mux", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/", mw.Action("S", "a", users())))
		}, "S: a /users/{id}", ""},
		{"action-in-action", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Action("S", "a", mw.Action("T", "b", users()))
		}, "T: b /users/{id}", ""},
		{"said", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("GET /users/{id}", say))
		}, "Said: said /users/{id}", ""},
		{"said-over-action", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("GET /users/{id}", mw.Action("S", "a", http.HandlerFunc(say))))
		}, "Said: said /users/{id}", ""},
		{"said-behind-timeout", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("GET /users/{id}", timing(http.HandlerFunc(sayContext))))
		}, "test: GET /users/{id} /users/{id}", "Said: said /users/{id}"},

		{"bun", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return bun(mw) }, "test: GET /users/:id /users/:id", ""},
		{"bun-group", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler { return bun(mw) }, "test: GET /api/users/:id /api/users/:id", ""},
		{"bun-compat", "GET /compat/7", func(mw *middleware.Middleware) http.Handler { return bun(mw) }, "test: GET /compat/:id /compat/:id", ""},
		{"bun-not-found", "GET /none", func(mw *middleware.Middleware) http.Handler { return bun(mw) }, "test: GET (unmatched) ", ""},
		{"bun-method-not-allowed", "PUT /users/7", func(mw *middleware.Middleware) http.Handler { return bun(mw) }, "test: PUT /users/:id /users/:id", ""},
		{"bun-in-handler", "GET /users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(bun(mw)) }, "test: GET /users/:id /users/:id", ""},
		{"bun-redirect-in-handler", "GET /users/7/", func(mw *middleware.Middleware) http.Handler { return mw.Handler(bun(mw)) }, "test: GET (unmatched) ", ""},
		{"bun-action", "GET /compat/7", func(mw *middleware.Middleware) http.Handler {
			r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
			r.GET("/compat/:id", bunrouter.HTTPHandler(mw.Action("S", "a", http.HandlerFunc(empty))))
			return r
		}, "S: a /compat/:id", ""},
		{"bun-said", "GET /users/7", func(mw *middleware.Middleware) http.Handler {
			r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
			r.GET("/users/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
				middleware.Name(w, "Said", "said")
				return nil
			})
			return r
		}, "Said: said /users/:id", ""},
		{"bun-in-mux", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler { return mux("/api/", bun(mw)) }, "test: GET /api/users/:id /api/users/:id", ""},
		{"bun-in-mux-unmatched", "GET /api/none", func(mw *middleware.Middleware) http.Handler { return mux("/api/", bun(mw)) }, "test: GET /api/ /api/", ""},
		{"bun-in-mux-in-handler", "GET /api/users/7", func(mw *middleware.Middleware) http.Handler { return mw.Handler(mux("/api/", bun(mw))) }, "test: GET /api/users/:id /api/users/:id", ""},
		{"bun-stripped-in-handler", "GET /b/users/7", func(mw *middleware.Middleware) http.Handler {
			return mw.Handler(mux("/b/", http.StripPrefix("/b", bun(mw))))
		}, "test: GET /b/users/:id /b/users/:id", ""},
		{"mux-in-bun", "GET /m/users/7", func(mw *middleware.Middleware) http.Handler {
			r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
			r.GET("/m/*rest", bunrouter.HTTPHandler(mux("GET /m/users/{id}", empty)))
			return r
		}, "test: GET /m/*rest /m/*rest", ""},
		{"mux-in-bun-route", "GET /m/users/7", func(mw *middleware.Middleware) http.Handler {
			r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
			r.GET("/m/*rest", bunrouter.HTTPHandler(mw.Route(mux("GET /m/users/{id}", empty))))
			return r
		}, "test: GET /m/users/{id} /m/users/{id}", ""},
	}
	for _, withContext := range []bool{false, true} {
		for _, tt := range tests {
			name := tt.name
			want := tt.plain
			if withContext {
				name += "-context"
				if tt.context != "" {
					want = tt.context
				}
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Context = withContext })
				s := server(t, 1, tt.build(mw))
				raw(t, s, tt.request+" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", "")
				got := rec.one(t)
				if name := got.Service + ": " + got.Action + " " + got.Route; name != want {
					t.Errorf("%s is %q, want %q", tt.request, name, want)
				}
				if method, _, _ := strings.Cut(tt.request, " "); got.Method != method && got.Method != "OTHER" {
					t.Errorf("method is %q, want %q", got.Method, method)
				}
			})
		}
	}
}

// TestOtherMiddleware shows that two middlewares with recorders of their own
// both record, and that a handler reaches the inner one.
func TestOtherMiddleware(t *testing.T) {
	t.Parallel()
	outer, outerRec := newMiddleware(t)
	inner, innerRec := newMiddleware(t)
	h := outer.Handler(inner.Handler(outer.Handler(mux("GET /x", func(w http.ResponseWriter, r *http.Request) {
		middleware.Fail(w, errors.New("inner alone"))
	}))))
	ask(t, server(t, 1, h), "GET", "/x")
	if got := outerRec.one(t); got.Action != "GET /x" || got.Finish.Failed {
		t.Errorf("outer: %+v", got)
	}
	if got := innerRec.one(t); got.Action != "GET /x" || got.Finish.Error != "inner alone" {
		t.Errorf("inner: %+v", got)
	}
}

// TestPatternPassesOut shows that a handler outside still reads the pattern
// where the middleware has made a copy of the request.
func TestPatternPassesOut(t *testing.T) {
	t.Parallel()
	mw, _ := newMiddleware(t, func(o *middleware.Options) { o.Context = true })
	h := mw.Handler(mux("GET /x/{id}", empty))
	var seen string
	ask(t, server(t, 1, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		seen = r.Pattern
	})), "GET", "/x/1")
	if seen != "GET /x/{id}" {
		t.Errorf("pattern outside is %q", seen)
	}
}

// TestRequestToItself shows that a handler that calls another one with a
// request and a writer of its own is recorded beside it, and that one that
// forwards its writer is recorded once.
func TestRequestToItself(t *testing.T) {
	t.Parallel()
	for _, withContext := range []bool{false, true} {
		mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Context = withContext })
		var h http.Handler
		h = mw.Handler(mux(
			"GET /batch", func(w http.ResponseWriter, r *http.Request) {
				inner, err := http.NewRequestWithContext(r.Context(), "GET", "/item", nil)
				if err != nil {
					t.Error(err)
				}
				h.ServeHTTP(httptest.NewRecorder(), inner)
			},
			"GET /forward", func(w http.ResponseWriter, r *http.Request) {
				r.URL.Path = "/item"
				h.ServeHTTP(w, r)
			},
			"GET /item", empty,
		))
		s := server(t, 1, h)
		ask(t, s, "GET", "/batch")
		ask(t, s, "GET", "/forward")
		var got []string
		for _, k := range rec.wait(t, 3) {
			got = append(got, k.Action)
		}
		if want := []string{"GET /item", "GET /batch", "GET /item"}; !slices.Equal(got, want) {
			t.Errorf("recorded %q, want %q", got, want)
		}
	}
}
