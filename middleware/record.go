package middleware

import (
	"context"
	"net/http"
	"sync"

	"actionlog/storage"
)

// Record is the action that a request is becoming. The zero Record stands for
// none: its methods do nothing, so that a handler also runs where nothing
// records it. A Record is safe for concurrent use. What is said after the
// handler returned is ignored.
type Record struct{ x *exchange }

// From returns the record that the chain of writers of w belongs to, or the
// zero Record.
func From(w http.ResponseWriter) Record { return Record{find(w)} }

// FromContext returns the record of the request that ctx belongs to, or the
// zero Record. It needs [Options.Context].
func FromContext(ctx context.Context) Record {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return Record{x}
}

// Name names the action of the request that w answers; see [Record.Name].
func Name(w http.ResponseWriter, service, action string) { From(w).Name(service, action) }

// Fail reports that the action failed; see [Record.Fail].
func Fail(w http.ResponseWriter, err error) { From(w).Fail(err) }

// Attr adds to the action; see [Record.Attr].
func Attr(w http.ResponseWriter, key, value string) { From(w).Attr(key, value) }

// RequestID returns the request's id; see [Record.RequestID].
func RequestID(w http.ResponseWriter) string { return From(w).RequestID() }

// Recorded reports whether something records this request.
func (r Record) Recorded() bool { return r.x != nil }

// Name says what the action is called. An empty service is the service of the
// middleware, an empty action is the method and the route. The last name
// given counts. Names are for operations, of which there are few: put ids
// into attributes.
func (r Record) Name(service, action string) {
	if r.x != nil {
		r.x.say(r.x.m.named(service, action))
	}
}

// Fail reports that the action failed, whatever status code it answers. The
// last error reported counts, also before one that the handler returns. A nil
// error reports nothing.
func (r Record) Fail(err error) {
	if r.x != nil && err != nil {
		r.x.note().fail(err)
	}
}

// Attr adds a key and a value to the action, at most [storage.MaxAttrs] of
// them. A key that was added before gets the new value.
func (r Record) Attr(key, value string) {
	if r.x != nil && key != "" {
		r.x.note().attr(key, value)
	}
}

// RequestID returns the id that the request came with, or the one that is
// made for it now. It is "" for the zero Record alone.
func (r Record) RequestID() string {
	if r.x == nil {
		return ""
	}
	if n := r.x.heard().notes; n != nil {
		if id := n.requestID(""); id != "" {
			return id
		}
	}
	if id := r.x.m.requestIDOf(r.x.r); id != "" {
		return id
	}
	return r.x.note().requestID(makeRequestID())
}

// notes are the things that few exchanges have.
type notes struct {
	told  told // what the exchange was told, these notes among it
	mu    sync.Mutex
	err   error
	attrs []storage.Attr
	id    string // made for a request that has none
	body  body
}

func (n *notes) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
}

func (n *notes) attr(key, value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.attrs {
		if n.attrs[i].Key == key {
			n.attrs[i].Value = value
			return
		}
	}
	if len(n.attrs) < storage.MaxAttrs {
		n.attrs = append(n.attrs, storage.Attr{Key: key, Value: value})
	}
}

// requestID returns the id made for the request, which becomes made if there
// is none yet.
func (n *notes) requestID(made string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.id == "" {
		n.id = made
	}
	return n.id
}

func (n *notes) capture(header http.Header, p []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.body.add(header, p)
}

// gathered is what had been noted when the handler returned.
type gathered struct {
	err   error
	attrs []storage.Attr
	id    string
	text  string
}

// gather copies, so that what is noted later changes nothing.
func (n *notes) gather() gathered {
	n.mu.Lock()
	defer n.mu.Unlock()
	g := gathered{err: n.err, id: n.id, text: n.body.text()}
	if len(n.attrs) > 0 {
		g.attrs = append(g.attrs, n.attrs...)
	}
	return g
}
