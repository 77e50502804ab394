package adminapi

import (
	"net/http"
	"time"

	"actionlog/storage"
)

// What the fuzz targets look at from inside.
var (
	ParseForwarded    = parseForwarded
	ParseForwardedFor = parseForwardedFor
	Below             = below
	HostName          = hostName
	AcceptsGzip       = acceptsGzip
	RecordsOf         = recordsOf
)

// SetPatience sets how long a client may take for one chunk of an answer.
func (h *Handler) SetPatience(d time.Duration) { h.patience = d }

// RememberedPeers returns how many peers the rate limit remembers.
func (h *Handler) RememberedPeers() int {
	l := h.guard.limit
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.peers) != l.heard.Len() {
		panic("the limiter's map and list differ")
	}
	return len(l.peers)
}

// RememberedLogins returns how many logins there are.
func (h *Handler) RememberedLogins() int {
	s := &h.guard.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.by) != s.used.Len() {
		panic("the map and the list of logins differ")
	}
	return len(s.by)
}

// OpenStreams returns how many streams are open.
func (h *Handler) OpenStreams() int {
	h.streams.mu.Lock()
	defer h.streams.mu.Unlock()
	n := 0
	for _, k := range h.streams.peers {
		n += k
	}
	if n != len(h.streams.open) {
		panic("the count of streams by peer differs from that in all")
	}
	return n
}

// HoldTail sets how many bytes what all streams share may take.
func (h *Handler) HoldTail(n int) { h.streams.tailSize = n }

// Route is what a test may know of a route.
type Route struct {
	Method, Path, What, Doc, Tag string
	Absent, Hidden               bool
	PathParams                   []string
	Answers                      []Answer
}

// Answer is what a test may know of an answer of a route.
type Answer struct {
	Status                      int
	Doc, Media, Schema, Example string
}

// Routes returns the table of routes.
func (h *Handler) Routes() (list []Route) {
	for _, rt := range h.table {
		r := Route{Method: rt.method, Path: rt.path, What: rt.what, Doc: rt.doc, Tag: rt.api.tag, Absent: rt.absent, Hidden: rt.api.hidden}
		for _, p := range rt.api.params {
			if p.inPath {
				r.PathParams = append(r.PathParams, p.name)
			}
		}
		for _, a := range rt.api.answers {
			r.Answers = append(r.Answers, Answer{a.status, a.doc, a.media, a.schema, a.example})
		}
		list = append(list, r)
	}
	return list
}

// QueryParamNames returns the names of the parameters of a query that are
// described.
func QueryParamNames() (names []string) {
	for _, p := range queryParams {
		names = append(names, p.name)
	}
	return names
}

// ParseStream returns what a client asks of a stream.
func ParseStream(rawQuery string, header http.Header) (after string, last int, match *storage.Matcher, err error) {
	p, err := parseStream(rawQuery, header, time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC))
	return string(p.after), p.last, p.match, err
}

// EncodeStream returns an action in both formats.
func EncodeStream(a *storage.Action) (event, frame string) {
	return string(eventFormat{}.appendAction([]byte("x"), a)[1:]), string(frameFormat{}.appendAction([]byte("x"), a)[1:])
}
