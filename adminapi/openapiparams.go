package adminapi

import (
	"fmt"
	"slices"

	"actionlog/storage"
)

// queryParams describe the parameters of a query, in the order of
// [storage.ParamNames].
var queryParams = []parameter{
	{name: "service", doc: "Equal; repeated, any of them", schema: `{"type":"string","minLength":1}`, example: []string{"CaseService"}, repeated: true},
	{name: "action", doc: "Equal; repeated, any of them", schema: `{"type":"string","minLength":1}`, example: []string{"createCase"}, repeated: true},
	{name: "status", doc: "Equal", schema: `{"type":"string","enum":["success","failed"]}`, example: "failed"},
	{name: "instance", doc: "Equal: the process or host that recorded it", schema: `{"type":"string","minLength":1}`, example: "node-7"},
	{name: "from", doc: "Inclusive: an RFC 3339 time, a date (UTC midnight), or a duration before now such as 15m, 36h or 7d", schema: `{"type":"string","minLength":1}`, example: "15m"},
	{name: "to", doc: "Exclusive; as from", schema: `{"type":"string","minLength":1}`, example: "2025-11-14"},
	{name: "min_duration", doc: "Inclusive: a Go duration such as 1s or 250ms, or whole milliseconds", schema: `{"type":"string","minLength":1}`, example: "250ms"},
	{name: "max_duration", doc: "Inclusive; as min_duration, and greater than zero", schema: `{"type":"string","minLength":1}`, example: "10s"},
	{name: "code", doc: "A status code, or a class of them", schema: `{"type":"string","pattern":"^([1-5][0-9][0-9]|[1-5]xx)$"}`, example: "5xx"},
	{name: "q", doc: "Text that the error, action, service, route or request id contains; ASCII letter case is ignored", schema: `{"type":"string","minLength":1}`, example: "rate limit"},
	{name: "request_id", doc: "Equal", schema: `{"type":"string","minLength":1}`, example: "req-1"},
	{name: "trace_id", doc: "Equal", schema: `{"type":"string","pattern":"^[0-9a-fA-F]{32}$"}`, example: "0af7651916cd43dd8448eb211c80319c"},
	{name: "id", doc: "Equal", schema: `{"type":"string","minLength":1}`, example: "01kav3d5xq8r2m4c00000000052"},
	{name: "sort", doc: "The order; a hyphen is descending", schema: `{"type":"string","enum":["-timestamp","timestamp","-duration","duration"],"default":"-timestamp"}`},
	limitParam(storage.DefaultLimit),
	{name: "cursor", doc: "The next of the page before", schema: `{"type":"string","minLength":1}`},
}

// filterParams describe the parameters that say which actions are wanted, and
// more that an endpoint has besides.
func filterParams(own ...parameter) []parameter {
	filters := slices.DeleteFunc(slices.Clone(queryParams), func(p parameter) bool { return !slices.Contains(filterNames, p.name) })
	return append(filters, own...)
}

// limitParam describes the limit of a list.
func limitParam(byDefault int) parameter {
	return parameter{
		name: "limit", doc: "How many at most",
		schema: fmt.Sprintf(`{"type":"integer","minimum":1,"maximum":%d,"default":%d}`, storage.MaxLimit, byDefault), example: 10,
	}
}

// The parameters that single endpoints have.
var (
	serviceParam = parameter{name: "service", doc: "The name of the service, percent-encoded", schema: `{"type":"string"}`, example: "CaseService", inPath: true}
	fileParam    = parameter{name: "file", doc: "The name of the file", schema: `{"type":"string"}`, example: "style.css", inPath: true}
	formatParam  = parameter{name: "format", doc: "The form of the file", schema: `{"type":"string","enum":["jsonl","csv","json"],"default":"jsonl"}`}
	exportLimit  = parameter{name: "limit", doc: "How many at most; all of them if it is not given", schema: fmt.Sprintf(`{"type":"integer","minimum":1,"maximum":%d}`, maxExport), example: 5000}
	stepParam    = parameter{name: "step", doc: "How long a step is, from 1s up: 10s, 5m, 1h or 1d; by default such that there are some 300 points at most", schema: `{"type":"string","minLength":2}`, example: "5m"}
	afterParam   = parameter{name: "after", doc: "Goes on behind the action of this id; the header Last-Event-ID means the same", schema: `{"type":"string"}`, example: "01kav3d5xq8r2m4c00000000052"}
	lastParam    = parameter{name: "last", doc: "How many of the newest that match come first", schema: `{"type":"integer","minimum":0,"maximum":1000,"default":0}`, example: 100}
)
