package storage

import (
	"strconv"
	"strings"
	"time"
)

// Sort is the order of a page. Ties are broken by id, in the same direction.
type Sort string

// The four orders.
const (
	NewestFirst  Sort = "-timestamp" // the default
	OldestFirst  Sort = "timestamp"
	SlowestFirst Sort = "-duration"
	FastestFirst Sort = "duration"
)

// Limits of a page.
const (
	DefaultLimit = 100  // what a Limit of zero means
	MaxLimit     = 1000 // the most that one page holds
	NoLimit      = -1   // for Go callers: all matches in one page
)

// Query says which actions are wanted, in which order, and how many. It means
// the same to every store, to the HTTP API and to the command line. The zero
// Query is the newest 100 actions.
//
// Build one in Go field by field, or with [ParseQuery]. It is a value: copy
// it and change the copy.
type Query struct {
	Services    []string      // any of these; empty for all
	Actions     []string      // any of these; empty for all
	Status      Status        // Success, Failed, or empty for both
	Instance    string        // equal; empty for all
	From        time.Time     // inclusive; zero for no bound
	To          time.Time     // exclusive; zero for no bound
	MinDuration time.Duration // inclusive
	MaxDuration time.Duration // inclusive; zero for no bound
	Code        CodeRange     // status codes; zero for all
	Text        string        // contained in error, action, service, route or request id; ASCII letter case ignored
	RequestID   string        // equal; empty for all
	TraceID     TraceID       // equal; zero for all
	ID          ID            // equal; empty for all
	Sort        Sort          // empty for NewestFirst
	Limit       int           // 1 to MaxLimit; zero for DefaultLimit; NoLimit for all
	Cursor      string        // Page.Next of the page before; empty for the first page

	// What From and To were written as when they were given relative to now:
	// a cursor belongs to the text, and carries the moments that the text
	// meant on the first page.
	fromText, toText string
}

// CodeRange is a range of HTTP status codes, both ends inclusive. The zero
// CodeRange matches every action, also one that is no request.
type CodeRange struct {
	Low, High int
}

// Code returns the range that holds one status code.
func Code(code int) CodeRange { return CodeRange{code, code} }

// Class returns the range of a class of status codes: Class(5) is 500 to 599.
func Class(digit int) CodeRange { return CodeRange{digit * 100, digit*100 + 99} }

// IsZero reports whether the range matches everything.
func (c CodeRange) IsZero() bool { return c == CodeRange{} }

// Contains reports whether code lies in the range.
func (c CodeRange) Contains(code int) bool { return c.Low <= code && code <= c.High }

// String returns the range as the query parameter code writes it: "404",
// "5xx", or "" for the zero range. A range that is neither reads "400-403".
func (c CodeRange) String() string {
	switch {
	case c.IsZero():
		return ""
	case c.Low == c.High:
		return strconv.Itoa(c.Low)
	case c.Low%100 == 0 && c.High == c.Low+99:
		return strconv.Itoa(c.Low/100) + "xx"
	}
	return strconv.Itoa(c.Low) + "-" + strconv.Itoa(c.High)
}

// order returns the sort with its default filled in.
func (q *Query) order() Sort {
	if q.Sort == "" {
		return NewestFirst
	}
	return q.Sort
}

// limit returns how many actions a page may hold, or NoLimit.
func (q *Query) limit() int {
	if q.Limit == 0 {
		return DefaultLimit
	}
	return q.Limit
}

// validate refuses a query that Go code filled in wrongly. ParseQuery never
// returns one. The moments are for validateRange, since a cursor brings its
// own.
func (q *Query) validate() error {
	switch {
	case q.Status != "" && q.Status != Success && q.Status != Failed:
		return badParam("status", string(q.Status), allowedStatus)
	case q.MinDuration < 0:
		return badParam("min_duration", q.MinDuration.String(), allowedDuration)
	case q.MaxDuration < 0:
		return badParam("max_duration", q.MaxDuration.String(), allowedDuration)
	case q.MaxDuration != 0 && q.MaxDuration < q.MinDuration:
		return badParam("max_duration", q.MaxDuration.String(), "at least min_duration, which is "+q.MinDuration.String())
	case q.Code.Low > q.Code.High || q.Code.Low < 0:
		return badParam("code", q.Code.String(), allowedCode)
	case !validSort(q.order()):
		return badParam("sort", string(q.Sort), allowedSort)
	case q.Limit < NoLimit || q.Limit > MaxLimit:
		return badParam("limit", strconv.Itoa(q.Limit), allowedLimit)
	}
	return nil
}

// validateRange refuses moments that no action can lie between.
func (q *Query) validateRange() error {
	switch {
	case !q.From.IsZero() && !validYear(q.From):
		return badParam("from", momentText(q.From, ""), allowedYears)
	case !q.To.IsZero() && !validYear(q.To):
		return badParam("to", momentText(q.To, ""), allowedYears)
	case !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To):
		return badParam("to", momentText(q.To, ""), "a moment after from, which is "+momentText(q.From, ""))
	}
	return nil
}

func validSort(s Sort) bool {
	switch s {
	case NewestFirst, OldestFirst, SlowestFirst, FastestFirst:
		return true
	}
	return false
}

// Descending reports whether greater keys come first.
func (s Sort) Descending() bool { return s == "" || strings.HasPrefix(string(s), "-") }

// ByDuration reports whether the key is the duration and not the time.
func (s Sort) ByDuration() bool { return s == SlowestFirst || s == FastestFirst }
