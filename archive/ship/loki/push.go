package loki

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// encoder writes the body of a push request: a stream after the other.
type encoder struct {
	labels   []string // names and values in turn, ordered by name
	instance bool     // whether the instance is a label
	out      post.Object
	line     []byte
	times    []int64 // by index in the batch, in nanoseconds
	order    []int   // indexes in the batch, by stream and time
}

func newEncoder(labels map[string]string, instance bool) *encoder {
	e := &encoder{instance: instance}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		e.labels = append(e.labels, name, labels[name])
	}
	return e
}

// body returns the request for a batch, which is good until the next call.
func (e *encoder) body(batch []storage.Action) []byte {
	e.arrange(batch)
	o := &e.out
	o.Buf = append(o.Buf[:0], `{"streams":[`...)
	for i, at := range e.order {
		a := &batch[at]
		if i == 0 || e.compare(a, &batch[e.order[i-1]]) != 0 {
			if i > 0 {
				o.Buf = append(o.Buf, `]},`...)
			}
			e.stream(a)
		} else {
			o.Buf = append(o.Buf, ',')
		}
		e.entry(a, e.times[at])
	}
	if len(batch) > 0 {
		o.Buf = append(o.Buf, `]}`...)
	}
	o.Buf = append(o.Buf, `]}`...)
	return o.Buf
}

// arrange orders the batch, and gives each action of a stream a time of its own.
func (e *encoder) arrange(batch []storage.Action) {
	e.order, e.times = e.order[:0], e.times[:0]
	for i := range batch {
		e.order = append(e.order, i)
		e.times = append(e.times, batch[i].Time.UnixNano())
	}
	slices.SortFunc(e.order, func(i, j int) int {
		return cmp.Or(e.compare(&batch[i], &batch[j]), cmp.Compare(e.times[i], e.times[j]), cmp.Compare(i, j))
	})
	for k := 1; k < len(e.order); k++ {
		before, at := e.order[k-1], e.order[k]
		if e.compare(&batch[before], &batch[at]) == 0 {
			e.times[at] = max(e.times[at], e.times[before]+1)
		}
	}
}

// compare orders streams.
func (e *encoder) compare(a, b *storage.Action) int {
	order := cmp.Compare(serviceOf(a), serviceOf(b))
	if order == 0 && e.instance {
		order = cmp.Compare(a.Instance, b.Instance)
	}
	return order
}

// serviceOf returns the value of the label, which cannot be empty.
func serviceOf(a *storage.Action) string { return cmp.Or(a.Service, "unknown") }

// stream opens the stream of an action.
func (e *encoder) stream(a *storage.Action) {
	o := &e.out
	o.Open("")
	o.Open("stream")
	for i := 0; i < len(e.labels); i += 2 {
		o.Text(e.labels[i], e.labels[i+1])
	}
	o.Text(serviceLabel, serviceOf(a))
	if e.instance {
		o.Text(instanceLabel, a.Instance)
	}
	o.Close()
	o.Buf = append(o.Buf, `,"values":[`...)
}

// entry writes a time, a line, and the structured metadata.
func (e *encoder) entry(a *storage.Action, nanos int64) {
	o := &e.out
	o.Buf = strconv.AppendInt(append(o.Buf, `["`...), nanos, 10)
	o.Buf = append(o.Buf, `",`...)
	e.line = appendLine(e.line[:0], a)
	o.Buf = post.AppendString(o.Buf, string(e.line))
	o.Buf = append(o.Buf, ',')
	e.metadata(a)
	o.Buf = append(o.Buf, ']')
}

// metadata writes the action as flat strings.
func (e *encoder) metadata(a *storage.Action) {
	o := &e.out
	level := "info"
	if a.Failed() {
		level = "error"
	}
	o.Open("")
	o.Text("id", string(a.ID))
	o.Text("action", a.Action)
	o.Text("status", string(a.Status))
	o.Text("level", level)
	o.Text("duration", a.Duration.String())
	if a.Failed() {
		o.Text("error", a.Error)
	}
	if !e.instance {
		o.Text(instanceLabel, a.Instance)
	}
	o.Text("trace_id", a.TraceID.String())
	o.Text("span_id", a.SpanID.String())
	if h := a.HTTP; h != nil {
		o.Text("method", h.Method)
		o.Text("route", h.Route)
		o.Text("path", h.Path)
		o.Text("code", strconv.Itoa(h.Code))
		o.Text("bytes", strconv.FormatInt(h.Bytes, 10))
		if h.Remote.IsValid() {
			o.Text("remote", h.Remote.String())
		}
		o.Text("request_id", h.RequestID)
		o.Text("outcome", string(h.Outcome))
	}
	e.attrs(a.Attrs)
	o.Close()
}

// attrs writes the attributes. Names that become the same are told apart by
// underscores after them.
func (e *encoder) attrs(attrs []storage.Attr) {
	var names [storage.MaxAttrs]string
	used := names[:0]
	for _, attr := range attrs {
		name := attrName(attr.Key)
		for slices.Contains(used, name) {
			name += "_"
		}
		used = append(used, name)
		e.out.Text(name, attr.Value)
	}
}

// attrName returns the key as the name of a label.
func attrName(key string) string {
	name := []byte("attr_" + key)
	for i, c := range name {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			name[i] = '_'
		}
	}
	return string(name)
}
