package storage

import (
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep a value that is skipped may nest.
const maxDepth = 64

// scanner walks over JSON text. Its methods that report false leave i at what
// they did not expect.
type scanner struct {
	b []byte // the input
	s string // a copy of b, of which decoded strings are parts
	i int    // offset of what comes next
}

// space skips white space.
func (d *scanner) space() {
	for d.i < len(d.b) {
		switch d.b[d.i] {
		case ' ', '\n', '\r', '\t':
			d.i++
		default:
			return
		}
	}
}

// open consumes c, if it is next.
func (d *scanner) open(c byte) bool {
	if d.i < len(d.b) && d.b[d.i] == c {
		d.i++
		return true
	}
	return false
}

// next moves to the next key or element of what ends with end. It reports
// false once end is consumed.
func (d *scanner) next(end byte, first bool) (more bool, err error) {
	d.space()
	if d.open(end) {
		return false, nil
	}
	if first {
		return true, nil
	}
	if !d.open(',') {
		return false, d.unexpected("", "a comma or "+string(end))
	}
	d.space()
	return true, nil
}

// key reads a key and the colon, and moves to the value.
func (d *scanner) key() (at int, key string, err error) {
	at = d.i
	if at == len(d.b) || d.b[at] != '"' {
		return at, "", d.unexpected("", "a key in double quotes")
	}
	key, err = d.str("")
	if err != nil {
		return at, "", err
	}
	d.space()
	if !d.open(':') {
		return at, "", d.unexpected(key, "a colon after the key")
	}
	d.space()
	return at, key, nil
}

// null consumes null, if it is next.
func (d *scanner) null() bool { return d.literal("null") }

func (d *scanner) literal(word string) bool {
	if strings.HasPrefix(d.s[d.i:], word) {
		d.i += len(word)
		return true
	}
	return false
}

// text reads a string.
func (d *scanner) text(name, allowed string) (string, error) {
	if d.i == len(d.b) || d.b[d.i] != '"' {
		return "", d.unexpected(name, allowed)
	}
	return d.str(name)
}

// str reads the string that begins with the quote at i.
func (d *scanner) str(name string) (string, error) {
	start := d.i + 1
	end := start + plainPrefix(d.b[start:])
	if end < len(d.b) && d.b[end] == '"' {
		d.i = end + 1
		return d.s[start:end], nil
	}
	escaped := false
	for {
		if end == len(d.b) {
			d.i = end
			return "", d.unexpected(name, "a double quote that ends the string")
		}
		switch c := d.b[end]; {
		case c == '"':
			d.i = end + 1
			if escaped {
				return unescape(d.s[start:end]), nil
			}
			return replaceInvalid(d.s[start:end]), nil
		case c < 0x20:
			d.i = end
			return "", d.unexpected(name, "an escape such as \\n in its place")
		case c == '\\':
			n := escapeLen(d.s[end:])
			if n == 0 {
				d.i = end
				return "", d.unexpected(name, `an escape: \" \\ \/ \b \f \n \r \t or \u and four hexadecimal digits`)
			}
			escaped = true
			end += n
		default:
			end++
			end += plainPrefix(d.b[end:])
		}
	}
}

// number consumes a number, if one is next.
func (d *scanner) number() bool {
	i := d.i
	if i < len(d.b) && d.b[i] == '-' {
		i++
	}
	switch n := d.digits(i); {
	case n == 0 || n > 1 && d.b[i] == '0':
		return false
	default:
		i += n
	}
	if i < len(d.b) && d.b[i] == '.' {
		n := d.digits(i + 1)
		if n == 0 {
			return false
		}
		i += 1 + n
	}
	if i < len(d.b) && d.b[i]|0x20 == 'e' {
		i++
		if i < len(d.b) && (d.b[i] == '+' || d.b[i] == '-') {
			i++
		}
		n := d.digits(i)
		if n == 0 {
			return false
		}
		i += n
	}
	d.i = i
	return true
}

// digits returns how many decimal digits there are at offset i.
func (d *scanner) digits(i int) int {
	n := 0
	for i+n < len(d.b) && '0' <= d.b[i+n] && d.b[i+n] <= '9' {
		n++
	}
	return n
}

// skip consumes any value.
func (d *scanner) skip(name string) error { return d.skipValue(name, 0) }

func (d *scanner) skipValue(name string, depth int) error {
	if depth > maxDepth {
		return syntaxError(d.b, d.i, Cut(name, 60), "got values nested deeper than 64; allowed are at most 64")
	}
	if d.i == len(d.b) {
		return d.unexpected(name, "a value")
	}
	switch c := d.b[d.i]; c {
	case '"':
		_, err := d.str(name)
		return err
	case '{', '[':
		d.i++
		return d.skipMembers(name, c, depth)
	}
	if d.number() || d.literal("null") || d.literal("true") || d.literal("false") {
		return nil
	}
	return d.unexpected(name, "a value")
}

// skipMembers consumes what follows an opening brace or bracket.
func (d *scanner) skipMembers(name string, opening byte, depth int) error {
	for first := true; ; first = false {
		more, err := d.next(opening+2, first)
		if err != nil || !more {
			return err
		}
		if opening == '{' {
			if _, _, err := d.key(); err != nil {
				return err
			}
		}
		if err := d.skipValue(name, depth+1); err != nil {
			return err
		}
	}
}

// unexpected returns the error for what is at the current offset.
func (d *scanner) unexpected(name, allowed string) error {
	return syntaxError(d.b, d.i, Cut(name, 60), "got "+d.describe(d.i)+"; allowed is "+allowed)
}

// describe says what is at an offset: a short value is quoted, of others the
// kind is named.
func (d *scanner) describe(at int) string {
	if at >= len(d.b) {
		return "the end of the input"
	}
	switch c := d.b[at]; {
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		rest := scanner{b: d.b, s: d.s, i: at}
		if s, err := rest.str(""); err == nil {
			return shorten(s)
		}
		return "a string that does not end"
	case c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z':
		end := at + 1
		for end < len(d.b) && strings.IndexByte(" \t\r\n,:{}[]\"", d.b[end]) < 0 {
			end++
		}
		return readable(Cut(d.s[at:end], 60))
	}
	r, _ := utf8.DecodeRuneInString(d.s[at:])
	return shorten(string(r))
}
