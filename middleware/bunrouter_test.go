package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
	"actionlog/storage"
)

// statusError is an error that asks for a status, as bunrouter.HTTPError.
type statusError struct {
	code int
	text string
}

func (e statusError) Error() string   { return e.text }
func (e statusError) StatusCode() int { return e.code }

// TestBunrouterErrors looks at what becomes of an error that a handler
// returned: at the client, in the record, and at a middleware outside.
func TestBunrouterErrors(t *testing.T) {
	t.Parallel()
	internal := "{\"detail\":\"Internal Server Error\"}\n"
	for _, tt := range []struct {
		name   string
		handle bunrouter.HandlerFunc
		code   int
		body   string
		want   end
		never  end // with AnswerNever; the client gets bunrouter's empty 200, or what was written
	}{
		{"plain", func(w http.ResponseWriter, r bunrouter.Request) error { return errors.New("no database") },
			500, internal, end{500, 34 + 1, "", true, "no database"}, end{0, 0, "", true, "no database"}},
		{"not-found", func(w http.ResponseWriter, r bunrouter.Request) error {
			return fmt.Errorf("look up: %w", statusError{404, `no "case" 7`})
		}, 404, "{\"detail\":\"look up: no \\\"case\\\" 7\"}\n", end{404, 36, "", true, `look up: no "case" 7`}, end{0, 0, "", true, `look up: no "case" 7`}},
		{"unavailable", func(w http.ResponseWriter, r bunrouter.Request) error { return statusError{503, "10.0.0.7 is down"} },
			503, "{\"detail\":\"Service Unavailable\"}\n", end{503, 33, "", true, "10.0.0.7 is down"}, end{0, 0, "", true, "10.0.0.7 is down"}},
		{"senseless-status", func(w http.ResponseWriter, r bunrouter.Request) error { return statusError{200, "odd"} },
			500, internal, end{500, 35, "", true, "odd"}, end{0, 0, "", true, "odd"}},
		{"written", func(w http.ResponseWriter, r bunrouter.Request) error {
			w.WriteHeader(201)
			io.WriteString(w, "done")
			return errors.New("but not all of it")
		}, 201, "done", end{201, 4, "", true, "but not all of it"}, end{201, 4, "", true, "but not all of it"}},
		{"reported-and-returned", func(w http.ResponseWriter, r bunrouter.Request) error {
			middleware.Fail(w, errors.New("reported"))
			return errors.New("returned")
		}, 500, internal, end{500, 35, "", true, "reported"}, end{0, 0, "", true, "reported"}},
		{"no-error", func(w http.ResponseWriter, r bunrouter.Request) error { return nil }, 200, "", end{Code: 200}, end{Code: 200}},
		{"compat-panic", bunrouter.HTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic("boom") }),
			500, internal, end{500, 35, "", true, "bunrouter: panic recovered: boom"}, end{0, 0, "", true, "bunrouter: panic recovered: boom"}},
		{"compat-abort", bunrouter.HTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }),
			0, "", end{0, 0, storage.Aborted, true, "net/http: abort Handler"}, end{0, 0, storage.Aborted, true, "net/http: abort Handler"}},
		{"panic", func(w http.ResponseWriter, r bunrouter.Request) error { panic("boom") },
			0, "", end{0, 0, storage.Panic, true, "panic: boom"}, end{0, 0, storage.Panic, true, "panic: boom"}},
	} {
		build := func(t *testing.T, change ...func(*middleware.Options)) (router http.Handler, outer func(http.Handler) http.Handler, rec *fake, returned *error) {
			mw, rec := newMiddleware(t, change...)
			returned = new(error)
			catch := func(next bunrouter.HandlerFunc) bunrouter.HandlerFunc {
				return func(w http.ResponseWriter, r bunrouter.Request) error {
					*returned = next(w, r)
					return *returned
				}
			}
			r := bunrouter.New(bunrouter.Use(catch, mw.Bunrouter))
			r.GET("/x", tt.handle)
			return r, mw.Handler, rec, returned
		}
		check := func(t *testing.T, got answer, code int, body string, rec *fake, want end) {
			t.Helper()
			if got.Code != code || got.Body != body {
				t.Errorf("answer %d %q, want %d %q", got.Code, got.Body, code, body)
			}
			if got.Code >= 400 && got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("header %v", got.Header)
			}
			if diff := cmp.Diff(want, endOf(rec.one(t))); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			router, _, rec, returned := build(t)
			check(t, ask(t, server(t, 1, router), "GET", "/x"), tt.code, tt.body, rec, tt.want)
			if tt.want.Failed && tt.code != 0 && *returned == nil {
				t.Error("the error was not returned")
			}
		})
		t.Run(tt.name+"-in-handler", func(t *testing.T) {
			t.Parallel()
			router, outer, rec, _ := build(t)
			check(t, ask(t, server(t, 1, outer(router)), "GET", "/x"), tt.code, tt.body, rec, tt.want)
		})
		t.Run(tt.name+"-answered-never", func(t *testing.T) {
			t.Parallel()
			router, _, rec, _ := build(t, func(o *middleware.Options) { o.AnswerErrors = middleware.AnswerNever })
			got := ask(t, server(t, 1, router), "GET", "/x")
			if got.Code >= 400 {
				t.Errorf("answer %+v", got)
			}
			if diff := cmp.Diff(tt.never, endOf(rec.one(t))); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBunrouterKeepsParameters shows that a route's parameters survive what
// the middleware does to the request.
func TestBunrouterKeepsParameters(t *testing.T) {
	t.Parallel()
	for _, withContext := range []bool{false, true} {
		mw, rec := newMiddleware(t, func(o *middleware.Options) { o.Context = withContext })
		r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
		r.GET("/users/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
			if middleware.FromContext(r.Context()).Recorded() != withContext {
				t.Errorf("record in the context, want %v", withContext)
			}
			_, err := io.WriteString(w, r.Param("id"))
			return err
		})
		if got := ask(t, server(t, 1, r), "GET", "/users/7"); got.Body != "7" {
			t.Errorf("answer %+v", got)
		}
		rec.one(t)
	}
}

// TestBunrouterOwnAnswers looks at the answers that bunrouter gives itself.
func TestBunrouterOwnAnswers(t *testing.T) {
	t.Parallel()
	mw, rec := newMiddleware(t)
	r := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	r.GET("/users/:id", bunOK)
	s := server(t, 1, r)
	for i, tt := range []struct {
		method, path string
		code         int
		recorded     int
	}{
		{"GET", "/none", 404, 1},
		{"PUT", "/users/7", 405, 2},
		{"GET", "/users/7/", 301, 2}, // never reaches a middleware
	} {
		if got := ask(t, s, tt.method, tt.path); got.Code != tt.code {
			t.Errorf("%d: answer %d, want %d", i, got.Code, tt.code)
		}
		got := rec.wait(t, tt.recorded)
		if last := got[len(got)-1]; i < 2 && (last.Finish.Code != tt.code || last.Finish.Failed) {
			t.Errorf("%d: recorded %+v", i, endOf(last))
		}
	}
}
