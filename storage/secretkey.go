package storage

import "strings"

// keyRating tells how sure it is that a key names a secret.
type keyRating uint8

const (
	keyOpen   keyRating = iota // it does not
	keyWeak                    // as key=value, and not where text reads "key: words"
	keySecret                  // it does
)

// keyRule is how the name of a key ends that tells something. Key names are
// compared in lower case and without what is no letter or digit: X-Api-Key,
// apiKey and API_KEY are all apikey.
type keyRule struct {
	ending    string
	word      bool // it must be the last word of the name, and not only its end
	qualifier bool // it says nothing; what is before it does
	rating    keyRating
}

// keyRules has the rules by the last byte of the ending.
var keyRules = func() (t [256][]keyRule) {
	add := func(r keyRule, endings string) {
		for _, r.ending = range strings.Fields(endings) {
			last := r.ending[len(r.ending)-1]
			t[last] = append(t[last], r)
		}
	}
	add(keyRule{rating: keySecret}, `password passwd passphrase passcode pwd secret token authorization apikey accesskey secretkey privatekey
		signingkey encryptionkey accountkey authkey cookie credential credentials sessionid sessid sessionkey jwt cardnumber`)
	add(keyRule{rating: keySecret, word: true}, "session otp cvv cvc")
	add(keyRule{rating: keyWeak, word: true}, "pass pw auth sid sig signature pin")
	add(keyRule{qualifier: true}, "hash confirmation confirm again value header")
	return t
}()

// rateKey tells whether a key names a secret.
func rateKey(key string) keyRating {
	var buf [maxKey]byte
	name, word, before := keyName(buf[:0], key)
	rating, rest := rateName(name, word)
	if rest > 0 {
		rating, _ = rateName(name[:rest], min(before, rest))
	}
	return rating
}

// rateName rates a name of which the last word begins at word. If that is a
// qualifier, it returns the length of what is before it.
func rateName(name []byte, word int) (rating keyRating, rest int) {
	if len(name) == 0 {
		return keyOpen, 0
	}
	rules := keyRules[name[len(name)-1]]
	for i := range rules {
		r := &rules[i]
		n := len(name) - len(r.ending)
		if n < 0 || r.word && n != word || string(name[n:]) != r.ending {
			continue
		}
		if r.qualifier {
			return keyOpen, n
		}
		return r.rating, 0
	}
	return keyOpen, 0
}

// keyName appends the name to buf, up to its capacity, without the digits at
// its end. word is where its last word begins, before where the one before.
func keyName(buf []byte, key string) (name []byte, word, before int) {
	if len(key) > maxKey {
		key = key[len(key)-maxKey:]
	}
	lower, gap := false, false
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c == '%' && i+2 < len(key) && unhex(key[i+1]) < 16 && unhex(key[i+2]) < 16 {
			i += 2
		}
		if charsOf[c]&charsAlnum == 0 {
			gap = true
			continue
		}
		upper := 'A' <= c && c <= 'Z'
		if gap || upper && lower {
			word, before = len(buf), word
		}
		gap, lower = false, !upper
		if upper {
			c |= 0x20
		}
		buf = append(buf, c)
	}
	for len(buf) > 0 && buf[len(buf)-1] <= '9' {
		buf = buf[:len(buf)-1]
	}
	return buf, min(word, len(buf)), before
}

// isCookie reports whether the value of the key is a list of cookies.
func isCookie(key string) bool {
	return len(key) >= len("cookie") && equalFold(key[len(key)-len("cookie"):], "cookie")
}

// scheme tells how much follows the name of an authentication scheme.
type scheme uint8

const (
	schemeWord scheme = iota + 1 // one word
	schemeLine                   // parameters, to the end of the line
)

var schemes = map[string]scheme{
	"bearer": schemeWord, "basic": schemeWord, "token": schemeWord, "apikey": schemeWord, "negotiate": schemeWord,
	"ntlm": schemeWord, "dpop": schemeWord, "key": schemeWord, "sharedkey": schemeWord,
	"digest": schemeLine, "hawk": schemeLine, "oauth": schemeLine, "signature": schemeLine, "aws4-hmac-sha256": schemeLine,
}

// literals are values that tell nothing.
var literals = words("null nil <nil> none undefined true false %s %v %q %d ${} … empty")

// prose are words that follow "token:" and the like in the text of an error,
// and that nobody has as a password.
var prose = words(`a an already and are as at authentication auth authorization bad be been by cannot can't contains could
	denied did disabled does doesn't empty end eof error expected expired failed failure for forbidden from got had has header have
	identifier illegal in incorrect invalid is isn't it key length malformed may mismatch missing must named no not number of on or
	realm rejected required requires revoked scheme should signature since string that the this to token tokens too unauthorized
	unexpected unknown unsupported used value verification was wasn't when with without wrong`)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}
