package storage

import "strings"

// maxTemplate is the most bytes of an error's template.
const maxTemplate = MaxError

// longWord is how many letters and digits together are taken for an id.
const longWord = 16

// FoldError returns what errors that differ in their particulars have in
// common: numbers and addresses become <n>, ids <id>, and what stands between
// quotation marks <s>. Folding a template gives the template. It is made in
// time linear in the text, and has at most MaxError bytes.
func FoldError(text string) string {
	f := folder{s: text}
	f.out.Grow(min(len(text)+16, maxTemplate+longWord))
	for f.i < len(text) && f.out.Len() <= maxTemplate {
		switch c := text[f.i]; {
		case c == '"' || c == '\'' || c == '`':
			f.quoted(c)
		case wordByte(c):
			f.word()
		default:
			f.out.WriteByte(c)
			f.i++
		}
	}
	out := f.out.String()
	if len(out) > maxTemplate {
		// A quotation mark at the end could close what it did not close before.
		out = strings.TrimRight(out[:runeStart(out, maxTemplate)], "\"'`")
	}
	return out
}

// folder is the state of folding a text.
type folder struct {
	s      string
	i      int
	out    strings.Builder
	single bool // no more quotation of that kind ends in the text
	double bool
	back   bool
}

// quoted folds a quotation, or copies a mark that begins none.
func (f *folder) quoted(mark byte) {
	none := &f.double
	switch mark {
	case '\'':
		none = &f.single
	case '`':
		none = &f.back
	}
	apostrophe := mark == '\'' && f.i > 0 && inWord(f.s[f.i-1])
	if !*none && !apostrophe {
		for end := f.i + 1; end < len(f.s); end++ {
			if f.s[end] == mark && (mark != '\'' || end+1 == len(f.s) || !inWord(f.s[end+1])) {
				f.out.WriteByte(mark)
				f.out.WriteString("<s>")
				f.out.WriteByte(mark)
				f.i = end + 1
				return
			}
		}
		*none = true
	}
	f.out.WriteByte(mark)
	f.i++
}

// word folds a run of letters, digits and what joins them.
func (f *folder) word() {
	start, digits, hex := f.i, false, true
	for ; f.i < len(f.s); f.i++ {
		c := f.s[f.i]
		if c == '-' && f.uuidGoesOn(start) {
			continue
		}
		if !wordByte(c) {
			break
		}
		digits = digits || '0' <= c && c <= '9'
		hex = hex && unhex(c) < 16
	}
	word := f.s[start:f.i]
	switch {
	case !digits:
		f.out.WriteString(word)
	case len(word) >= longWord || hex && len(word) >= 8 && !allDigits(word) || strings.HasPrefix(word, "0x"):
		f.out.WriteString("<id>")
	default:
		f.numbers(word)
	}
}

// uuidGoesOn reports whether the hyphen at f.i stands where a UUID that began
// at start has one.
func (f *folder) uuidGoesOn(start int) bool {
	switch n := f.i - start; n {
	case 8, 13, 18, 23:
		return len(f.s)-start >= 36 && isUUID(f.s[start:start+36])
	}
	return false
}

func isUUID(s string) bool {
	digit := false
	for i := range len(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (s[i] == '-') || !hyphen && unhex(s[i]) > 15 {
			return false
		}
		digit = digit || '0' <= s[i] && s[i] <= '9'
	}
	return digit
}

// numbers replaces each run of digits in a word. A number that goes on behind
// the word, as 10.0.0.1:80 and 1,000 do, is one.
func (f *folder) numbers(word string) {
	for i := 0; i < len(word); {
		if c := word[i]; c < '0' || c > '9' {
			f.out.WriteByte(c)
			i++
			continue
		}
		for i < len(word) && '0' <= word[i] && word[i] <= '9' {
			i++
		}
		f.out.WriteString("<n>")
		if i < len(word) {
			continue
		}
		for f.i+1 < len(f.s) && strings.IndexByte(".:,", f.s[f.i]) >= 0 && '0' <= f.s[f.i+1] && f.s[f.i+1] <= '9' {
			end := f.i + 1
			for end < len(f.s) && '0' <= f.s[end] && f.s[end] <= '9' {
				end++
			}
			if f.i = end; end < len(f.s) && wordByte(f.s[end]) {
				return // such as the unit of 1.5s
			}
		}
	}
}

func wordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
}

// inWord counts placeholders as words, which is what they stand for.
func inWord(c byte) bool { return wordByte(c) || c == '<' || c == '>' }
