package archive

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"actionlog/storage"
)

// lineScanner reads lines for an index that are exactly as our encoder writes
// those of successful actions, without anything escaped in them; nearly all
// are. Of others it knows nothing: they are decoded.
type lineScanner struct {
	a    storage.Action
	http storage.HTTP
	s    string // what is left of the line
	ok   bool
}

// scan reports whether the line, which is given in both forms, was one that it
// reads, and is in l.a then as far as an index asks for. Strings of l.a are
// parts of the line.
func (l *lineScanner) scan(b []byte, line string) bool {
	if len(line) > storage.MaxJSON || !unescaped(b) {
		return false
	}
	l.s, l.ok = line, true
	l.a, l.http = storage.Action{Status: storage.Success}, storage.HTTP{}
	l.skip(`{"timestamp":"`)
	l.time()
	l.skip(`,"service":"`)
	l.a.Service = l.text()
	l.skip(`,"action":"`)
	l.a.Action = l.text()
	l.skip(`,"status":"success","duration":`)
	l.number(12)
	l.skip(`,"error":null,"id":"`)
	l.a.ID = storage.ID(l.text())
	l.skip(`,"durationNs":`)
	l.a.Duration = time.Duration(l.number(18))
	if l.has(`,"http":{"method":"`) {
		l.request()
	}
	if l.has(`,"traceId":"`) {
		l.trace()
	}
	l.skip("}")
	return l.ok && l.s == "" && l.a.Service != "" && l.a.Action != "" && l.a.ID != ""
}

func (l *lineScanner) request() {
	l.a.HTTP = &l.http
	l.text()
	l.skip(`,"route":"`)
	l.text()
	l.skip(`,"path":"`)
	l.text()
	l.skip(`,"code":`)
	l.http.Code = int(l.number(3))
	l.skip(`,"bytes":`)
	l.number(18)
	if l.has(`,"requestId":"`) {
		l.http.RequestID = l.text()
	}
	l.skip("}")
}

func (l *lineScanner) trace() {
	s := l.text()
	if len(s) != 2*len(l.a.TraceID) || s != strings.ToLower(s) {
		l.ok = false
		return
	}
	_, err := hex.Decode(l.a.TraceID[:], []byte(s))
	l.ok = l.ok && err == nil && !l.a.TraceID.IsZero()
}

// time reads a moment, and the quotation mark behind it.
func (l *lineScanner) time() {
	end := strings.IndexByte(l.s, '"')
	if end < 0 || end > 40 {
		l.ok = false
		return
	}
	var buf [41]byte
	ns, ok := parseTime(buf[:copy(buf[:], l.s[:end+1])])
	l.a.Time = time.Unix(0, ns).UTC()
	// A day such as February 30 is none.
	l.ok = l.ok && ok && l.a.Time.Day() == digits(buf[8:10])
	l.s = l.s[end+1:]
}

// text reads on behind the next quotation mark, and returns what is before it.
func (l *lineScanner) text() string {
	end := strings.IndexByte(l.s, '"')
	if end < 0 {
		l.ok = false
		return ""
	}
	s := l.s[:end]
	l.s = l.s[end+1:]
	return s
}

// number reads a whole number of at most most digits.
func (l *lineScanner) number(most int) (n int64) {
	i := 0
	for i < len(l.s) && i < most && '0' <= l.s[i] && l.s[i] <= '9' {
		n = n*10 + int64(l.s[i]-'0')
		i++
	}
	l.ok = l.ok && i > 0 && (i == 1 || l.s[0] != '0')
	l.s = l.s[i:]
	return n
}

func (l *lineScanner) skip(s string) { l.ok = l.has(s) && l.ok }

// has reads s if that is next.
func (l *lineScanner) has(s string) (ok bool) {
	l.s, ok = strings.CutPrefix(l.s, s)
	return ok
}

// unescaped reports whether b is printable ASCII without a backslash. It looks
// at eight bytes at a time: the top bit of one is set in bad if it is not ASCII,
// if it is less than a space, which borrows, if it is DEL, to which adding
// one carries into the top bit, or if it is a backslash.
func unescaped(b []byte) bool {
	const ones = 0x0101010101010101
	var bad uint64
	for ; len(b) >= 8; b = b[8:] {
		v := binary.LittleEndian.Uint64(b)
		slash := v ^ ones*'\\'
		bad |= v | (v - ones*' ') | (v + ones) | (slash - ones)
		if bad&(ones<<7) != 0 {
			return false
		}
	}
	for _, c := range b {
		if c < ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}
