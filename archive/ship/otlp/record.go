package otlp

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// The numbers of the fields, by message of the protocol.
const (
	requestResourceLogs = 1 // ExportLogsServiceRequest

	resourceLogsResource  = 1 // ResourceLogs
	resourceLogsScopeLogs = 2

	resourceAttributes = 1 // Resource

	scopeLogsScope   = 1 // ScopeLogs
	scopeLogsRecords = 2

	scopeName = 1 // InstrumentationScope

	recordTime         = 1 // LogRecord
	recordSeverity     = 2
	recordSeverityText = 3
	recordBody         = 5
	recordAttributes   = 6
	recordTraceID      = 9
	recordSpanID       = 10
	recordObserved     = 11
	recordEventName    = 12

	keyValueKey   = 1 // KeyValue
	keyValueValue = 2

	anyString = 1 // AnyValue
	anyInt    = 3
)

// The severities that are used, as numbers of the protocol.
const (
	severityInfo  = 9
	severityError = 17
)

const (
	scope     = "actionlog"
	eventName = "actionlog.action"
)

// encoder writes the body of a request: a resource for each service and instance,
// and in it a record for each action.
type encoder struct {
	resource []string // names and values in turn, ordered by name
	out      message
	text     []byte
	order    []int // indexes in the batch, by service and instance
}

func newEncoder(resource map[string]string) *encoder {
	e := &encoder{}
	for _, name := range slices.Sorted(maps.Keys(resource)) {
		e.resource = append(e.resource, name, resource[name])
	}
	return e
}

// body returns the request for a batch, which is good until the next call.
func (e *encoder) body(batch []storage.Action, observed time.Time) []byte {
	e.order = e.order[:0]
	for i := range batch {
		e.order = append(e.order, i)
	}
	resources := func(i, j int) int {
		return cmp.Or(cmp.Compare(batch[i].Service, batch[j].Service), cmp.Compare(batch[i].Instance, batch[j].Instance))
	}
	slices.SortStableFunc(e.order, resources)

	m := &e.out
	m.buf = m.buf[:0]
	for rest := e.order; len(rest) > 0; {
		n := 1
		for n < len(rest) && resources(rest[0], rest[n]) == 0 {
			n++
		}
		e.resourceLogs(batch, rest[:n], observed)
		rest = rest[n:]
	}
	return m.buf
}

// resourceLogs writes the actions of one service and instance.
func (e *encoder) resourceLogs(batch []storage.Action, indexes []int, observed time.Time) {
	m := &e.out
	whole := m.open(requestResourceLogs)

	resource := m.open(resourceLogsResource)
	first := &batch[indexes[0]]
	e.attribute(resourceAttributes, serviceName, cmp.Or(first.Service, "unknown_service"))
	e.optional(resourceAttributes, serviceInstance, first.Instance)
	for i := 0; i < len(e.resource); i += 2 {
		e.attribute(resourceAttributes, e.resource[i], e.resource[i+1])
	}
	m.close(resource)

	logs := m.open(resourceLogsScopeLogs)
	name := m.open(scopeLogsScope)
	m.text(scopeName, scope)
	m.close(name)
	for _, i := range indexes {
		e.record(&batch[i], observed)
	}
	m.close(logs)
	m.close(whole)
}

// record writes one action.
func (e *encoder) record(a *storage.Action, observed time.Time) {
	m := &e.out
	record := m.open(scopeLogsRecords)
	m.fixed64(recordTime, nanos(a.Time))
	if a.Failed() {
		m.varint(recordSeverity, severityError)
		m.text(recordSeverityText, "ERROR")
	} else {
		m.varint(recordSeverity, severityInfo)
		m.text(recordSeverityText, "INFO")
	}
	body := m.open(recordBody)
	e.text = post.AppendSummary(e.text[:0], a)
	m.text(anyString, string(e.text))
	m.close(body)
	e.attributes(a)
	if !a.TraceID.IsZero() {
		m.bytes(recordTraceID, a.TraceID[:])
	}
	if !a.SpanID.IsZero() {
		m.bytes(recordSpanID, a.SpanID[:])
	}
	m.fixed64(recordObserved, nanos(observed))
	m.text(recordEventName, eventName)
	m.close(record)
}

// nanos returns the time as the protocol has it; 0 is unknown.
func nanos(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

// attributes writes those that doc.go lists.
func (e *encoder) attributes(a *storage.Action) {
	e.optional(recordAttributes, "log.record.uid", string(a.ID))
	e.attribute(recordAttributes, "actionlog.action", a.Action)
	e.attribute(recordAttributes, "actionlog.status", string(a.Status))
	e.whole(recordAttributes, "actionlog.duration", int64(a.Duration))
	if a.Failed() {
		e.optional(recordAttributes, "exception.message", a.Error)
		e.attribute(recordAttributes, "error.type", errorType(a))
	}
	if h := a.HTTP; h != nil {
		e.optional(recordAttributes, "http.request.method", h.Method)
		e.optional(recordAttributes, "http.route", h.Route)
		if h.Code != 0 {
			e.whole(recordAttributes, "http.response.status_code", int64(h.Code))
		}
		e.whole(recordAttributes, "http.response.body.size", h.Bytes)
		e.optional(recordAttributes, "url.path", h.Path)
		if h.Remote.IsValid() {
			e.attribute(recordAttributes, "client.address", h.Remote.String())
		}
		e.optional(recordAttributes, "actionlog.request.id", h.RequestID)
		e.optional(recordAttributes, "actionlog.outcome", string(h.Outcome))
	}
	for _, attr := range a.Attrs {
		e.attribute(recordAttributes, "actionlog.attr."+attr.Key, attr.Value)
	}
}

// errorType is what the semantic conventions want of a request that failed: its
// status code, or that there is no better word.
func errorType(a *storage.Action) string {
	if a.HTTP != nil && a.HTTP.Outcome == storage.Panic {
		return "panic"
	}
	if a.HTTP != nil && a.HTTP.Code >= 500 {
		return strconv.Itoa(a.HTTP.Code)
	}
	return "_OTHER"
}

// attribute writes a string under a name.
func (e *encoder) attribute(field int, name, value string) {
	pair := e.out.open(field)
	e.out.text(keyValueKey, name)
	any := e.out.open(keyValueValue)
	e.out.text(anyString, value)
	e.out.close(any)
	e.out.close(pair)
}

// optional is attribute, unless the value is empty.
func (e *encoder) optional(field int, name, value string) {
	if value != "" {
		e.attribute(field, name, value)
	}
}

// whole writes a number under a name.
func (e *encoder) whole(field int, name string, value int64) {
	pair := e.out.open(field)
	e.out.text(keyValueKey, name)
	any := e.out.open(keyValueValue)
	e.out.varint(anyInt, uint64(value))
	e.out.close(any)
	e.out.close(pair)
}
