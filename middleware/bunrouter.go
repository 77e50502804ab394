package middleware

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/uptrace/bunrouter"
)

// Bunrouter is a bunrouter.MiddlewareFunc. It records each request by the
// route that bunrouter matched, returns what the handler returned, and answers
// it as [Options.AnswerErrors] says. Inside of [Middleware.Handler] it adds
// route and error to what that one records.
//
// bunrouter's own redirects of trailing slashes never reach a middleware, only
// a Handler around the router sees them. Its compatible handlers, those of
// bunrouter.HTTPHandler and Router.Compat, turn panics into errors before a
// middleware can see them: they are recorded as errors, without the outcome
// "panic", and their stacks are lost. http.ErrAbortHandler among them panics
// again, so that the connection is cut as the handler wanted, unless
// AnswerErrors is AnswerNever.
func (m *Middleware) Bunrouter(next bunrouter.HandlerFunc) bunrouter.HandlerFunc {
	return func(w http.ResponseWriter, r bunrouter.Request) error {
		return m.serveBun(w, r, next)
	}
}

var _ bunrouter.MiddlewareFunc = (*Middleware)(nil).Bunrouter

func (m *Middleware) serveBun(w http.ResponseWriter, r bunrouter.Request, next bunrouter.HandlerFunc) error {
	if m.opts.SkipFunc != nil && !m.opts.KeepFailed && m.opts.SkipFunc(r.Request) {
		return next(w, r)
	}
	shape := m.shapes.of(w)
	if shape&mayBeCarried != 0 || m.opts.Context {
		if x := m.around(w, r.Request); x != nil {
			return m.joinBun(x, w, r, next)
		}
	}
	f := flight{route: r.Route()}
	w, inner := f.begin(m, w, r.Request, shape, nil)
	defer f.end()
	if inner != r.Request {
		r.Request = inner
	}
	f.err = next(w, r)
	f.left = m.answerBun(f.x, w, f.err)
	f.returned = true
	return f.err
}

// joinBun serves a request that m records already.
func (m *Middleware) joinBun(x *exchange, w http.ResponseWriter, r bunrouter.Request, next bunrouter.HandlerFunc) error {
	if route := r.Route(); route != "" {
		x.route(m.below(x.r.URL.Path, r.URL.Path, r.Pattern, route))
	}
	err := next(w, r)
	if err != nil {
		if n := x.note(); n.gather().err == nil {
			n.fail(err)
		}
		m.answerBun(x, w, err)
	}
	return err
}

// answerBun answers an error where nothing was written, and reports whether
// it is left to somebody else.
func (m *Middleware) answerBun(x *exchange, w http.ResponseWriter, err error) (left bool) {
	if err == nil {
		return false
	}
	if m.opts.AnswerErrors == AnswerNever {
		return true
	}
	if errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	if state := x.state.Load(); codeOf(state) != 0 || state&hijacked != 0 {
		return false
	}
	code := statusOf(err)
	detail := http.StatusText(code)
	if code < http.StatusInternalServerError {
		detail = textOf(err)
	}
	answer(w, code, detail)
	return false
}

// ofAnotherAnswer are headers that a handler may have set for an answer that it
// then did not write. They must not go with an error: it would be cached, or
// saved as a file.
var ofAnotherAnswer = [...]string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Etag", "Last-Modified",
}

// answer writes an error in the one form that this module has.
func answer(w http.ResponseWriter, code int, detail string) {
	body, err := json.Marshal(struct {
		Detail string `json:"detail"`
	}{detail})
	if err != nil {
		return // a string always marshals
	}
	h := w.Header()
	for _, name := range ofAnotherAnswer {
		delete(h, name)
	}
	h["Content-Type"] = []string{"application/json"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	w.WriteHeader(code)
	w.Write(append(body, '\n'))
}
