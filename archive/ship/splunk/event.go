package splunk

import (
	"strconv"
	"time"

	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// encoder writes the body of a request: one event after the other.
type encoder struct {
	opts Options
	out  post.Object
}

// body returns the events of a batch, which are good until the next call.
func (e *encoder) body(batch []storage.Action) []byte {
	e.out.Buf = e.out.Buf[:0]
	for i := range batch {
		e.event(&batch[i])
		e.out.Buf = append(e.out.Buf, '\n')
	}
	return e.out.Buf
}

func (e *encoder) event(a *storage.Action) {
	o := &e.out
	o.Open("")
	o.Buf = appendTime(append(o.Buf, `"time":`...), a.Time)
	o.Text("host", a.Instance)
	o.Text("source", e.opts.Source)
	o.Text("sourcetype", e.opts.Sourcetype)
	o.Text("index", e.opts.Index)
	o.Buf = a.AppendJSON(append(o.Buf, `,"event":`...))
	if len(e.opts.Fields) > 0 {
		o.Open("fields")
		for _, name := range e.opts.Fields {
			o.Text(name, field(a, name))
		}
		o.Close()
	}
	o.Close()
}

// appendTime appends the seconds since 1970, with a fraction of nine digits.
func appendTime(dst []byte, t time.Time) []byte {
	nanos := max(t.UnixNano(), 0)
	dst = strconv.AppendInt(dst, nanos/1e9, 10)
	fraction := strconv.AppendInt(nil, 1e9+nanos%1e9, 10)
	return append(append(dst, '.'), fraction[1:]...)
}

// field returns what an indexed field holds; Splunk takes no empty one.
func field(a *storage.Action, name string) string {
	switch name {
	case "service":
		return a.Service
	case "action":
		return a.Action
	case "status":
		return string(a.Status)
	case "instance":
		return a.Instance
	case "traceId":
		return a.TraceID.String()
	case "id":
		return string(a.ID)
	}
	if a.HTTP == nil {
		return ""
	}
	switch name {
	case "code":
		return strconv.Itoa(a.HTTP.Code)
	case "method":
		return a.HTTP.Method
	case "route":
		return a.HTTP.Route
	case "requestId":
		return a.HTTP.RequestID
	}
	return ""
}
