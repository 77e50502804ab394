package elasticsearch

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// encoder writes the body of a bulk request: for every action a line that says
// what to do, and the document.
type encoder struct {
	target string
	stream [3]string // type, data set and namespace of a data stream
	out    post.Object
	line   []byte // the message
}

// newEncoder returns an encoder for the target. The name of a data stream says
// its type, its data set and its namespace.
func newEncoder(target string, isStream bool) *encoder {
	e := &encoder{target: target}
	if parts := strings.SplitN(target, "-", 3); isStream && len(parts) == 3 {
		e.stream = [3]string(parts)
	}
	return e
}

// body returns the lines of a batch, which are good until the next call.
func (e *encoder) body(batch []storage.Action) []byte {
	e.out.Buf = e.out.Buf[:0]
	for i := range batch {
		a := &batch[i]
		e.out.Open("")
		e.out.Open("create")
		e.out.Text("_index", e.target)
		e.out.Text("_id", string(a.ID))
		e.out.Close()
		e.out.Close()
		e.out.Buf = append(e.out.Buf, '\n')
		e.document(a)
		e.out.Buf = append(e.out.Buf, '\n')
	}
	return e.out.Buf
}

// ecsVersion is of the Elastic Common Schema that the names are taken from.
const ecsVersion = "8.17.0"

// document writes one action by the names that doc.go lists.
func (e *encoder) document(a *storage.Action) {
	o := &e.out
	o.Open("")
	o.Text("@timestamp", string(a.Time.UTC().AppendFormat(e.line[:0], time.RFC3339Nano)))
	e.line = post.AppendSummary(e.line[:0], a)
	o.Text("message", string(e.line))
	e.meta()
	e.event(a)

	o.Open("service")
	o.Text("name", a.Service)
	if a.Instance != "" {
		o.Open("node")
		o.Text("name", a.Instance)
		o.Close()
	}
	o.Close()
	if a.Failed() {
		e.group("error", "message", a.Error)
	}
	if a.HTTP != nil {
		e.http(a.HTTP)
	}
	if !a.TraceID.IsZero() {
		e.group("trace", "id", a.TraceID.String())
	}
	if !a.SpanID.IsZero() {
		e.group("span", "id", a.SpanID.String())
	}
	e.labels(a.Attrs)
	o.Close()
}

// group writes an object with one member, unless that is empty.
func (e *encoder) group(name, member, value string) {
	if value == "" {
		return
	}
	e.out.Open(name)
	e.out.Text(member, value)
	e.out.Close()
}

func (e *encoder) meta() {
	e.group("ecs", "version", ecsVersion)
	if e.stream[0] == "" {
		return
	}
	e.out.Open("data_stream")
	e.out.Text("type", e.stream[0])
	e.out.Text("dataset", e.stream[1])
	e.out.Text("namespace", e.stream[2])
	e.out.Close()
}

func (e *encoder) event(a *storage.Action) {
	outcome := "success"
	if a.Failed() {
		outcome = "failure"
	}
	o := &e.out
	o.Open("event")
	o.Text("kind", "event")
	o.Text("dataset", cmp.Or(e.stream[1], "actionlog"))
	o.Text("id", string(a.ID))
	o.Text("action", a.Action)
	o.Text("outcome", outcome)
	o.Whole("duration", int64(a.Duration))
	o.Close()
}

func (e *encoder) http(h *storage.HTTP) {
	o := &e.out
	o.Open("http")
	o.Open("request")
	o.Text("method", h.Method)
	o.Text("id", h.RequestID)
	o.Close()
	o.Open("response")
	if h.Code != 0 {
		o.Whole("status_code", int64(h.Code))
	}
	o.Open("body")
	o.Whole("bytes", h.Bytes)
	o.Close()
	o.Close()
	o.Close()
	e.group("url", "path", h.Path)
	if h.Remote.IsValid() {
		o.Open("client")
		o.Text("address", h.Remote.String())
		o.Text("ip", h.Remote.Unmap().WithZone("").String()) // the type ip takes no zone
		o.Close()
	}
	if h.Route != "" || h.Outcome != "" {
		o.Open("actionlog")
		o.Text("route", h.Route)
		o.Text("outcome", string(h.Outcome))
		o.Close()
	}
}

// labels writes the attributes. A key becomes the name of a field, so it holds no
// dot; keys that become the same are told apart by underscores after them.
func (e *encoder) labels(attrs []storage.Attr) {
	if len(attrs) == 0 {
		return
	}
	var names [storage.MaxAttrs]string
	used := names[:0]
	e.out.Open("labels")
	for _, attr := range attrs {
		name := labelName(attr.Key)
		for slices.Contains(used, name) {
			name += "_"
		}
		used = append(used, name)
		e.out.Any(name, attr.Value)
	}
	e.out.Close()
}

// labelName returns the key with what is no letter, digit, _ or - replaced.
func labelName(key string) string {
	if key == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r > 0x7f {
			return r
		}
		return '_'
	}, key)
}
