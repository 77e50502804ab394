package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"actionlog/storage"
)

// written are the columns of an insert, in the order of row.
const written = "id, action_id, time_ns, timestamp, service, action, status, duration, duration_ns, error, " +
	"http_code, http_method, http_route, http_path, http_bytes, http_remote, http_outcome, request_id, trace_id, span_id, instance, attrs"

const writtenColumns = 22

// readColumns are the columns of a search, in the order of readRow.
const readColumns = "id, action_id, time_ns, service, action, status, duration_ns, error, " +
	"http_code, http_method, http_route, http_path, http_bytes, http_remote, http_outcome, request_id, trace_id, span_id, instance, attrs"

const (
	readTime      = 2 // where time_ns is among them
	readCount     = 20
	succeededText = string(storage.Success)
	failedText    = string(storage.Failed)
)

// newArgs returns the arguments of an insert of so many rows.
func newArgs(rows int) []driver.NamedValue {
	args := make([]driver.NamedValue, rows*writtenColumns)
	for i := range args {
		args[i].Ordinal = i + 1
	}
	return args
}

// failed reports whether an action counts as failed, also where it does not
// say what it is.
func failed(a *storage.Action) bool {
	return a.Status == storage.Failed || a.Status != storage.Success && a.Error != ""
}

// row sets the values of an insert. The action's id is among them if it is to
// stand in the row.
func (b *boxes) row(to []driver.NamedValue, a *storage.Action, id int64, whole bool) {
	for i := range writtenColumns {
		to[i].Value = nil
	}
	duration, at := max(a.Duration, 0), nanos(a.Time)
	to[0].Value = id
	if whole {
		to[1].Value = string(a.ID)
	}
	to[2].Value = at
	to[3].Value = b.timestamp(at)
	to[4].Value = b.text(a.Service)
	to[5].Value = b.text(a.Action)
	to[6].Value = b.text(succeededText)
	if failed(a) {
		to[6].Value, to[9].Value = b.text(failedText), a.Error
	}
	to[7].Value = integer(millis(duration))
	to[8].Value = int64(duration)
	if a.HTTP != nil {
		b.http(to[10:18], a)
	}
	if !a.TraceID.IsZero() {
		to[18].Value = a.TraceID[:]
	}
	if !a.SpanID.IsZero() {
		to[19].Value = a.SpanID[:]
	}
	if a.Instance != "" {
		to[20].Value = b.text(a.Instance)
	}
	if len(a.Attrs) > 0 {
		to[21].Value = attrsText(a.Attrs)
	}
}

// http sets code, method, route, path, bytes, remote, outcome and request id.
func (b *boxes) http(to []driver.NamedValue, a *storage.Action) {
	h := a.HTTP
	to[0].Value = integer(int64(h.Code))
	if method, route, ok := strings.Cut(a.Action, " "); !ok || method != h.Method || route != h.Route {
		to[1].Value, to[2].Value = b.text(h.Method), b.text(h.Route)
	}
	if h.Path != h.Route {
		to[3].Value = h.Path
	}
	to[4].Value = integer(max(h.Bytes, 0))
	if h.Remote.IsValid() {
		to[5].Value = b.addr(h.Remote.Unmap())
	}
	if h.Outcome != "" {
		to[6].Value = b.text(string(h.Outcome))
	}
	if h.RequestID != string(a.ID) {
		to[7].Value = h.RequestID
	}
}

var errRow = errors.New("a row of action_logs does not hold an action")

// readRow reads what row wrote.
func (l link) readRow(ctx context.Context, from []driver.Value, a *storage.Action) error {
	r := rowReader{from: from}
	row, id := r.integer(0), storage.ID(r.text(1))
	if from[1] == nil {
		var err error
		if id, err = l.idOf(ctx, row); err != nil {
			return err
		}
	}
	*a = storage.Action{
		ID: id, Time: time.Unix(0, r.integer(readTime)).UTC(), Service: r.text(3), Action: r.text(4), Status: storage.Status(r.text(5)),
		Duration: time.Duration(r.integer(6)), Error: r.text(7), Instance: r.text(18),
	}
	if from[8] != nil {
		a.HTTP = r.http(a)
	}
	copy(a.TraceID[:], r.blob(16))
	copy(a.SpanID[:], r.blob(17))
	if from[19] != nil {
		var err error
		if a.Attrs, err = parseAttrs(r.text(19)); err != nil {
			return fmt.Errorf("%w: attrs of %s: %w", errRow, id, err)
		}
	}
	if r.bad {
		return fmt.Errorf("%w: the types of the columns of row %d are wrong", errRow, row)
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
		Code: int(r.integer(8)), Method: r.text(9), Route: r.text(10), Path: r.text(11), Bytes: r.integer(12),
		Outcome: storage.Outcome(r.text(14)), RequestID: r.text(15),
	}
	if r.from[9] == nil {
		h.Method, h.Route, _ = strings.Cut(a.Action, " ")
	}
	if r.from[11] == nil {
		h.Path = h.Route
	}
	if b := r.blob(13); b != nil {
		addr, ok := netip.AddrFromSlice(b)
		h.Remote, r.bad = addr, r.bad || !ok
	}
	if r.from[15] == nil {
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
