package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"actionlog/storage"
)

// written are the columns of an insert, in the order of row.
const written = "action_id, time_ns, timestamp, service, action, status, duration, duration_ns, error, " +
	"http_code, http_method, http_route, http_path, http_bytes, http_remote, http_outcome, request_id, trace_id, span_id, instance, attrs"

const writtenColumns = 21

// read are the columns of a search, in the order of readRow.
const readColumns = "action_id, time_ns, service, action, status, duration_ns, error, " +
	"http_code, http_method, http_route, http_path, http_bytes, http_remote, http_outcome, request_id, trace_id, span_id, instance, attrs"

// row sets the values of an insert.
func row(to []driver.NamedValue, a *storage.Action) {
	duration := max(a.Duration, 0)
	at := nanos(a.Time)
	status := storage.Success
	var failure any
	if a.Status == storage.Failed || a.Status != storage.Success && a.Error != "" {
		status, failure = storage.Failed, a.Error
	}
	values := [writtenColumns]any{
		appendKey(nil, a.ID), at, timestamp(at), a.Service, a.Action, string(status), millis(duration), int64(duration), failure,
	}
	httpValues(values[9:15], a)
	if h := a.HTTP; h != nil && h.RequestID != string(a.ID) {
		values[16] = h.RequestID
	}
	if h := a.HTTP; h != nil && h.Outcome != "" {
		values[15] = string(h.Outcome)
	}
	if !a.TraceID.IsZero() {
		values[17] = a.TraceID[:]
	}
	if !a.SpanID.IsZero() {
		values[18] = a.SpanID[:]
	}
	if a.Instance != "" {
		values[19] = a.Instance
	}
	if len(a.Attrs) > 0 {
		values[20] = attrsText(a.Attrs)
	}
	for i := range values {
		to[i].Value = values[i]
	}
}

// httpValues sets code, method, route, path, bytes and remote.
func httpValues(to []any, a *storage.Action) {
	h := a.HTTP
	if h == nil {
		return
	}
	to[0] = int64(h.Code)
	if method, route, ok := strings.Cut(a.Action, " "); !ok || method != h.Method || route != h.Route {
		to[1], to[2] = h.Method, h.Route
	}
	if h.Path != h.Route {
		to[3] = h.Path
	}
	to[4] = max(h.Bytes, 0)
	if h.Remote.IsValid() {
		to[5] = h.Remote.Unmap().AsSlice()
	}
}

var errRow = errors.New("a row of action_logs does not hold an action")

// readRow reads what row wrote.
func readRow(from []driver.Value, a *storage.Action) error {
	r := rowReader{from: from}
	key, at := r.blob(0), r.integer(1)
	id, err := parseKey(key)
	if err != nil || r.bad {
		return fmt.Errorf("%w: its action_id %x %w", errRow, key, errKey)
	}
	*a = storage.Action{
		ID: id, Time: time.Unix(0, at).UTC(), Service: r.text(2), Action: r.text(3), Status: storage.Status(r.text(4)),
		Duration: time.Duration(r.integer(5)), Error: r.text(6), Instance: r.text(17),
	}
	if from[7] != nil {
		a.HTTP = r.http(a)
	}
	copy(a.TraceID[:], r.blob(15))
	copy(a.SpanID[:], r.blob(16))
	if from[18] != nil {
		if a.Attrs, err = parseAttrs(r.text(18)); err != nil {
			return fmt.Errorf("%w: attrs of %s: %w", errRow, id, err)
		}
	}
	if r.bad {
		return fmt.Errorf("%w: the types of its columns are wrong: %s", errRow, id)
	}
	return nil
}

// rowReader takes NULL for zero.
type rowReader struct {
	from []driver.Value
	bad  bool // a value had a type that no row has
}

func (r *rowReader) text(i int) string {
	s, ok := r.from[i].(string)
	r.bad = r.bad || !ok && r.from[i] != nil
	return s
}

func (r *rowReader) integer(i int) int64 {
	n, ok := r.from[i].(int64)
	r.bad = r.bad || !ok && r.from[i] != nil
	return n
}

func (r *rowReader) blob(i int) []byte {
	b, ok := r.from[i].([]byte)
	r.bad = r.bad || !ok && r.from[i] != nil
	return b
}

func (r *rowReader) http(a *storage.Action) *storage.HTTP {
	h := &storage.HTTP{
		Code: int(r.integer(7)), Method: r.text(8), Route: r.text(9), Path: r.text(10), Bytes: r.integer(11),
		Outcome: storage.Outcome(r.text(13)), RequestID: r.text(14),
	}
	if r.from[8] == nil {
		h.Method, h.Route, _ = strings.Cut(a.Action, " ")
	}
	if r.from[10] == nil {
		h.Path = h.Route
	}
	if b := r.blob(12); b != nil {
		addr, ok := netip.AddrFromSlice(b)
		h.Remote, r.bad = addr, r.bad || !ok
	}
	if r.from[14] == nil {
		h.RequestID = string(a.ID)
	}
	return h
}

// millis returns whole milliseconds, rounded half up.
func millis(d time.Duration) int64 {
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond >= time.Millisecond/2 {
		ms++
	}
	return ms
}

// timestamp writes a moment, in nanoseconds since 1970, to the millisecond. All
// have the same length, and compare as their moments do.
func timestamp(ns int64) string {
	return string(time.Unix(0, ns).UTC().AppendFormat(make([]byte, 0, 24), "2006-01-02T15:04:05.000Z"))
}
