package archive

import (
	"bytes"
	"slices"

	"actionlog/storage"
)

// lineFilter tells, from the bytes of a line and before it is decoded, that it
// cannot match. What it lets through is decoded and asked again. A line with a
// backslash, in which text may stand in another spelling, is always let through
// by the search for text, and one that does not begin as our encoder begins it
// by the comparison of names.
type lineFilter struct {
	needle   []byte // text that a match contains; nil for none
	anyCase  bool   // ASCII letters of it, which are small, may be either
	services []string
	actions  []string
	status   storage.Status
	names    bool // whether any of the three before is set
}

func newLineFilter(m *storage.Matcher) lineFilter {
	q := m.Query()
	f := lineFilter{services: q.Services, actions: q.Actions, status: q.Status}
	f.names = len(q.Services) > 0 || len(q.Actions) > 0 || q.Status != ""
	id := string(q.ID)
	if bytes.IndexByte([]byte(id), ':') >= 0 {
		id = "" // made up for a line that has none
	}
	switch {
	case f.quoted(id) || f.quoted(q.RequestID):
	case !q.TraceID.IsZero():
		f.needle, f.anyCase = []byte(q.TraceID.String()), true
	case q.Text != "" && ordinary(q.Text):
		f.needle, f.anyCase = bytes.ToLower([]byte(q.Text)), true
	case q.Status == storage.Failed && f.quoted("failed"):
	case len(q.Services) == 1 && f.quoted(q.Services[0]):
	case len(q.Actions) == 1 && f.quoted(q.Actions[0]):
	default:
		f.quoted(q.Instance)
	}
	return f
}

// quoted makes a whole string the text to look for.
func (f *lineFilter) quoted(s string) bool {
	if s == "" || !ordinary(s) {
		return false
	}
	f.needle = []byte(`"` + s + `"`)
	return true
}

// ordinary reports whether a string of JSON that is s, or contains it, and has
// no backslash has the same bytes. Others than ASCII may have been bytes that
// are not UTF-8.
func ordinary(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// next returns the bounds of the first line of text at or after from, the
// beginning of a line, that may match.
func (f *lineFilter) next(text []byte, from int, find *finder) (start, end int, ok bool) {
	if from >= len(text) {
		return 0, 0, false
	}
	start = from
	if f.needle != nil {
		at := find.next(from)
		if at < 0 {
			return 0, 0, false
		}
		start = from + bytes.LastIndexByte(text[from:at], '\n') + 1
	}
	end = len(text)
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		end = start + i + 1
	}
	return start, end, true
}

// head looks at a line that may match more closely.
func (f *lineFilter) head(line []byte) bool {
	if !f.names {
		return true
	}
	h, ok := parseHead(line)
	if !ok {
		return true
	}
	return (f.status == "" || string(f.status) == string(h.status)) && among(f.services, h.service) && among(f.actions, h.action)
}

func among(names []string, b []byte) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(s string) bool { return s == string(b) })
}

// lineHead is how a line of our encoder begins.
type lineHead struct {
	service, action, status []byte
}

// parseHead reads a line that begins as our encoder begins it, with names of
// printable ASCII.
func parseHead(line []byte) (h lineHead, ok bool) {
	rest, ok1 := bytes.CutPrefix(line, lineStart)
	_, rest, ok2 := cutString(rest)
	if !ok1 || !ok2 {
		return h, false
	}
	for _, field := range [...]struct {
		key   string
		value *[]byte
	}{{`,"service":"`, &h.service}, {`,"action":"`, &h.action}, {`,"status":"`, &h.status}} {
		if len(rest) < len(field.key) || string(rest[:len(field.key)]) != field.key {
			return h, false
		}
		if *field.value, rest, ok = cutString(rest[len(field.key):]); !ok {
			return h, false
		}
	}
	return h, true
}

// cutString returns what stands before a quotation mark, which must be
// printable ASCII without a backslash, and what is behind it.
func cutString(b []byte) (value, rest []byte, ok bool) {
	for i, c := range b {
		if c == '"' {
			return b[:i], b[i+1:], true
		}
		if c < ' ' || c >= 0x7f || c == '\\' {
			break
		}
	}
	return nil, nil, false
}

// finder finds a needle, and backslashes, in a text from the beginning to the
// end.
type finder struct {
	text, needle []byte
	anyCase      bool
	rare         int // which byte of the needle is looked for
	cases        [2]seeker
	found, slash int // the next of each, once it was looked for; len(text) for none
}

// seeker finds a byte.
type seeker struct {
	c  byte
	at int // the next; len(text) for none
}

func newFinder(f *lineFilter, text []byte) finder {
	d := finder{text: text, needle: f.needle, anyCase: f.anyCase, found: -1, slash: -1}
	if f.needle == nil || !f.anyCase {
		return d
	}
	var counts [256]int
	for _, c := range text[:min(len(text), 4<<10)] {
		counts[c]++
	}
	least := -1
	for i, c := range f.needle {
		n := counts[c]
		if 'a' <= c && c <= 'z' {
			n += counts[c-0x20]
		}
		if least < 0 || n < least {
			d.rare, least = i, n
		}
	}
	c := f.needle[d.rare]
	d.cases = [2]seeker{{c, -1}, {c, len(text)}}
	if 'a' <= c && c <= 'z' {
		d.cases[1] = seeker{c - 0x20, -1}
	}
	return d
}

// next returns where the needle or a backslash is first found at or after
// from, or -1. from must not go back.
func (d *finder) next(from int) int {
	if d.slash < from {
		d.slash = from + orElse(bytes.IndexByte(d.text[from:], '\\'), len(d.text)-from)
	}
	if d.found < from {
		if d.anyCase {
			d.found = d.fold(from)
		} else {
			d.found = from + orElse(bytes.Index(d.text[from:], d.needle), len(d.text)-from)
		}
	}
	if at := min(d.found, d.slash); at < len(d.text) {
		return at
	}
	return -1
}

func orElse(i, none int) int {
	if i < 0 {
		return none
	}
	return i
}

// fold finds the needle with letters of either case, or returns the length of
// the text.
func (d *finder) fold(from int) int {
	for {
		at := len(d.text)
		for i := range d.cases {
			s := &d.cases[i]
			if s.at < from+d.rare {
				s.at = len(d.text)
				if from+d.rare < len(d.text) {
					s.at = from + d.rare + orElse(bytes.IndexByte(d.text[from+d.rare:], s.c), len(d.text)-from-d.rare)
				}
			}
			at = min(at, s.at)
		}
		if at == len(d.text) {
			return at
		}
		start := at - d.rare
		if start+len(d.needle) <= len(d.text) && equalFold(d.text[start:start+len(d.needle)], d.needle) {
			return start
		}
		from = start + 1
	}
}

func equalFold(b, lower []byte) bool {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
