package middleware

import (
	"time"

	"github.com/rs/zerolog"

	"actionlog/storage"
)

// log writes one event for an action that was recorded.
func (m *Middleware) log(id *identity, s *scratch, stamp storage.Stamp) {
	fin := &s.finish
	var e *zerolog.Event
	status := "success"
	switch {
	case fin.Failed:
		e, status = m.opts.Logger.Error(), "failed"
	case fin.Code >= 400 && fin.Code < 500:
		e = m.opts.Logger.Warn()
	default:
		e = m.opts.Logger.Info()
	}
	if e == nil {
		return
	}
	e.Str("service", id.service).Str("action", id.action).Str("status", status)
	e.Int64("duration", int64((stamp.Duration+time.Millisecond/2)/time.Millisecond))
	if fin.Failed {
		e.Str("error", fin.Error)
	}
	buf := stamp.AppendID(s.line[:0])
	e.Bytes("id", buf)
	e.Int64("durationNs", int64(stamp.Duration))

	h := zerolog.Dict().Str("method", id.method)
	if id.route != "" {
		h.Str("route", id.route)
	}
	h.Str("path", fin.Path).Int("code", fin.Code).Int64("bytes", fin.Bytes)
	if fin.RequestID != "" {
		h.Str("requestId", fin.RequestID)
	} else {
		h.Bytes("requestId", buf)
	}
	if fin.Remote.IsValid() {
		buf = fin.Remote.AppendTo(buf[:0])
		h.Bytes("remote", buf)
	}
	if fin.Outcome != "" {
		h.Str("outcome", string(fin.Outcome))
	}
	e.Dict("http", h)
	if !fin.TraceID.IsZero() {
		e.Hex("traceId", fin.TraceID[:]).Hex("spanId", fin.SpanID[:])
	}
	if len(fin.Attrs) > 0 {
		attrs := zerolog.Dict()
		for _, a := range fin.Attrs {
			attrs.Str(a.Key, a.Value)
		}
		e.Dict("attrs", attrs)
	}
	s.line = buf
	e.Send()
}
