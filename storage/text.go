package storage

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := len(dst)
	dst = append(dst, s...)
	if n := plainPrefix(dst[start:]); n < len(s) {
		dst = appendEscaped(dst[:start+n], s[n:])
	}
	return append(dst, '"')
}

// plainPrefix returns how many bytes at the start of b are printable ASCII
// other than the quote and the backslash.
func plainPrefix(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if m := notPlain(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(b) && plain(b[i]) {
		i++
	}
	return i
}

func plain(c byte) bool { return 0x20 <= c && c < 0x7f && c != '"' && c != '\\' }

// notPlain sets the top bit of each of the eight bytes of w that is not plain.
// Bits above the lowest that is set may be wrong: a subtraction that finds a
// byte borrows from the next.
func notPlain(w uint64) uint64 {
	const (
		each = 0x0101010101010101
		top  = 0x80 * each
	)
	quote, slash, del := w^'"'*each, w^'\\'*each, w^0x7f*each
	return (w | (w-0x20*each)&^w | (quote-each)&^quote | (slash-each)&^slash | (del-each)&^del) & top
}

// appendEscaped appends s as the inside of a JSON string.
func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			dst = appendASCII(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, "\uFFFD"...)
		case r < 0xa0 || r == '\u2028' || r == '\u2029':
			dst = appendU(dst, r)
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case plain(c):
		return append(dst, c)
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	}
	return appendU(dst, rune(c))
}

// appendU appends r, of the basic plane, as \u and four digits.
func appendU(dst []byte, r rune) []byte {
	dst = append(dst, '\\', 'u')
	return appendHex(dst, []byte{byte(r >> 8), byte(r)})
}

// replaceInvalid returns s with each byte that is not UTF-8 replaced by U+FFFD.
func replaceInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	for _, r := range s {
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}
