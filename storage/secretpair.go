package storage

import "strings"

// maxKey is how far back a key is looked for.
const maxKey = 64

// pair looks for a secret that is the value of a key. The separator is at i
// and takes width bytes.
func (f *finder) pair(i, width int) span {
	s := f.s
	sep := s[i]
	if width == 3 {
		sep = unhex(s[i+1])<<4 | unhex(s[i+2])
	}
	key, quoted := f.keyBefore(i)
	rating := rateKey(key)
	if rating == keyOpen || rating == keyWeak && sep == ':' && !quoted {
		return span{}
	}
	v, ok := f.afterSeparator(i, width, sep)
	if !ok {
		return span{}
	}
	if v < len(s) && strings.IndexByte("[({", s[v]) >= 0 && !strings.HasPrefix(s[v:], f.r.mask) {
		v++
	}
	if value, ok := f.quotedValue(v); ok {
		return f.unlessMask(value)
	}
	end := f.valueEnd(v)
	value := s[v:end]
	if !hasAlnum(value) || literals[fold(value)] || sep == ':' && !quoted && f.isProse(v, end) {
		return span{}
	}
	return f.unlessMask(span{v, f.valueTail(v, end, isCookie(key))})
}

// isProse reports whether the word from v to end goes on with the sentence. The
// name of a scheme does only if the next word does.
func (f *finder) isProse(v, end int) bool {
	word := fold(strings.TrimRight(f.s[v:end], ".,;:!?)"))
	if !prose[word] {
		return false
	}
	if schemes[word] != 0 && end < len(f.s) && f.s[end] == ' ' {
		next := f.s[end+1 : f.valueEnd(end+1)]
		return next == "" || prose[fold(strings.TrimRight(next, ".,;:!?)"))]
	}
	return true
}

// unlessMask returns v, or the empty span if it is masked already.
func (f *finder) unlessMask(v span) span {
	if f.s[v.start:v.end] == f.r.mask {
		return span{}
	}
	return v
}

// keyBefore returns the key that ends before the separator at i, and whether
// it is in quotes.
func (f *finder) keyBefore(i int) (key string, quoted bool) {
	s, end := f.s, i
	for n := 0; n < 2 && end > f.floor && s[end-1] == ' '; n++ {
		end--
	}
	if end > f.floor && (s[end-1] == '"' || s[end-1] == '\'') {
		quoted = true
		for end--; end > f.floor && s[end-1] == '\\'; {
			end--
		}
	}
	begin := end
	for begin > f.floor && end-begin < maxKey && charsOf[s[begin-1]]&charsKey != 0 {
		begin--
	}
	return s[begin:end], quoted
}

// afterSeparator returns where the value begins. It reports false if the
// separator is an operator or the value is missing.
func (f *finder) afterSeparator(i, width int, sep byte) (v int, ok bool) {
	s := f.s
	v = i + width
	spaced := sep == ':'
	if width == 1 {
		before, after := byte(0), byte(0)
		if i > 0 {
			before = s[i-1]
		}
		if v < len(s) {
			after = s[v]
		}
		switch {
		case after == sep, before == sep, sep == '=' && (before == '!' || before == '<' || before == '>' || before == ':'):
			return 0, false
		case sep == ':' && after == '=', sep == '=' && after == '>':
			v++
			spaced = true
		}
		spaced = spaced || before == ' '
	}
	if spaced {
		for n := 0; n < 4 && v < len(s) && (s[v] == ' ' || s[v] == '\t'); n++ {
			v++
		}
	}
	return v, v < len(s)
}

// quotedValue returns the inside of the quotes at v, which may be escaped. A
// quote that is not closed reaches to the end.
func (f *finder) quotedValue(v int) (inside span, ok bool) {
	s, open := f.s, v
	for open < len(s) && s[open] == '\\' {
		open++
	}
	if open == len(s) || s[open] != '"' && s[open] != '\'' && s[open] != '`' {
		return span{}, false
	}
	escapes, slashes := open-v, 0
	for i := open + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			slashes++
			continue
		case s[i] == s[open] && (slashes <= escapes || escapes == 0 && slashes%2 == 0):
			return span{open + 1, i - min(slashes, escapes)}, true
		}
		slashes = 0
	}
	return span{open + 1, len(s)}, true
}

// valueEnd returns where the unquoted value at v ends.
func (f *finder) valueEnd(v int) int {
	s, i := f.s, v
	for i < len(s) {
		switch c := s[i]; c {
		case '"', '\'', '`', '&', ';':
			return i
		case ',', ')', ']', '}', '>', '|':
			if f.closes(i + 1) {
				return i
			}
		case '\\':
			if i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\'') {
				return i
			}
		case f.r.mask[0]:
			if strings.HasPrefix(s[i:], f.r.mask) {
				i += len(f.r.mask)
				continue
			}
		default:
			if c <= ' ' {
				return i
			}
		}
		i++
	}
	return i
}

// closes reports whether a bracket or comma before i ends a value: at the end,
// before a space or another such sign, and before the next key.
func (f *finder) closes(i int) bool {
	s := f.s
	if i == len(s) || s[i] <= ' ' || strings.IndexByte("\"'`,;&)]}>|.:\\", s[i]) >= 0 {
		return true
	}
	j := i
	for j < len(s) && j-i < maxKey && charsOf[s[j]]&charsKey != 0 {
		j++
	}
	return j > i && j < len(s) && (s[j] == '=' || s[j] == ':')
}

// valueTail returns where a value ends that begins with the word from v to
// end: behind the credentials that follow a scheme, and behind all of a
// cookie's pairs.
func (f *finder) valueTail(v, end int, cookie bool) int {
	s := f.s
	if next := end + 1; next < len(s) && s[end] == ' ' {
		switch schemes[fold(s[v:end])] {
		case schemeWord:
			end = max(end, f.valueEnd(next))
		case schemeLine:
			return f.lineEnd(next)
		}
	}
	for cookie && end < len(s) && s[end] == ';' {
		next := end + 1
		for next < len(s) && s[next] == ' ' {
			next++
		}
		stop := f.valueEnd(next)
		word := s[next:stop]
		if name := fold(word); strings.IndexByte(word, '=') < 0 && name != "httponly" && name != "secure" && name != "partitioned" {
			break
		}
		end = stop
	}
	return end
}

// lineEnd returns where the line ends that i is in, or the quoted text.
func (f *finder) lineEnd(i int) int {
	if n := strings.IndexAny(f.s[i:], "\r\n`"); n >= 0 {
		return i + n
	}
	return len(f.s)
}

func hasAlnum(s string) bool {
	for i := range len(s) {
		if charsOf[s[i]]&charsAlnum != 0 || s[i] >= 0x80 {
			return true
		}
	}
	return false
}

// fold returns s in lower case, or "" if it is longer than any word of the
// tables.
func fold(s string) string {
	if len(s) > 24 {
		return ""
	}
	return foldASCII(s)
}
