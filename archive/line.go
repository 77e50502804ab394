package archive

import (
	"bytes"
	"strings"
	"time"

	"actionlog/storage"
)

var (
	newline     = []byte{'\n'}
	lineStart   = []byte(`{"timestamp":"`)
	nanosPerDay = int64(24 * time.Hour)
)

// appendLine appends the line of an action to b. An action whose line would be
// longer than what can be read back is cut to the bounds of a recorder, within
// which every line fits.
func appendLine(b []byte, a *storage.Action) []byte {
	line := a.AppendJSON(b)
	if len(line)-len(b) > storage.MaxJSON {
		cut := *a
		storage.DefaultRedactor().Clean(&cut)
		line = cut.AppendJSON(b)
	}
	return append(line, '\n')
}

// timesOf returns the range of the timestamps of lines, without those that are
// no actions, or anyTime if none is one.
func timesOf(text []byte) timeRange {
	r := noTime
	for line := range bytes.Lines(text) {
		if ns, ok := timeOf(line); ok {
			r.add(ns)
		}
	}
	if r == noTime {
		return anyTime
	}
	return r
}

// timeOf returns the moment of a line, without decoding the rest of it where
// the timestamp comes first, as our encoder writes it.
func timeOf(line []byte) (ns int64, ok bool) {
	if ns, ok := fastTime(line); ok {
		return ns, true
	}
	var a storage.Action
	if storage.DecodeJSON(bytes.TrimSuffix(line, newline), &a) != nil {
		return 0, false
	}
	return a.Time.UnixNano(), true
}

// parseTime reads an RFC 3339 time in UTC that a quotation mark follows:
// 2006-01-02T15:04:05.999999999Z" with up to nine digits of fraction.
func parseTime(b []byte) (ns int64, ok bool) {
	if len(b) < 21 || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	year := digits(b[0:4])
	month, day := digits(b[5:7]), digits(b[8:10])
	hour, minute, second := digits(b[11:13]), digits(b[14:16]), digits(b[17:19])
	if year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 ||
		hour < 0 || minute < 0 || second < 0 {
		return 0, false
	}
	fraction, b := int64(0), b[19:]
	if b[0] == '.' {
		scale := int64(time.Second)
		for b = b[1:]; len(b) > 0 && '0' <= b[0] && b[0] <= '9' && scale > 1; b = b[1:] {
			scale /= 10
			fraction += int64(b[0]-'0') * scale
		}
		if scale == int64(time.Second) {
			return 0, false
		}
	}
	if len(b) < 2 || b[0] != 'Z' || b[1] != '"' {
		return 0, false
	}
	days := daysSince1970(year, month, day)
	seconds := int64(hour*3600 + minute*60 + second)
	return days*nanosPerDay + seconds*int64(time.Second) + fraction, true
}

// digits returns the number that b is written as, or a negative number.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// daysSince1970 counts by years that begin in March, so that the leap day is
// the last of its year.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468)
}

// stemOf cuts off what sealing changes of a base name.
func stemOf(base string) string {
	return strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".jsonl")
}
