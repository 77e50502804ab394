package storage

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What each parameter may be, as errors tell it.
const (
	allowedStatus   = "success or failed"
	allowedMoment   = "an RFC 3339 time (2025-11-01T09:30:00Z), a date (2025-11-01) or a duration before now (15m, 36h, 7d)"
	allowedDuration = "a duration (250ms, 1.5s, 2m) or whole milliseconds, not negative"
	allowedCode     = "a status code from 100 to 599 or a class from 1xx to 5xx"
	allowedTraceID  = "32 hexadecimal digits, not all zero"
	allowedSort     = "-timestamp, timestamp, -duration or duration"
	allowedYears    = "a moment of the years 1970 to 2261"
	allowedText     = "1 to 1024 bytes of valid UTF-8"
	allowedCursor   = "the next of a page of this same query"
)

// Bounds on what a query may ask, so that matching stays cheap.
const (
	maxText   = 1024 // bytes of a text parameter
	maxValues = 64   // values of service or action
)

var allowedLimit = fmt.Sprintf("a whole number from 1 to %d", MaxLimit)

// ParamError is a query parameter that was refused. Its text names the
// parameter, the value (shortened if it is long) and what is allowed.
type ParamError struct {
	Param   string // e.g. "limit"
	Value   string // as it was given
	Allowed string // e.g. "a whole number from 1 to 1000"
	Unknown bool   // there is no such parameter; Allowed lists those that there are
}

// UnknownParam returns the error for a parameter that is not one of known.
func UnknownParam(param string, known []string) *ParamError {
	return &ParamError{Param: param, Allowed: strings.Join(known, ", "), Unknown: true}
}

// Error returns one sentence.
func (e *ParamError) Error() string {
	switch {
	case e.Unknown && e.Allowed == "":
		return fmt.Sprintf("parameter %s is unknown; there are none here", shorten(e.Param))
	case e.Unknown:
		return fmt.Sprintf("parameter %s is unknown; known are %s", shorten(e.Param), e.Allowed)
	}
	return fmt.Sprintf("parameter %s is %s; allowed is %s", e.Param, shorten(e.Value), e.Allowed)
}

func badParam(param, value, allowed string) error {
	return &ParamError{Param: param, Value: value, Allowed: allowed}
}

// shorten quotes a value for a message, at most some sixty bytes of it.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(s[:cut]), len(s))
}

// parsers has one entry a parameter; its keys are all that a query may have.
var parsers = map[string]func(q *Query, value string, now time.Time) error{
	"service": func(q *Query, v string, _ time.Time) error {
		q.Services = append(q.Services, v)
		return checkText("service", v)
	},
	"action": func(q *Query, v string, _ time.Time) error {
		q.Actions = append(q.Actions, v)
		return checkText("action", v)
	},
	"status": func(q *Query, v string, _ time.Time) error {
		q.Status = Status(v)
		if q.Status != Success && q.Status != Failed {
			return badParam("status", v, allowedStatus)
		}
		return nil
	},
	"instance": func(q *Query, v string, _ time.Time) error {
		q.Instance = v
		return checkText("instance", v)
	},
	"from": func(q *Query, v string, now time.Time) (err error) {
		q.From, q.fromText, err = parseMoment("from", v, now)
		return err
	},
	"to": func(q *Query, v string, now time.Time) (err error) {
		q.To, q.toText, err = parseMoment("to", v, now)
		return err
	},
	"min_duration": func(q *Query, v string, _ time.Time) (err error) {
		q.MinDuration, err = parseDuration("min_duration", v)
		return err
	},
	"max_duration": func(q *Query, v string, _ time.Time) (err error) {
		q.MaxDuration, err = parseDuration("max_duration", v)
		if err == nil && q.MaxDuration == 0 {
			return badParam("max_duration", v, "a duration greater than zero")
		}
		return err
	},
	"code": func(q *Query, v string, _ time.Time) (err error) {
		q.Code, err = parseCode(v)
		return err
	},
	"q": func(q *Query, v string, _ time.Time) error {
		q.Text = v
		return checkText("q", v)
	},
	"request_id": func(q *Query, v string, _ time.Time) error {
		q.RequestID = v
		return checkText("request_id", v)
	},
	"trace_id": func(q *Query, v string, _ time.Time) error {
		t, ok := ParseTraceID(v)
		if !ok {
			return badParam("trace_id", v, allowedTraceID)
		}
		q.TraceID = t
		return nil
	},
	"id": func(q *Query, v string, _ time.Time) error {
		q.ID = ID(v)
		return checkText("id", v)
	},
	"sort": func(q *Query, v string, _ time.Time) error {
		q.Sort = Sort(v)
		if !validSort(q.Sort) {
			return badParam("sort", v, allowedSort)
		}
		return nil
	},
	"limit": func(q *Query, v string, _ time.Time) (err error) {
		q.Limit, err = ParseLimit(v)
		return err
	},
	"cursor": func(q *Query, v string, _ time.Time) error {
		if q.Cursor = v; v == "" {
			return badParam("cursor", v, allowedCursor)
		}
		return nil
	},
}

// ParseQuery reads a query from URL parameters, by the names and with the
// meaning that the HTTP API documents. Durations before now are resolved
// against now. The error is a [*ParamError] for the first parameter, by name,
// that is unknown, malformed, out of range, or repeated where one is meant.
func ParseQuery(values url.Values, now time.Time) (Query, error) {
	var q Query
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		parse, ok := parsers[name]
		if !ok {
			return Query{}, UnknownParam(name, paramNames)
		}
		most := 1
		if name == "service" || name == "action" {
			most = maxValues
		}
		if n := len(values[name]); n > most {
			return Query{}, badParam(name, strings.Join(values[name], ","), fmt.Sprintf("at most %d of it, not %d", most, n))
		}
		for _, v := range values[name] {
			if err := parse(&q, v, now); err != nil {
				return Query{}, err
			}
		}
	}
	if _, err := q.Compile(); err != nil {
		return Query{}, err
	}
	return q, nil
}

// paramNames are the keys of parsers, in the order of their documentation.
var paramNames = []string{
	"service", "action", "status", "instance", "from", "to", "min_duration", "max_duration",
	"code", "q", "request_id", "trace_id", "id", "sort", "limit", "cursor",
}

// ParamNames returns the names of all parameters of a query, in the order of
// their documentation.
func ParamNames() []string { return append([]string(nil), paramNames...) }

// ParseLimit reads the parameter limit: a whole number from 1 to [MaxLimit].
func ParseLimit(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > MaxLimit || v[0] == '+' {
		return 0, badParam("limit", v, allowedLimit)
	}
	return n, nil
}

// Values returns the query as URL parameters that [ParseQuery] reads back.
// Moments that were given relative to now stay so. What has no parameter is
// told for people only: a range of codes that is no class, and NoLimit, which
// is left out.
func (q Query) Values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	for _, s := range q.Services {
		v.Add("service", s)
	}
	for _, a := range q.Actions {
		v.Add("action", a)
	}
	set("status", string(q.Status))
	set("instance", q.Instance)
	set("from", momentText(q.From, q.fromText))
	set("to", momentText(q.To, q.toText))
	if q.MinDuration != 0 {
		set("min_duration", q.MinDuration.String())
	}
	if q.MaxDuration != 0 {
		set("max_duration", q.MaxDuration.String())
	}
	set("code", q.Code.String())
	set("q", q.Text)
	set("request_id", q.RequestID)
	set("trace_id", q.TraceID.String())
	set("id", string(q.ID))
	set("sort", string(q.Sort))
	if q.Limit > 0 {
		set("limit", strconv.Itoa(q.Limit))
	}
	set("cursor", q.Cursor)
	return v
}

func momentText(t time.Time, text string) string {
	if text != "" || t.IsZero() {
		return text
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// parseMoment reads a moment, and returns the text too if it was relative.
func parseMoment(param, v string, now time.Time) (t time.Time, relative string, err error) {
	if t, err = time.Parse(time.RFC3339Nano, v); err == nil {
		return checkYear(param, v, t.UTC())
	}
	if t, err = time.Parse(time.DateOnly, v); err == nil {
		return checkYear(param, v, t)
	}
	d, err := parseAgo(v)
	if err != nil {
		return time.Time{}, "", badParam(param, v, allowedMoment)
	}
	t, _, err = checkYear(param, v, now.Add(-d).UTC())
	return t, v, err
}

// checkYear refuses a moment outside of the years that actions have.
func checkYear(param, v string, t time.Time) (time.Time, string, error) {
	if !validYear(t) {
		return time.Time{}, "", badParam(param, v, allowedYears)
	}
	return t, "", nil
}

// validYear reports whether nanoseconds since 1970 can count the moment.
func validYear(t time.Time) bool { return minSecond <= t.Unix() && t.Unix() <= maxSecond }

// parseAgo reads a Go duration, or whole days such as 7d, not negative.
func parseAgo(v string) (time.Duration, error) {
	const mostDays = 36500
	if days, ok := strings.CutSuffix(v, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > mostDays {
			return 0, fmt.Errorf("not a number of days: %q", v)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > mostDays*24*time.Hour {
		return 0, fmt.Errorf("not a duration: %q", v)
	}
	return d, nil
}

// parseDuration reads a Go duration or whole milliseconds, not negative.
func parseDuration(param, v string) (time.Duration, error) {
	const mostMillis = uint64(1<<63-1) / uint64(time.Millisecond)
	if ms, err := strconv.ParseUint(v, 10, 64); err == nil && ms <= mostMillis {
		return time.Duration(ms) * time.Millisecond, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return 0, badParam(param, v, allowedDuration)
	}
	return d, nil
}

func parseCode(v string) (CodeRange, error) {
	if len(v) == 3 && '1' <= v[0] && v[0] <= '5' {
		if v[1:] == "xx" {
			return Class(int(v[0] - '0')), nil
		}
		if n, err := strconv.ParseUint(v, 10, 16); err == nil {
			return Code(int(n)), nil
		}
	}
	return CodeRange{}, badParam("code", v, allowedCode)
}

func checkText(param, v string) error {
	if v == "" || len(v) > maxText || !utf8.ValidString(v) {
		return badParam(param, v, allowedText)
	}
	return nil
}
