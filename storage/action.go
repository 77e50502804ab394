package storage

import (
	"encoding/hex"
	"net/netip"
	"time"
)

// Status says how an action ended. An action either succeeded or failed.
type Status string

// The two statuses. No other value is valid.
const (
	Success Status = "success"
	Failed  Status = "failed"
)

// Outcome tells how an HTTP request ended where a status code alone would
// mislead. The zero Outcome is a request that ended in the ordinary way.
type Outcome string

// The outcomes that are recorded.
const (
	Panic    Outcome = "panic"    // the handler panicked
	Aborted  Outcome = "aborted"  // the client went away, or the handler asked for it with http.ErrAbortHandler
	Hijacked Outcome = "hijacked" // the handler took the connection over
	Streamed Outcome = "streamed" // the handler flushed while it wrote
)

// Bounds on what one action holds. [Redactor.Clean] cuts what is longer, on a rune
// boundary; a recorder applies them to all that it is given.
const (
	MaxName      = 128  // bytes of a service or an action
	MaxPath      = 512  // bytes of a path, and of a route
	MaxRequestID = 64   // bytes of a request id
	MaxError     = 1024 // bytes of an error, the ellipsis included
	MaxAttrs     = 16   // attributes of an action
	MaxAttrKey   = 64   // bytes of an attribute's key
	MaxAttrValue = 256  // bytes of an attribute's value
)

// Action is one thing that a service did: usually one HTTP request served.
//
// The zero Action is valid to record: it gets its ID and Time when it is
// recorded, and an empty Status becomes Success, or Failed if Error is set.
type Action struct {
	Time     time.Time     // when it ended
	Service  string        // e.g. CaseService; at most MaxName bytes
	Action   string        // e.g. createCase, or "POST /cases/{id}"; at most MaxName bytes
	Status   Status        // Success or Failed
	Duration time.Duration // by the monotonic clock; never negative
	Error    string        // empty unless failed; at most MaxError bytes
	ID       ID            // unique over processes and restarts
	HTTP     *HTTP         // nil for an action that is no request
	TraceID  TraceID       // zero if unknown
	SpanID   SpanID        // zero if unknown
	Instance string        // the process or host that recorded it; may be empty
	Attrs    []Attr        // what the handler added, in the order it did
}

// HTTP is what is known of an action that was an HTTP request.
type HTTP struct {
	Method    string     // as received, clamped to the known methods
	Route     string     // the pattern that matched, without method and host
	Path      string     // the path of the URL, redacted
	Code      int        // the status on the wire; 0 where nothing was written
	Bytes     int64      // bytes of body sent; none for a HEAD
	Remote    netip.Addr // the peer; the zero Addr if unknown
	RequestID string     // at most MaxRequestID bytes
	Outcome   Outcome    // zero for an ordinary end
}

// Attr is a key and a value that a handler added to its action.
type Attr struct {
	Key, Value string
}

// Failed reports whether the action failed.
func (a *Action) Failed() bool { return a.Status == Failed }

// TraceID is a W3C trace id. The zero TraceID means that there is none.
type TraceID [16]byte

// IsZero reports whether there is no trace id.
func (t TraceID) IsZero() bool { return t == TraceID{} }

// String returns 32 lower-case hexadecimal digits, or "" for the zero TraceID.
func (t TraceID) String() string {
	if t.IsZero() {
		return ""
	}
	return hex.EncodeToString(t[:])
}

// SpanID is a W3C parent or span id. The zero SpanID means that there is none.
type SpanID [8]byte

// IsZero reports whether there is no span id.
func (s SpanID) IsZero() bool { return s == SpanID{} }

// String returns 16 lower-case hexadecimal digits, or "" for the zero SpanID.
func (s SpanID) String() string {
	if s.IsZero() {
		return ""
	}
	return hex.EncodeToString(s[:])
}

// ParseTraceID reads 32 hexadecimal digits. It reports false for anything
// else and for the all-zero id, which W3C Trace Context calls invalid.
func ParseTraceID(s string) (TraceID, bool) {
	var t TraceID
	if !decodeHex(t[:], s) || t.IsZero() {
		return TraceID{}, false
	}
	return t, true
}

// ParseSpanID reads 16 hexadecimal digits. It reports false for anything else
// and for the all-zero id.
func ParseSpanID(s string) (SpanID, bool) {
	var id SpanID
	if !decodeHex(id[:], s) || id.IsZero() {
		return SpanID{}, false
	}
	return id, true
}

// decodeHex fills dst from exactly 2*len(dst) hexadecimal digits without
// allocating.
func decodeHex(dst []byte, s string) bool {
	if len(s) != 2*len(dst) {
		return false
	}
	for i := range dst {
		hi, lo := unhex(s[2*i]), unhex(s[2*i+1])
		if hi > 15 || lo > 15 {
			return false
		}
		dst[i] = hi<<4 | lo
	}
	return true
}

// unhex returns the value of a hexadecimal digit, or 255.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
