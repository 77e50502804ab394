package storage

import (
	"bytes"
	"fmt"
	"strconv"
)

// MaxJSON is the most bytes of JSON that [DecodeJSON] reads as one action.
// The encoder writes less than a tenth of it for an action that
// [Redactor.Clean] has bounded.
const MaxJSON = 1 << 20

// SyntaxError is JSON that is no action: malformed, or a value of the wrong
// type or out of range.
type SyntaxError struct {
	Field  string // the key, such as "status" or "http.code"; empty for the object itself
	Line   int    // counted from 1
	Column int    // in bytes, counted from 1
	Msg    string // what was found, and what is allowed
}

// Error returns one sentence that names the place and the field.
func (e *SyntaxError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("action at line %d, column %d: %s", e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("action at line %d, column %d: field %s: %s", e.Line, e.Column, readable(e.Field), e.Msg)
}

// readable returns s for a message: quoted if it is more than plain ASCII.
func readable(s string) string {
	if plainPrefix([]byte(s)) < len(s) {
		return strconv.Quote(s)
	}
	return s
}

// syntaxError returns the error for offset at of input.
func syntaxError(input []byte, at int, field, msg string) error {
	before := input[:min(at, len(input))]
	return &SyntaxError{
		Field:  field,
		Line:   1 + bytes.Count(before, []byte{'\n'}),
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Msg:    msg,
	}
}

// MarshalJSON returns what [Action.AppendJSON] appends. Note that json.Marshal
// then escapes <, > and & once more.
func (a Action) MarshalJSON() ([]byte, error) { return a.AppendJSON(nil), nil }

// UnmarshalJSON is [DecodeJSON].
func (a *Action) UnmarshalJSON(b []byte) error { return DecodeJSON(b, a) }
