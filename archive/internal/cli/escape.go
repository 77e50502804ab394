package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape returns s with all that could steer a terminal or hide what is there
// written out: control characters, invalid UTF-8, and what reorders or joins
// letters invisibly.
func escape(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= 0x20 && s[i] < 0x7f
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hostile(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// hostile reports whether a character is nothing that a person sees. It is
// true of the C1 controls, separators of lines, marks of direction, and
// whatever else Unicode calls a control, a format, or has not assigned.
func hostile(r rune) bool {
	return r != ' ' && !unicode.IsPrint(r)
}

// escapeJSON returns lines of JSON with the characters that [escape] writes
// out as escapes of JSON. Valid JSON stays the same JSON.
func escapeJSON(dst, line []byte) []byte {
	for i := 0; i < len(line); {
		if c := line[i]; c < utf8.RuneSelf {
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(line[i:])
		switch {
		case !hostile(r):
			dst = append(dst, line[i:i+size]...)
		case r < 0x10000:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			r -= 0x10000
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		i += size
	}
	return dst
}
