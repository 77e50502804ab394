package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"actionlog/storage"
)

// Error is an answer that is no success: a status and the text that the
// client gets as {"detail":"…"}. [Options.Authorize] may return one.
type Error struct {
	Status int         // 400 to 599; anything else is answered as 500
	Detail string      // for the client
	Header http.Header // more headers of the answer; may be nil
	Err    error       // why, if there is more to say than Detail; not told to the client
}

// Error returns the status and the detail.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d: %s: %v", e.Status, e.Detail, e.Err)
	}
	return fmt.Sprintf("%d: %s", e.Status, e.Detail)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

func forbidden(detail string) error {
	return &Error{Status: http.StatusForbidden, Detail: detail}
}

func badRequest(detail string) error {
	return &Error{Status: http.StatusBadRequest, Detail: detail}
}

// failure is an error of an endpoint that failed to do what.
type failure struct {
	what string // e.g. "get recent actions"
	err  error
}

func (f *failure) Error() string { return "Failed to " + f.what + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// panicked is a panic that became an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// rescue, deferred, turns a panic into an error. http.ErrAbortHandler is none:
// it goes on up.
func rescue(err *error) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		*err = &panicked{value: v, stack: debug.Stack()}
	}
}

// answerTo maps an error, whatever it came from, to what the client gets.
func answerTo(err error) *Error {
	var answer *Error
	var param *storage.ParamError
	var size *http.MaxBytesError
	var crash *panicked
	switch {
	case errors.As(err, &answer):
		if answer.Status < 400 || answer.Status > 599 {
			return &Error{Status: http.StatusInternalServerError, Detail: answer.Detail, Header: answer.Header, Err: answer.Err}
		}
		return answer
	case errors.As(err, &param):
		return &Error{Status: http.StatusBadRequest, Detail: param.Error()}
	case errors.As(err, &size):
		return &Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("the body is too large; allowed are at most %d bytes", size.Limit)}
	case errors.As(err, &crash):
		detail := "the server panicked"
		var f *failure
		if errors.As(err, &f) {
			detail = "Failed to " + f.what + ": " + detail
		}
		return &Error{Status: http.StatusInternalServerError, Detail: detail, Err: err}
	case errors.Is(err, storage.ErrClosed):
		return &Error{Status: http.StatusServiceUnavailable, Detail: masked(err), Err: err}
	}
	return &Error{Status: http.StatusInternalServerError, Detail: masked(err), Err: err}
}

// masked returns the text of a store's error without the secrets that it may
// hold, such as the password in a database's URL.
func masked(err error) string { return storage.DefaultRedactor().Error(err.Error()) }

// worthTelling reports whether Options.OnError hears of an answer: not of one
// that nobody waits for any more.
func worthTelling(r *http.Request, answer *Error, err error) bool {
	return answer.Status >= 500 && !(errors.Is(err, context.Canceled) && r.Context().Err() != nil)
}
