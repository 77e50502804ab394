package middleware

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"actionlog/storage"
)

// line is the buffer of log lines, used again. It also keeps the second that
// it last wrote, and the stack of a panic that ends here until it is told.
type line struct {
	buf    []byte
	stack  string
	second int64
	date   [len("2006-01-02T15:04:05")]byte
}

// log writes one event for an action that was recorded. Its keys and their
// order are those of the action's JSON form; an error that is null there is
// left out, and the stack of a panic that ends here comes last.
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
	l := &s.line
	l.buf = append(l.appendTime(append(l.buf[:0], '"'), stamp.UnixNano), '"')
	e.RawJSON("timestamp", l.buf)
	e.RawJSON("service", id.json.service).RawJSON("action", id.json.action).Str("status", status)
	e.Int64("duration", int64((stamp.Duration+time.Millisecond/2)/time.Millisecond))
	if fin.Failed {
		e.Str("error", fin.Error)
	}
	l.buf = append(stamp.AppendID(append(l.buf[:0], '"')), '"')
	e.RawJSON("id", l.buf)
	e.Int64("durationNs", int64(stamp.Duration))
	n := len(l.buf)
	l.buf = appendHTTP(l.buf, id, fin, l.buf)
	e.RawJSON("http", l.buf[n:])
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
	if l.stack != "" {
		e.Str("stack", l.stack)
		l.stack = "" // it is told
	}
	e.Send()
}

// appendHTTP appends the http object. id is the action's own, in quotes.
func appendHTTP(b []byte, who *identity, fin *storage.Finish, id []byte) []byte {
	b = append(b, who.json.http...)
	b = append(b, `,"path":`...)
	b = appendQuoted(b, fin.Path)
	b = append(b, `,"code":`...)
	b = appendCode(b, fin.Code)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, fin.Bytes, 10)
	if fin.Remote.IsValid() {
		b = append(b, `,"remote":"`...)
		b = append(fin.Remote.AppendTo(b), '"')
	}
	b = append(b, `,"requestId":`...)
	if fin.RequestID != "" {
		b = append(append(append(b, '"'), fin.RequestID...), '"') // it is sane
	} else {
		b = append(b, id...)
	}
	if fin.Outcome != "" {
		b = append(b, `,"outcome":"`...)
		b = append(append(b, fin.Outcome...), '"')
	}
	return append(b, '}')
}

// appendCode appends a status code: 0, or three digits.
func appendCode(b []byte, code int) []byte {
	if code < 100 || code > 999 {
		return strconv.AppendInt(b, int64(code), 10)
	}
	return append(b, byte('0'+code/100), byte('0'+code/10%10), byte('0'+code%10))
}

// quoted is what an identity contributes to its log lines, made once.
type quoted struct {
	service, action []byte
	http            []byte // what the http object begins with
}

func quote(id *identity) quoted {
	http := appendQuoted([]byte(`{"method":`), id.method)
	http = appendQuoted(append(http, `,"route":`...), id.route)
	return quoted{appendQuoted(nil, id.service), appendQuoted(nil, id.action), http}
}

// appendQuoted appends s as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // a string always marshals
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendTime appends a moment as RFC 3339 in UTC, with as many digits of the
// second as it takes.
func (l *line) appendTime(b []byte, unixNano int64) []byte {
	second, nanos := unixNano/1e9, unixNano%1e9
	if second != l.second || l.date[0] == 0 {
		time.Unix(second, 0).UTC().AppendFormat(l.date[:0], "2006-01-02T15:04:05")
		l.second = second
	}
	b = append(b, l.date[:]...)
	if nanos != 0 {
		b = append(b, ".000000000"...)
		for i := len(b) - 1; nanos != 0; i-- {
			b[i] = byte('0' + nanos%10)
			nanos /= 10
		}
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, 'Z')
}
