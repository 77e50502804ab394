package ring

import (
	"strings"
	"time"

	"actionlog/storage"
)

// dropped is what an error reads whose side bytes are no longer held.
const dropped = "(dropped)"

// textBlock is how many bytes of texts are allocated at a time. Who keeps one
// action keeps its block.
const textBlock = 4096

// reader turns records into actions. Its buffers serve one call.
type reader struct {
	r     *Ring
	https []storage.HTTP
	block *strings.Builder
	buf   []byte
}

// text returns b as a string in a block that serves many.
func (rd *reader) text(b []byte) string {
	if rd.block == nil || rd.block.Cap()-rd.block.Len() < len(b) {
		rd.block = new(strings.Builder)
		rd.block.Grow(max(textBlock, len(b)))
	}
	start := rd.block.Len()
	rd.block.Write(b)
	return rd.block.String()[start:]
}

// action fills a from a record and its side bytes, which may be nil where they
// were dropped.
func (rd *reader) action(n uint64, rec *record, side []byte, a *storage.Action) {
	nm := rd.r.names.at(rec.handle)
	*a = storage.Action{
		Time:     time.Unix(0, rec.time).UTC(),
		Service:  nm.service,
		Action:   nm.action,
		Status:   storage.Success,
		Duration: time.Duration(rec.duration),
		TraceID:  rec.trace,
		SpanID:   rec.span,
		Instance: rd.r.opts.Instance,
	}
	b := rd.r.appendID(rd.buf[:0], n)
	idEnd := len(b)
	b = append(b, rec.text[:int(rec.idLen)+int(rec.pathLen)]...)
	textEnd := len(b)
	b = append(b, side...)
	rd.buf = b
	all := rd.text(b)
	a.ID = storage.ID(all[:idEnd])
	if rec.flags&failed != 0 {
		a.Status = storage.Failed
	}
	if rec.flags&isHTTP != 0 {
		a.HTTP = rd.http()
		*a.HTTP = storage.HTTP{
			Method: nm.method, Route: nm.route, Code: int(rec.code), Bytes: rec.bytes,
			Remote: rec.addr(), Outcome: outcomes[rec.outcome],
			RequestID: all[idEnd : idEnd+int(rec.idLen)],
			Path:      all[idEnd+int(rec.idLen) : textEnd],
		}
		if rec.flags&isRoute != 0 {
			a.HTTP.Path = nm.route
		}
	}
	switch {
	case rec.sideLen == 0:
	case len(side) == 0:
		rd.lost(rec, a)
	default:
		setSide(a, all[textEnd:])
	}
	if a.HTTP != nil && a.HTTP.RequestID == "" {
		a.HTTP.RequestID = string(a.ID)
	}
}

// lost says that the side bytes are gone.
func (rd *reader) lost(rec *record, a *storage.Action) {
	if rec.flags&failed != 0 {
		a.Error = dropped
	}
	if a.HTTP != nil && a.HTTP.Path == "" {
		a.HTTP.Path = dropped
	}
}

// http returns room for one HTTP, from a block that serves many.
func (rd *reader) http() *storage.HTTP {
	if len(rd.https) == 0 {
		rd.https = make([]storage.HTTP, 32)
	}
	h := &rd.https[0]
	rd.https = rd.https[1:]
	return h
}

// setSide fills in what the side bytes hold.
func setSide(a *storage.Action, side string) {
	for len(side) > 0 {
		var tag byte
		var text string
		tag, text, side = cutSide(side)
		switch tag {
		case tagError:
			a.Error = text
		case tagPath:
			a.HTTP.Path = text
		case tagRequestID:
			a.HTTP.RequestID = text
		case tagInstance:
			a.Instance = text
		case tagKey:
			a.Attrs = append(a.Attrs, storage.Attr{Key: text})
		case tagValue:
			a.Attrs[len(a.Attrs)-1].Value = text
		}
	}
}
