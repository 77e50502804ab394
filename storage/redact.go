package storage

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// DefaultMask stands where a secret was.
const DefaultMask = "[redacted]"

// MaxText is the most bytes that [Redactor.Text] returns.
const MaxText = 64 << 10

const (
	maxMask      = 32   // bytes of a mask
	textTail     = 1024 // bytes before the cut of a long text that could be the head of a secret
	redactPasses = 6    // passes after which a text that still changes is masked as a whole
)

// RedactOptions say what a [Redactor] masks. The zero RedactOptions mask all
// that [Redactor] lists.
type RedactOptions struct {
	// Patterns are regular expressions, in the syntax of package regexp, of
	// further secrets. All that one matches is masked. Default none.
	Patterns []string

	// KeepEmails leaves e-mail addresses as they are. Default false.
	KeepEmails bool

	// Mask stands where a secret was: 3 to 32 bytes of printable ASCII that
	// begin with one of [ < ( { * # and end with one of ] > ) } * #, so that
	// it cannot become part of a word next to it. Default DefaultMask.
	Mask string
}

func (o RedactOptions) withDefaults() RedactOptions {
	if o.Mask == "" {
		o.Mask = DefaultMask
	}
	return o
}

// Redactor masks secrets and cuts texts. What it takes for a secret:
//
//   - the value of a key that names one (password, token, api_key,
//     authorization, cookie and the like), as key=value, "key": "value",
//     key: value or a query parameter;
//   - bearer and basic credentials; the password in a URL;
//   - JSON Web Tokens, PEM private keys, and the keys of well-known services,
//     by their prefixes;
//   - payment card numbers, by issuer, length and check digit;
//   - e-mail addresses.
//
// Text that was redacted once is not changed by redacting it again. It takes
// time in proportion to the text. The zero Redactor and a nil *Redactor are
// the default one. It is safe for concurrent use.
//
// It is a net, not a proof: a secret without a known shape, under a key that
// does not tell, passes through.
type Redactor struct {
	mask       string
	keepEmails bool
	patterns   []*regexp.Regexp
	kinds      [256]kind
}

// NewRedactor returns a redactor, or an error for a pattern or a mask that is
// not valid.
func NewRedactor(opts RedactOptions) (*Redactor, error) {
	opts = opts.withDefaults()
	if !validMask(opts.Mask) {
		return nil, fmt.Errorf("mask is %s; allowed are 3 to %d bytes of printable ASCII that begin with one of [ < ( { * # and end with one of ] > ) } * #", shorten(opts.Mask), maxMask)
	}
	r := &Redactor{mask: opts.Mask, keepEmails: opts.KeepEmails, kinds: kindsFor(opts)}
	for _, pattern := range opts.Patterns {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("compile redaction pattern %s: %w", shorten(pattern), err)
		}
		if re.MatchString("") {
			return nil, fmt.Errorf("redaction pattern %s matches the empty text; allowed is one that needs at least a character", shorten(pattern))
		}
		r.patterns = append(r.patterns, re)
	}
	return r, nil
}

func validMask(mask string) bool {
	if len(mask) < 3 || len(mask) > maxMask || strings.IndexByte("[<({*#", mask[0]) < 0 || strings.IndexByte("]>)}*#", mask[len(mask)-1]) < 0 {
		return false
	}
	return plainPrefix([]byte(mask)) == len(mask)
}

var defaultRedactor = sync.OnceValue(func() *Redactor {
	r, err := NewRedactor(RedactOptions{})
	if err != nil {
		panic(err) // the zero RedactOptions are valid
	}
	return r
})

// DefaultRedactor returns the redactor with the zero [RedactOptions].
func DefaultRedactor() *Redactor { return defaultRedactor() }

// orDefault returns r, or the default redactor for a nil or a zero one.
func (r *Redactor) orDefault() *Redactor {
	if r == nil || r.mask == "" {
		return defaultRedactor()
	}
	return r
}

// Text returns s with its secrets masked, and cut to [MaxText] bytes. Where
// there is nothing to mask it returns s itself and allocates nothing.
func (r *Redactor) Text(s string) string { return r.orDefault().bounded(s, MaxText) }

// Error returns s as the error of an action: secrets masked, valid UTF-8, and
// then cut to [MaxError] bytes.
func (r *Redactor) Error(s string) string {
	return r.orDefault().bounded(replaceInvalid(preCut(s)), MaxError)
}

// Path returns p as the path of a request: secrets after the question mark
// masked, valid UTF-8, and then cut to [MaxPath] bytes.
func (r *Redactor) Path(p string) string {
	p = replaceInvalid(preCut(p))
	i := strings.IndexByte(p, '?') + 1
	if i == 0 || i > MaxPath-len(ellipsis) {
		return Cut(p, MaxPath)
	}
	query := r.orDefault().bounded(p[i:], MaxPath-i)
	if query == p[i:] {
		return p
	}
	return p[:i] + query
}

// Attr returns the value of an attribute: masked as a whole if its key names a
// secret, else with its secrets masked, valid UTF-8, and then cut to
// [MaxAttrValue] bytes.
func (r *Redactor) Attr(key, value string) string {
	r = r.orDefault()
	if value != "" && rateKey(key) != keyOpen {
		return r.mask
	}
	return r.bounded(replaceInvalid(preCut(value)), MaxAttrValue)
}

// preCut shortens what is longer than a text is read, leaving it too long, so
// that the cut still shows.
func preCut(s string) string {
	if len(s) <= MaxText+utf8.UTFMax {
		return s
	}
	return s[:runeStart(s, MaxText+utf8.UTFMax)]
}

// bounded masks and cuts until nothing changes, so that its result is one that
// it leaves alone. One pass is enough but for texts made to defeat it.
func (r *Redactor) bounded(s string, max int) string {
	for range redactPasses {
		t := r.cut(r.maskAll(s), max)
		if t == s {
			return t
		}
		s = t
	}
	if len(r.mask) > max {
		return ""
	}
	return r.mask
}

// cut is [Cut], but it leaves no part of a mask.
func (r *Redactor) cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	if max < len(ellipsis) {
		return ""
	}
	at := runeStart(s, max-len(ellipsis))
	near := s[:min(len(s), at+len(r.mask)-1)]
	if i := strings.LastIndex(near, r.mask); i >= 0 && i < at && at < i+len(r.mask) {
		at = i
	}
	return s[:at] + ellipsis
}

// maskAll masks all secrets of s once. Of a text too long to read it drops the
// end, and with it what may be the head of a secret that the cut split.
func (r *Redactor) maskAll(s string) string {
	long := len(s) > MaxText
	if long {
		s = s[:runeStart(s, MaxText)]
	}
	s = r.maskShapes(s)
	for _, re := range r.patterns {
		s = r.maskPattern(re, s)
	}
	if long {
		s = r.cut(s+ellipsis, max(len(s)-textTail, len(ellipsis)))
	}
	return s
}

// maskPattern masks what re matches between the masks that are there already.
func (r *Redactor) maskPattern(re *regexp.Regexp, s string) string {
	if !re.MatchString(s) {
		return s
	}
	var out strings.Builder
	for rest, more := s, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, r.mask)
		last := 0
		for _, m := range re.FindAllStringIndex(part, -1) {
			if m[0] == m[1] {
				continue
			}
			out.WriteString(part[last:m[0]])
			out.WriteString(r.mask)
			last = m[1]
		}
		out.WriteString(part[last:])
		if more {
			out.WriteString(r.mask)
		}
	}
	return out.String()
}
