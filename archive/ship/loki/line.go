package loki

import (
	"strconv"
	"strings"
	"unicode"

	"actionlog/storage"
)

// appendLine appends the action in logfmt: what is read first, and the id, by
// which no two lines are the same.
func appendLine(dst []byte, a *storage.Action) []byte {
	dst = appendPair(dst, "status", string(a.Status))
	dst = appendPair(dst, "action", a.Action)
	if a.HTTP != nil && a.HTTP.Code != 0 {
		dst = appendPair(dst, "code", strconv.Itoa(a.HTTP.Code))
	}
	dst = appendPair(dst, "duration", a.Duration.String())
	if a.Failed() {
		dst = appendPair(dst, "error", a.Error)
	}
	return appendPair(dst, "id", string(a.ID))
}

// appendPair appends a key and a value, unless that is empty.
func appendPair(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	if len(dst) > 0 {
		dst = append(dst, ' ')
	}
	dst = append(append(dst, key...), '=')
	if strings.ContainsFunc(value, quoted) {
		return strconv.AppendQuote(dst, value)
	}
	return append(dst, value...)
}

// quoted reports whether a value with the rune stands in quotes.
func quoted(r rune) bool {
	return r <= ' ' || r == '"' || r == '=' || r == '\\' || r == unicode.ReplacementChar || !unicode.IsPrint(r)
}
