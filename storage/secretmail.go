package storage

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of an e-mail address, by RFC 5321 section 4.5.3.1.
const (
	maxLocal  = 64
	maxDomain = 255
)

// email looks for an address whose @ is at i and takes width bytes.
func (f *finder) email(i, width int) span {
	s := f.s
	if i == f.hostAt {
		return span{}
	}
	begin := i
	for begin > f.floor && i-begin < maxLocal {
		size := localBefore(s[f.floor:begin])
		if size == 0 {
			break
		}
		begin -= size
	}
	for begin < i && (s[begin] == '.' || s[begin] == '-' || s[begin] == '\'') {
		begin++
	}
	if begin == i {
		return span{}
	}
	end := domainEnd(s, i+width)
	if end == 0 || s[begin:i] == "git" && end < len(s) && (s[end] == ':' || s[end] == '/') {
		return span{}
	}
	return span{begin, end}
}

// localBefore returns the size of the last rune of s if it may stand before
// the @, else 0.
func localBefore(s string) int {
	c := s[len(s)-1]
	if c < utf8.RuneSelf {
		if charsOf[c]&charsLocal != 0 {
			return 1
		}
		return 0
	}
	r, size := utf8.DecodeLastRuneInString(s)
	if unicode.IsLetter(r) {
		return size
	}
	return 0
}

// domainEnd returns where the domain at i ends, or 0 if there is none: two
// labels or more, the last of letters.
func domainEnd(s string, i int) (end int) {
	labels := 0
	for begin := i; begin-i < maxDomain; begin++ {
		stop, letters := label(s, begin)
		if stop == begin {
			return end
		}
		if labels == 0 && isDensity(s[begin:stop]) {
			return 0
		}
		if labels++; labels > 1 && letters >= 2 {
			end = stop
		}
		if stop == len(s) || s[stop] != '.' {
			return end
		}
		begin = stop
	}
	return end
}

// label returns where the label at i ends, and how many letters it consists
// of: 0 if it has other signs too, unless it is an encoded name.
func label(s string, i int) (stop, letters int) {
	other := false
	for stop = i; stop < len(s) && stop-i < maxLocal; {
		c := s[stop]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
			stop++
			continue
		case isDigit(c) || c == '-':
			other = true
			stop++
			continue
		case c >= utf8.RuneSelf:
			if r, size := utf8.DecodeRuneInString(s[stop:]); unicode.IsLetter(r) {
				letters++
				stop += size
				continue
			}
		}
		break
	}
	for stop > i && s[stop-1] == '-' {
		stop--
	}
	if other && !strings.HasPrefix(s[i:stop], "xn--") {
		letters = 0
	}
	return stop, letters
}

// isDensity reports whether a label is 2x or 3x, as in the name of an image
// for a dense display.
func isDensity(label string) bool {
	return len(label) == 2 && isDigit(label[0]) && label[1] == 'x'
}
