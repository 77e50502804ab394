package middleware

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"

	"actionlog/storage"
)

// Options say how a [Middleware] records. Only Recorder is required.
type Options struct {
	// Recorder takes the actions. New panics without one.
	Recorder storage.Recorder

	// Service is the service of all actions that are not named otherwise.
	// Default: the base name of the running executable.
	Service string

	// Logger, if given, gets one event for each action that is recorded: at
	// level error if it failed, warn if it was answered 4xx, else info. The
	// fields have the names of the action's JSON form. Default: no events.
	Logger *zerolog.Logger

	// ContextLogger puts a logger that carries the request id into the
	// request's context, where zerolog.Ctx finds it. It derives from Logger,
	// which must then be given, and includes Context. Default: off.
	ContextLogger bool

	// Context puts the request's record into its context, so that FromContext
	// works. It costs two allocations a request. Default: off.
	Context bool

	// RequestIDHeader is the header that request ids are read from, and
	// answered in if EchoRequestID is on. A value is taken if it is 1 to 64
	// letters, digits and characters of -_.:/+=@~; else the id is made.
	// Default: X-Request-Id.
	RequestIDHeader string

	// EchoRequestID answers the request's id in RequestIDHeader. The request's
	// own header is left as it came: a handler that asks other services passes
	// on the id that [RequestID] returns. A reverse proxy does so with
	//
	//	r.Header.Set("X-Request-Id", middleware.RequestID(w))
	//
	// before it forwards r, and drops the other side's echo in its
	// ModifyResponse, for it would be a second value of the header. Default:
	// off.
	EchoRequestID bool

	// Recover ends panics here: the client is answered 500 if nothing was
	// written, and otherwise the connection is cut so that it can tell. The
	// stack goes into the field "stack" of the Logger's event, or to the
	// server's ErrorLog if there is no such event. http.ErrAbortHandler goes on
	// in any case, and so does runtime.Goexit. Default: off, a panic goes on
	// after it was recorded, and the server logs its stack.
	Recover bool

	// AnswerErrors says what the bunrouter middleware does with an error that
	// a handler returned. Default: AnswerUnwritten.
	AnswerErrors AnswerErrors

	// Failed decides whether an action failed. code is the status on the
	// wire, err what the handler returned or reported, or its panic. If it
	// panics itself, the action failed. Default: a code of 500 and above, or
	// any error.
	Failed func(code int, err error) bool

	// Skip lists routes that are not recorded, as patterns without a host:
	// "/healthz", "GET /metrics". As in a ServeMux, GET stands for HEAD, too. A
	// pattern that ends in a slash stands for all routes below it, too. They
	// are compared with the route that matched, not with the path. Default:
	// none.
	Skip []string

	// SkipFunc reports whether a request is not to be recorded, before it is
	// handled. If it panics, so does the request, unrecorded. Default: none is
	// skipped.
	SkipFunc func(*http.Request) bool

	// KeepFailed records skipped requests after all if they failed. Default:
	// off.
	KeepFailed bool

	// IncludeQuery records the query together with the path. Recorders redact
	// it. Default: off, the path alone is recorded.
	IncludeQuery bool
}

// AnswerErrors says what happens to an error that a bunrouter handler
// returned. It is recorded and returned in any case; but bunrouter's
// Router.ServeHTTP throws returned errors away, and the client would see an
// empty 200.
type AnswerErrors uint8

const (
	// AnswerUnwritten answers {"detail": …} where the handler wrote nothing:
	// the status of an error that has a StatusCode method, else 500. The
	// error's own text is told for 4xx alone.
	AnswerUnwritten AnswerErrors = iota

	// AnswerNever leaves the answer to whatever stands outside of the
	// middleware: another middleware, or a caller of Router.ServeHTTPError.
	// If nothing was written, the action's code is 0: it is not known yet.
	AnswerNever
)

// withDefaults returns o with every default filled in.
func (o Options) withDefaults() Options {
	if o.Service == "" {
		o.Service = executable()
	}
	if o.RequestIDHeader == "" {
		o.RequestIDHeader = "X-Request-Id"
	}
	o.RequestIDHeader = http.CanonicalHeaderKey(o.RequestIDHeader)
	if o.Failed == nil {
		o.Failed = failed
	}
	if o.ContextLogger {
		o.Context = true
	}
	return o
}

func failed(code int, err error) bool { return code >= 500 || err != nil }

// executable returns the base name of the running program.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		return "http"
	}
	return strings.TrimSuffix(filepath.Base(path), ".exe")
}
