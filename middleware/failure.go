package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// errorText returns the text of an error, else that of a failing answer.
func errorText(err error, body string, code int) string {
	switch {
	case err != nil:
		if text := textOf(err); text != "" {
			return text
		}
	case body != "":
		return body
	}
	return strconv.Itoa(code) + " " + http.StatusText(code)
}

// textOf returns err.Error(), also of an error that panics when asked.
func textOf(err error) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("%T (its text panicked: %v)", err, v)
		}
	}()
	return err.Error()
}

// aborts reports whether an error is [http.ErrAbortHandler], also of an error
// that panics when it is unwrapped.
func aborts(err error) (yes bool) {
	defer func() { recover() }()
	return errors.Is(err, http.ErrAbortHandler)
}

// judge asks a hook whether an action failed. One that panics must not stand in
// the way of what is recorded, nor take the place of the handler's own panic:
// it counts as a failure, and is told where there is no other error.
func judge(hook func(int, error) bool, code int, err error) (failed bool, why error) {
	defer func() {
		if v := recover(); v != nil {
			failed, why = true, firstOf(err, fmt.Errorf("Options.Failed panicked: %v", v))
		}
	}()
	return hook(code, err), err
}

// panicError is a panic as an error.
type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprint("panic: ", e.value) }

// Unwrap returns the value if it is an error.
func (e panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// endedError is a handler that ended its goroutine.
type endedError struct{}

func (endedError) Error() string { return "the handler called runtime.Goexit" }

// statusOf returns the status that an error asks for, or 500.
func statusOf(err error) int {
	var e interface{ StatusCode() int }
	if errors.As(err, &e) {
		if code := e.StatusCode(); code >= 400 && code < 600 {
			return code
		}
	}
	return http.StatusInternalServerError
}
