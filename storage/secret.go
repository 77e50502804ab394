package storage

import "strings"

// kind tells what a byte may be the beginning, or the middle, of.
type kind uint8

const (
	kindNone    kind = iota
	kindPair         // : or = between a key and a value, or after a URL's scheme
	kindAt           // @ of an e-mail address
	kindPercent      // % of one of these, encoded
	kindDigit        // a card number
	kindShape        // the first byte of a well-known prefix
	kindMask         // the first byte of a mask
)

// kindsFor returns the kind of each byte.
func kindsFor(opts RedactOptions) (kinds [256]kind) {
	for c := range shapes {
		if len(shapes[c]) > 0 {
			kinds[c] = kindShape
		}
	}
	for c := '0'; c <= '9'; c++ {
		kinds[c] = kindDigit
	}
	kinds[':'], kinds['='], kinds['%'] = kindPair, kindPair, kindPercent
	if !opts.KeepEmails {
		kinds['@'] = kindAt
	}
	kinds[opts.Mask[0]] = kindMask
	return kinds
}

// span is a part of a text.
type span struct{ start, end int }

func (s span) empty() bool { return s.start >= s.end }

// finder looks for secrets in a text, from left to right.
type finder struct {
	r        *Redactor
	s        string
	floor    int  // end of what was masked; nothing before it is looked at again
	password span // the password of a URL that begins before it
	hostAt   int  // offset of the @ that ends the user part of a URL
}

// maskShapes masks all secrets that are known by their shape or by their key.
func (r *Redactor) maskShapes(s string) string {
	f := finder{r: r, s: s, hostAt: -1}
	var out []byte
	last := 0
	for i := 0; i < len(s); {
		k := r.kinds[s[i]]
		if k == kindNone {
			i++
			continue
		}
		found, next := f.at(i, k)
		if found.empty() {
			i = next
			continue
		}
		if out == nil {
			out = make([]byte, 0, len(s)+len(r.mask))
		}
		if f.password.start < found.end && found.end < f.password.end {
			found.end = f.password.end
		}
		out = append(append(out, s[last:found.start]...), r.mask...)
		last, i, f.floor = found.end, found.end, found.end
	}
	if out == nil {
		return s
	}
	return string(append(out, s[last:]...))
}

// at returns the secret that the byte at i belongs to, or where to look on.
// A secret never begins before the floor, and ends after i.
func (f *finder) at(i int, k kind) (found span, next int) {
	switch k {
	case kindMask:
		if strings.HasPrefix(f.s[i:], f.r.mask) {
			f.floor = i + len(f.r.mask)
			return span{}, f.floor
		}
	case kindPair:
		if f.s[i] == ':' && strings.HasPrefix(f.s[i+1:], "//") {
			return f.userinfo(i), i + 3
		}
		if !f.password.empty() && f.password.start == i+1 {
			return f.password, i + 1
		}
		return f.pair(i, 1), i + 1
	case kindAt:
		return f.email(i, 1), i + 1
	case kindPercent:
		return f.percent(i), i + 1
	case kindDigit:
		return f.card(i)
	case kindShape:
		return f.shape(i), i + 1
	}
	return span{}, i + 1
}

// percent looks at what the escape at i stands for.
func (f *finder) percent(i int) span {
	if len(f.s)-i < 3 {
		return span{}
	}
	switch unhex(f.s[i+1])<<4 | unhex(f.s[i+2]) {
	case ':', '=':
		return f.pair(i, 3)
	case '@':
		if !f.r.keepEmails {
			return f.email(i, 3)
		}
	}
	return span{}
}

// wordBefore reports whether the byte before i is an ASCII letter or digit.
func (f *finder) wordBefore(i int) bool { return i > f.floor && charsOf[f.s[i-1]]&charsAlnum != 0 }

// userinfo looks for the user and password of a URL whose colon is at i. A
// password is returned when its own turn comes, so that the user is looked at
// before.
func (f *finder) userinfo(i int) span {
	s, begin := f.s, i+3
	if !f.wordBefore(i) || begin < len(s) && s[begin] == '[' {
		return span{}
	}
	colon, at := userParts(s[begin:min(len(s), begin+maxUserinfo)])
	colon, at = begin+colon, begin+at
	if at < begin {
		return span{}
	}
	f.hostAt = at
	if begin <= colon && colon < at {
		if s[colon+1:at] != f.r.mask {
			f.password = span{colon + 1, at}
		}
		return span{}
	}
	if at-begin >= 20 && s[begin:at] != f.r.mask {
		return span{begin, at}
	}
	return span{}
}

// maxUserinfo is how far the user part of a URL is looked for.
const maxUserinfo = 1024

// userParts returns the offsets of the first colon and of the @ in what
// follows a URL's slashes, -1 for one that is missing. The @ is the last one
// before the path, or the first behind it if what is before the path cannot
// be a host: then the path is the rest of a password with a slash.
func userParts(s string) (colon, at int) {
	colon, at = -1, -1
	for i := 0; i < len(s) && !endsURL(s[i]); i++ {
		switch s[i] {
		case ':':
			if colon < 0 {
				colon = i
			}
		case '@':
			at = i
		case '/', '?', '#':
			if at >= 0 || colon < 0 || allDigits(s[colon+1:i]) {
				return colon, at
			}
			rest := s[i:]
			for j := 0; j < len(rest) && !endsURL(rest[j]); j++ {
				if rest[j] == '@' {
					return colon, i + j
				}
			}
			return colon, -1
		}
	}
	return colon, at
}

// endsURL reports whether c cannot be part of a URL.
func endsURL(c byte) bool {
	return c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == '\\'
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
