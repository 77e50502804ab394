package post

import (
	"strconv"
	"unicode/utf8"
)

// Object writes a JSON object member by member.
type Object struct {
	Buf []byte
}

// Open begins an object, as the value of name unless that is empty.
func (o *Object) Open(name string) {
	if name != "" {
		o.name(name)
	}
	o.Buf = append(o.Buf, '{')
}

// Close ends the object that was opened last.
func (o *Object) Close() { o.Buf = append(o.Buf, '}') }

// Text adds a string, unless it is empty.
func (o *Object) Text(name, value string) {
	if value != "" {
		o.Any(name, value)
	}
}

// Any adds a string, an empty one too.
func (o *Object) Any(name, value string) {
	o.name(name)
	o.Buf = AppendString(o.Buf, value)
}

// Whole adds a number.
func (o *Object) Whole(name string, value int64) {
	o.name(name)
	o.Buf = strconv.AppendInt(o.Buf, value, 10)
}

// name adds the name of a member, after a comma unless it is the first.
func (o *Object) name(name string) {
	if n := len(o.Buf); n > 0 && o.Buf[n-1] != '{' {
		o.Buf = append(o.Buf, ',')
	}
	o.Buf = append(AppendString(o.Buf, name), ':')
}

// AppendString appends s as a JSON string on one line. A byte that is not UTF-8
// becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				dst = append(dst, "\uFFFD"...)
			case r == '\u2028' || r == '\u2029' || r == '\u0085':
				dst = append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
			default:
				dst = append(dst, s[i:i+size]...)
			}
			i += size
			continue
		}
		i++
	}
	return append(dst, '"')
}
