package storage

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendJSON appends the action as one JSON object without a newline in or
// after it. It allocates nothing where dst has room.
//
// The keys, in this order: timestamp, service, action, status, duration,
// error, id, durationNs, http, traceId, spanId, instance, attrs. Present
// always are the first six and durationNs; the others are left out where they
// are empty. Of http, method, route, path, code and bytes are present always,
// remote, requestId and outcome where they are known.
//
// Any string becomes valid JSON on one line: control characters (C0, DEL and
// C1), U+2028 and U+2029 are escaped, and a byte that is not UTF-8 becomes
// U+FFFD. Whatever the fields hold, [DecodeJSON] accepts the result: a status
// that is not valid counts as [Action] says of an empty one, an error is
// written of a failed action only, a time outside of the years 1970 to 2261
// becomes the nearest inside, negative numbers become 0, an unknown outcome is
// left out, and of attributes the first [MaxAttrs] are written, with the last
// value of a repeated key.
func (a *Action) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"timestamp":"`...)
	dst = appendTime(dst, a.Time)
	dst = append(dst, `","service":`...)
	dst = appendString(dst, a.Service)
	dst = append(dst, `,"action":`...)
	dst = appendString(dst, a.Action)

	duration := max(a.Duration, 0)
	if a.settledStatus() == Failed {
		dst = append(dst, `,"status":"failed","duration":`...)
		dst = appendMillis(dst, duration)
		dst = append(dst, `,"error":`...)
		dst = appendString(dst, a.Error)
	} else {
		dst = append(dst, `,"status":"success","duration":`...)
		dst = appendMillis(dst, duration)
		dst = append(dst, `,"error":null`...)
	}
	if a.ID != "" {
		dst = append(dst, `,"id":`...)
		dst = appendString(dst, string(a.ID))
	}
	dst = append(dst, `,"durationNs":`...)
	dst = strconv.AppendInt(dst, int64(duration), 10)
	if a.HTTP != nil {
		dst = append(dst, `,"http":`...)
		dst = a.HTTP.appendJSON(dst)
	}
	if !a.TraceID.IsZero() {
		dst = append(dst, `,"traceId":"`...)
		dst = append(appendHex(dst, a.TraceID[:]), '"')
	}
	if !a.SpanID.IsZero() {
		dst = append(dst, `,"spanId":"`...)
		dst = append(appendHex(dst, a.SpanID[:]), '"')
	}
	if a.Instance != "" {
		dst = append(dst, `,"instance":`...)
		dst = appendString(dst, a.Instance)
	}
	if len(a.Attrs) > 0 {
		dst = append(dst, `,"attrs":`...)
		dst = appendAttrs(dst, a.Attrs)
	}
	return append(dst, '}')
}

// settledStatus returns the status with an empty or unknown one decided by
// whether there is an error.
func (a *Action) settledStatus() Status {
	if a.Status == Failed || a.Status != Success && a.Error != "" {
		return Failed
	}
	return Success
}

func (h *HTTP) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"method":`...)
	dst = appendString(dst, h.Method)
	dst = append(dst, `,"route":`...)
	dst = appendString(dst, h.Route)
	dst = append(dst, `,"path":`...)
	dst = appendString(dst, h.Path)
	dst = append(dst, `,"code":`...)
	dst = strconv.AppendInt(dst, int64(h.settledCode()), 10)
	dst = append(dst, `,"bytes":`...)
	dst = strconv.AppendInt(dst, max(h.Bytes, 0), 10)
	if h.Remote.IsValid() {
		dst = append(dst, `,"remote":`...)
		if h.Remote.Zone() == "" {
			dst = append(h.Remote.AppendTo(append(dst, '"')), '"')
		} else {
			dst = appendString(dst, h.Remote.String())
		}
	}
	if h.RequestID != "" {
		dst = append(dst, `,"requestId":`...)
		dst = appendString(dst, h.RequestID)
	}
	if h.Outcome != "" && h.Outcome.valid() {
		dst = append(dst, `,"outcome":"`...)
		dst = append(append(dst, h.Outcome...), '"')
	}
	return append(dst, '}')
}

// maxCode is the greatest status code that HTTP can write.
const maxCode = 999

// settledCode returns the code, or 0 for one that cannot be on the wire.
func (h *HTTP) settledCode() int {
	if h.Code < 0 || h.Code > maxCode {
		return 0
	}
	return h.Code
}

// valid reports whether the outcome is zero or one that is recorded.
func (o Outcome) valid() bool {
	switch o {
	case "", Panic, Aborted, Hijacked, Streamed:
		return true
	}
	return false
}

func appendAttrs(dst []byte, attrs []Attr) []byte {
	attrs = attrs[:min(len(attrs), MaxAttrs)]
	dst = append(dst, '{')
	first := true
	for i, attr := range attrs {
		if repeated(attrs[i+1:], attr.Key) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, attr.Key), ':')
		dst = appendString(dst, attr.Value)
	}
	return append(dst, '}')
}

// repeated reports whether the key comes again, as it will be written.
func repeated(attrs []Attr, key string) bool {
	valid := utf8.ValidString(key)
	for i := range attrs {
		if k := attrs[i].Key; k == key || !(valid && utf8.ValidString(k)) && replaceInvalid(k) == replaceInvalid(key) {
			return true
		}
	}
	return false
}

// appendMillis appends whole milliseconds, rounded half up.
func appendMillis(dst []byte, d time.Duration) []byte {
	ms := d / time.Millisecond
	if d%time.Millisecond >= time.Millisecond/2 {
		ms++
	}
	return strconv.AppendInt(dst, int64(ms), 10)
}

func appendHex(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range b {
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}
