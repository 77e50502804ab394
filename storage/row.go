package storage

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// columns are the names of the cells that AppendRow appends.
var columns = [...]string{
	"timestamp", "service", "action", "status", "duration", "error", "id", "durationNs",
	"method", "route", "path", "code", "bytes", "remote", "requestId", "outcome",
	"traceId", "spanId", "instance", "attrs",
}

// Columns returns the names of the cells of a row: the keys of an action's
// JSON, those of its http among them.
func Columns() []string { return append([]string(nil), columns[:]...) }

// AppendRow appends the action as one text for each of [Columns]: what is
// unknown is "", the time is that of loc, and attrs is an object of JSON.
func (a *Action) AppendRow(dst []string, loc *time.Location) []string {
	attrs := ""
	if len(a.Attrs) > 0 {
		attrs = string(appendAttrs(nil, a.Attrs))
	}
	dst = append(dst,
		a.Time.In(loc).Format(time.RFC3339Nano), a.Service, a.Action, string(a.Status),
		string(appendMillis(nil, a.Duration)), a.Error, string(a.ID),
		strconv.FormatInt(a.Duration.Nanoseconds(), 10))
	if h := a.HTTP; h != nil {
		remote := ""
		if h.Remote.IsValid() {
			remote = h.Remote.String()
		}
		dst = append(dst, h.Method, h.Route, h.Path, strconv.Itoa(h.Code), strconv.FormatInt(h.Bytes, 10),
			remote, h.RequestID, string(h.Outcome))
	} else {
		dst = append(dst, "", "", "", "", "", "", "", "")
	}
	return append(dst, a.TraceID.String(), a.SpanID.String(), a.Instance, attrs)
}

// Cell returns a text as a cell of CSV that no spreadsheet takes for a formula:
// one that could be begins with an apostrophe. It has no zero bytes, at which
// some programs end a text.
func Cell(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}
