package clickhouse

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"actionlog/storage"
)

// written are the columns of an insert, in the order of batch.columns.
const written = "action_id, time_ns, written_ns, service, action, status, duration_ns, duration_bucket, error, " +
	"http_code, http_method, http_route, http_path, http_bytes, http_remote, http_outcome, request_id, trace_id, span_id, instance, attr_keys, attr_values"

// readColumns are those of a search, in the order of row.dest.
const readColumns = "action_id, time_ns, service, action, status, duration_ns, error, " +
	"http_code, http_method, http_route, http_path, http_bytes, http_remote, http_outcome, request_id, trace_id, span_id, instance, attr_keys, attr_values"

// noHTTP is the code of an action that is no request.
const noHTTP = -1

// batch is actions column by column.
type batch struct {
	ids, services, actions, statuses, errors                             []string
	methods, routes, paths, remotes, outcomes, requestIDs, traces, spans []string
	instances                                                            []string
	times, writes, durations, bytes                                      []int64
	buckets                                                              []uint16
	codes                                                                []int16
	keys, values                                                         [][]string
}

// newBatch turns actions into columns. id names an action that has no name.
func newBatch(list []storage.Action, at int64, instance string, id func() storage.ID) *batch {
	b := newColumns(len(list))
	for i := range list {
		a := &list[i]
		duration := max(a.Duration, 0)
		status, failure := storage.Success, ""
		if a.Status == storage.Failed || a.Status != storage.Success && a.Error != "" {
			status, failure = storage.Failed, a.Error
		}
		name, where := a.ID, a.Instance
		if name == "" {
			name = id()
		}
		if where == "" {
			where = instance
		}
		b.ids, b.times, b.writes = append(b.ids, string(name)), append(b.times, nanos(a.Time)), append(b.writes, at)
		b.services, b.actions = append(b.services, a.Service), append(b.actions, a.Action)
		b.statuses, b.errors = append(b.statuses, string(status)), append(b.errors, failure)
		b.durations, b.buckets = append(b.durations, int64(duration)), append(b.buckets, uint16(storage.Bucket(duration)))
		b.traces, b.spans = append(b.traces, string(a.TraceID[:])), append(b.spans, string(a.SpanID[:]))
		b.instances = append(b.instances, where)
		b.http(a.HTTP)
		var keys, values []string
		for _, attr := range a.Attrs {
			keys, values = append(keys, attr.Key), append(values, attr.Value)
		}
		b.keys, b.values = append(b.keys, keys), append(b.values, values)
	}
	return b
}

// newColumns returns empty columns with room for n actions.
func newColumns(n int) *batch {
	b := &batch{
		buckets: make([]uint16, 0, n), codes: make([]int16, 0, n),
		keys: make([][]string, 0, n), values: make([][]string, 0, n),
	}
	texts := []*[]string{
		&b.ids, &b.services, &b.actions, &b.statuses, &b.errors, &b.methods, &b.routes, &b.paths,
		&b.remotes, &b.outcomes, &b.requestIDs, &b.traces, &b.spans, &b.instances,
	}
	room := make([]string, n*len(texts))
	for i, column := range texts {
		*column = room[i*n : i*n : (i+1)*n]
	}
	numbers := []*[]int64{&b.times, &b.writes, &b.durations, &b.bytes}
	space := make([]int64, n*len(numbers))
	for i, column := range numbers {
		*column = space[i*n : i*n : (i+1)*n]
	}
	return b
}

func (b *batch) http(h *storage.HTTP) {
	code, remote := int16(noHTTP), ""
	if h == nil {
		h = &storage.HTTP{}
	} else {
		code = int16(max(h.Code, 0))
	}
	if h.Remote.IsValid() {
		remote = h.Remote.Unmap().WithZone("").String()
	}
	b.codes, b.methods, b.routes = append(b.codes, code), append(b.methods, h.Method), append(b.routes, h.Route)
	b.paths, b.bytes, b.remotes = append(b.paths, h.Path), append(b.bytes, max(h.Bytes, 0)), append(b.remotes, remote)
	b.outcomes, b.requestIDs = append(b.outcomes, string(h.Outcome)), append(b.requestIDs, h.RequestID)
}

// columns returns the columns in the order of written.
func (b *batch) columns() []any {
	return []any{
		b.ids, b.times, b.writes, b.services, b.actions, b.statuses, b.durations, b.buckets, b.errors,
		b.codes, b.methods, b.routes, b.paths, b.bytes, b.remotes, b.outcomes, b.requestIDs, b.traces, b.spans, b.instances, b.keys, b.values,
	}
}

// row is what a search reads.
type row struct {
	id, service, action, status, failure                                   string
	method, route, path, remote, outcome, requestID, trace, span, instance string
	time, duration, bytes                                                  int64
	code                                                                   int16
	keys, values                                                           []string
}

// dest returns where to read to, in the order of readColumns.
func (r *row) dest() []any {
	return []any{
		&r.id, &r.time, &r.service, &r.action, &r.status, &r.duration, &r.failure,
		&r.code, &r.method, &r.route, &r.path, &r.bytes, &r.remote, &r.outcome, &r.requestID, &r.trace, &r.span, &r.instance, &r.keys, &r.values,
	}
}

var errRow = errors.New("a row of the table does not hold an action")

// whole returns the action. It shares no memory with the row.
func (r *row) whole(a *storage.Action) error {
	*a = storage.Action{
		ID: storage.ID(r.id), Time: time.Unix(0, r.time).UTC(), Service: r.service, Action: r.action, Status: storage.Status(r.status),
		Duration: time.Duration(r.duration), Error: r.failure, Instance: r.instance,
	}
	copy(a.TraceID[:], r.trace)
	copy(a.SpanID[:], r.span)
	if r.code >= 0 {
		a.HTTP = &storage.HTTP{
			Method: r.method, Route: r.route, Path: r.path, Code: int(r.code), Bytes: r.bytes,
			RequestID: r.requestID, Outcome: storage.Outcome(r.outcome),
		}
		if r.remote != "" {
			addr, err := netip.ParseAddr(r.remote)
			if err != nil {
				return fmt.Errorf("%w: the http_remote of %s: %w", errRow, r.id, err)
			}
			a.HTTP.Remote = addr
		}
	}
	if len(r.keys) != len(r.values) {
		return fmt.Errorf("%w: %s has %d attr_keys and %d attr_values", errRow, r.id, len(r.keys), len(r.values))
	}
	if len(r.keys) > 0 {
		a.Attrs = make([]storage.Attr, len(r.keys))
		for i := range r.keys {
			a.Attrs[i] = storage.Attr{Key: r.keys[i], Value: r.values[i]}
		}
	}
	return nil
}
