package storage

import (
	"strconv"
	"time"
)

// What the fields of an action's JSON may hold, as errors tell it.
const (
	allowedTimestamp = "a string with an RFC 3339 time of the years 1970 to 2261, such as 2025-11-13T12:00:00Z"
	allowedString    = "a string"
	allowedMillis    = "whole milliseconds from 0 to 9223372036855"
	allowedNanos     = "whole nanoseconds from 0 to 9223372036854775807"
	allowedError     = "a string or null, and null unless status is failed"
	allowedHTTP      = "an object"
	allowedHTTPCode  = "a whole number from 0 to 999"
	allowedBytes     = "a whole number from 0 to 9223372036854775807"
	allowedRemote    = "a string with an IP address"
	allowedOutcome   = "panic, aborted, hijacked or streamed"
	allowedSpanID    = "16 hexadecimal digits, not all zero"
	allowedAttrs     = "an object of at most 16 strings"

	maxMillis = maxInt64/int64(time.Millisecond) + 1 // the greatest duration, rounded half up
)

// field is a bit for each key that the decoder knows.
type field uint32

const (
	fieldTimestamp field = 1 << iota
	fieldService
	fieldAction
	fieldStatus
	fieldDuration
	fieldError
	fieldID
	fieldDurationNs
	fieldHTTP
	fieldTraceID
	fieldSpanID
	fieldInstance
	fieldAttrs

	fieldMethod
	fieldRoute
	fieldPath
	fieldCode
	fieldBytes
	fieldRemote
	fieldRequestID
	fieldOutcome
)

// required lists the keys that every action has.
var required = []struct {
	field   field
	key     string
	allowed string
}{
	{fieldTimestamp, "timestamp", allowedTimestamp},
	{fieldService, "service", allowedString},
	{fieldAction, "action", allowedString},
	{fieldStatus, "status", allowedStatus},
	{fieldDuration, "duration", allowedMillis},
}

// DecodeJSON reads one action, one JSON object with nothing but white space
// around it, into *a. Any order of keys and any white space will do; keys that
// it does not know are skipped.
//
// timestamp, service, action, status and duration must be there; durationNs,
// where it is there too, is the duration. An error other than null or "" is
// allowed of a failed action only. Optional keys may be null. A known key that
// is repeated is refused; of a repeated key within attrs, the last value counts.
//
// The error is a [*SyntaxError], and *a is then unchanged. Input of more than
// [MaxJSON] bytes, and values within values more than 64 deep, are refused.
// line is not kept; the strings of *a share one copy of it.
func DecodeJSON(line []byte, a *Action) error {
	if len(line) > MaxJSON {
		return syntaxError(line, 0, "", "got "+strconv.Itoa(len(line))+" bytes; allowed are at most "+strconv.Itoa(MaxJSON))
	}
	d := decoder{scanner: scanner{b: line, s: string(line)}}
	if err := d.document(); err != nil {
		return err
	}
	*a = d.a
	return nil
}

// decoder reads an action.
type decoder struct {
	scanner
	a       Action
	seen    field
	errorAt int   // offset of the value of error
	millis  int64 // the value of duration
	exact   bool  // durationNs was given, and is in a.Duration
}

func (d *decoder) document() error {
	d.space()
	if !d.open('{') {
		return d.unexpected("", "an object")
	}
	for first := true; ; first = false {
		more, err := d.next('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		at, key, err := d.key()
		if err != nil {
			return err
		}
		if err := d.member(at, key); err != nil {
			return err
		}
	}
	end := d.i - 1
	if d.space(); d.i < len(d.b) {
		return d.unexpected("", "nothing after the object")
	}
	return d.settle(end)
}

// settle checks what no field can be asked alone. end is the offset of the
// closing brace.
func (d *decoder) settle(end int) error {
	for i := range required {
		if r := &required[i]; d.seen&r.field == 0 {
			return syntaxError(d.b, end, r.key, "is missing; allowed is "+r.allowed)
		}
	}
	if d.a.Error != "" && d.a.Status != Failed {
		return d.refuseAt(d.errorAt, "error", allowedError)
	}
	if !d.exact {
		if d.millis == maxMillis {
			d.a.Duration = maxInt64
		} else {
			d.a.Duration = time.Duration(d.millis) * time.Millisecond
		}
	}
	return nil
}

// once notes that a known key was seen.
func (d *decoder) once(f field, at int, name string) error {
	if d.seen&f != 0 {
		return syntaxError(d.b, at, name, "is repeated; allowed is each key once")
	}
	d.seen |= f
	return nil
}

// member reads the value of a key of the action. at is the offset of the key.
func (d *decoder) member(at int, key string) (err error) {
	f := actionField(key)
	if f == 0 {
		return d.skip(key)
	}
	if err := d.once(f, at, key); err != nil {
		return err
	}
	if f >= fieldID && d.null() {
		return nil
	}
	switch f {
	case fieldTimestamp:
		d.a.Time, err = d.time(key)
	case fieldService:
		d.a.Service, err = d.text(key, allowedString)
	case fieldAction:
		d.a.Action, err = d.text(key, allowedString)
	case fieldStatus:
		d.a.Status, err = d.status(key)
	case fieldDuration:
		d.millis, err = d.whole(key, maxMillis, allowedMillis)
	case fieldError:
		if d.errorAt = d.i; !d.null() {
			d.a.Error, err = d.text(key, allowedError)
		}
	case fieldID:
		var id string
		id, err = d.text(key, allowedString)
		d.a.ID = ID(id)
	case fieldDurationNs:
		var ns int64
		ns, err = d.whole(key, maxInt64, allowedNanos)
		d.a.Duration, d.exact = time.Duration(ns), true
	case fieldHTTP:
		err = d.http()
	case fieldTraceID:
		err = d.hex(key, d.a.TraceID[:], allowedTraceID)
	case fieldSpanID:
		err = d.hex(key, d.a.SpanID[:], allowedSpanID)
	case fieldInstance:
		d.a.Instance, err = d.text(key, allowedString)
	case fieldAttrs:
		err = d.attrs()
	}
	return err
}

func actionField(key string) field {
	switch key {
	case "timestamp":
		return fieldTimestamp
	case "service":
		return fieldService
	case "action":
		return fieldAction
	case "status":
		return fieldStatus
	case "duration":
		return fieldDuration
	case "error":
		return fieldError
	case "id":
		return fieldID
	case "durationNs":
		return fieldDurationNs
	case "http":
		return fieldHTTP
	case "traceId":
		return fieldTraceID
	case "spanId":
		return fieldSpanID
	case "instance":
		return fieldInstance
	case "attrs":
		return fieldAttrs
	}
	return 0
}

func (d *decoder) attrs() error {
	if !d.open('{') {
		return d.unexpected("attrs", allowedAttrs)
	}
	for first := true; ; first = false {
		more, err := d.next('}', first)
		if err != nil || !more {
			return err
		}
		at, key, err := d.key()
		if err != nil {
			return err
		}
		value, err := d.attrValue(key)
		if err != nil {
			return err
		}
		if i := indexAttr(d.a.Attrs, key); i >= 0 {
			d.a.Attrs[i].Value = value
			continue
		}
		if len(d.a.Attrs) == MaxAttrs {
			return syntaxError(d.b, at, "attrs", "got more than 16 keys; allowed is "+allowedAttrs)
		}
		d.a.Attrs = append(d.a.Attrs, Attr{key, value})
	}
}

func (d *decoder) attrValue(key string) (string, error) {
	if d.i < len(d.b) && d.b[d.i] == '"' {
		return d.str("attrs")
	}
	return "", d.unexpected("attrs."+key, allowedString)
}

func indexAttr(attrs []Attr, key string) int {
	for i := range attrs {
		if attrs[i].Key == key {
			return i
		}
	}
	return -1
}
