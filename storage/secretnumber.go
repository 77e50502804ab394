package storage

import "strings"

const (
	leastCard = 13 // digits
	mostCard  = 19
)

// card looks for a payment card number that begins with the digit at i: all
// digits in one, or in groups of three to six, the first of four, with one
// separator throughout.
func (f *finder) card(i int) (found span, next int) {
	s := f.s
	end := i + digitRun(s, i)
	if f.wordBefore(i) || i > f.floor && (s[i-1] == '_' || s[i-1] == '.' && i-1 > f.floor && isDigit(s[i-2])) {
		return span{}, end
	}
	var digits [mostCard]byte
	n := copy(digits[:], s[i:end])
	if end-i > mostCard || end-i != 4 && end-i < leastCard {
		return span{}, end
	}
	next = end
	if f.isCard(digits[:n], end) {
		found = span{i, end}
	}
	if n == 4 {
		sep := separator(s, end)
		for sep != "" && strings.HasPrefix(s[end:], sep) {
			group := digitRun(s, end+len(sep))
			if group < 3 || group > 6 || n+group > mostCard {
				break
			}
			n += copy(digits[n:], s[end+len(sep):end+len(sep)+group])
			end += len(sep) + group
			if f.isCard(digits[:n], end) {
				found = span{i, end}
			}
		}
	}
	return found, next
}

// isCard reports whether digits that end before offset end are the number of
// a card.
func (f *finder) isCard(digits []byte, end int) bool {
	s := f.s
	if len(digits) < leastCard || !issued(digits) || !luhn(digits) {
		return false
	}
	if end == len(s) {
		return true
	}
	c := s[end]
	return charsOf[c]&charsName == 0 && !strings.HasPrefix(s[end:], ellipsis) && !(c == '.' && end+1 < len(s) && isDigit(s[end+1]))
}

// issued reports whether an issuer of cards has numbers that begin so and are
// that long, by the ranges of ISO/IEC 7812 that the large networks publish.
func issued(digits []byte) bool {
	two, n := int(digits[0]-'0')*10+int(digits[1]-'0'), len(digits)
	switch {
	case two/10 == 4: // Visa
		return n == 13 || n == 16 || n == 19
	case 51 <= two && two <= 55, 22 <= two && two <= 27: // Mastercard
		return n == 16
	case two == 34 || two == 37: // American Express
		return n == 15
	case two == 30 || two == 36 || two == 38 || two == 39: // Diners Club
		return n >= 14
	case two == 35: // JCB
		return n >= 16
	case two == 50 || 56 <= two && two <= 69: // Maestro, Discover, UnionPay
		return true
	}
	return false
}

// luhn reports whether the check digit is right, by ISO/IEC 7812-1 annex B.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// separator returns what may separate groups of digits at i.
func separator(s string, i int) string {
	for _, sep := range [...]string{" ", "-", "+", "%20"} {
		if strings.HasPrefix(s[i:], sep) {
			return sep
		}
	}
	return ""
}

func digitRun(s string, i int) int {
	n := 0
	for i+n < len(s) && isDigit(s[i+n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
