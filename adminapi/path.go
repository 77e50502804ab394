package adminapi

import (
	"net/url"
	"strings"
)

// below returns the part of an escaped path that follows base, in the one form
// that the router knows: it begins with a slash, does not end with one unless
// it is "/", and each segment is escaped in the same way however it was
// written. ok is false for a path that is not below base, or that somebody
// would have to clean first: an empty segment, "." or "..".
//
// The router redirects what it would have to clean, before any middleware and
// with a status that turns POST into GET; so it never sees such a path.
func below(base, escaped string) (path string, ok bool) {
	if escaped == "" {
		escaped = "/"
	}
	if escaped[0] != '/' {
		return "", false
	}
	escaped = strings.TrimSuffix(escaped, "/")
	var b strings.Builder
	b.Grow(len(escaped) + 1)
	for segment := range strings.SplitSeq(escaped, "/") {
		if b.Len() == 0 && segment == "" {
			b.WriteByte('/')
			continue
		}
		if segment == "" || segment == "." || segment == ".." {
			return "", false
		}
		name, err := url.PathUnescape(segment)
		if err != nil {
			return "", false
		}
		if b.Len() > 1 {
			b.WriteByte('/')
		}
		b.WriteString(escapeSegment(name))
	}
	rest, ok := strings.CutPrefix(b.String(), base)
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return "", false
	case rest == "":
		return "/", true
	}
	return rest, true
}

// escapeSegment escapes a segment so that nothing in it means anything to the
// router, dots included.
func escapeSegment(name string) string {
	if name == "." || name == ".." {
		return strings.ReplaceAll(name, ".", "%2E")
	}
	return url.PathEscape(name)
}
