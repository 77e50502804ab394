package storage

import (
	"encoding/base64"
	"strings"
)

// chars is a set of sets of bytes.
type chars uint8

const (
	charsAlnum  chars = 1 << iota // ASCII letters and digits
	charsUpper                    // capital letters and digits
	charsName                     // letters, digits, _
	charsBase64                   // of base 64 for URLs: letters, digits, - and _
	charsToken                    // of bearer and basic credentials
	charsKey                      // of the key of a pair
	charsLocal                    // of an e-mail address before the @, in ASCII
)

var charsOf = func() (t [256]chars) {
	add := func(set chars, bytes string) {
		for _, c := range []byte(bytes) {
			t[c] |= set
		}
	}
	const upper, lower, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
	add(charsAlnum|charsName|charsBase64|charsToken|charsKey|charsLocal, upper+lower+digits)
	add(charsUpper, upper+digits)
	add(charsName, "_")
	add(charsBase64, "-_")
	add(charsToken, "-._~+/=")
	add(charsKey, "-_.[]%$")
	add(charsLocal, "._%+-'")
	return t
}()

// run returns how many bytes at offset i belong to the set.
func run(s string, i int, set chars) int {
	n := 0
	for i+n < len(s) && charsOf[s[i+n]]&set != 0 {
		n++
	}
	return n
}

// shape is a kind of secret that is known by its first bytes.
type shape struct {
	prefix string
	fold   bool  // letter case of the prefix does not matter; it is in lower case
	set    chars // what follows the prefix
	least  int   // bytes of set that must follow, if find is nil
	exact  bool  // no more than least may follow

	// find returns the secret of which the prefix begins at i, where the
	// prefix and a run of set are not enough to know.
	find func(s string, i int) span
}

// shapes has the shapes by their first byte.
var shapes = func() (t [256][]shape) {
	for _, sh := range []shape{
		{prefix: "AKIA", set: charsUpper, least: 16, exact: true}, // AWS
		{prefix: "ASIA", set: charsUpper, least: 16, exact: true},
		{prefix: "AIza", set: charsBase64, least: 30}, // Google
		{prefix: "GOCSPX-", set: charsBase64, least: 20},
		{prefix: "ya29.", set: charsBase64, least: 20},
		{prefix: "ghp_", set: charsName, least: 20}, // GitHub
		{prefix: "gho_", set: charsName, least: 20},
		{prefix: "ghu_", set: charsName, least: 20},
		{prefix: "ghs_", set: charsName, least: 20},
		{prefix: "ghr_", set: charsName, least: 20},
		{prefix: "github_pat_", set: charsName, least: 20},
		{prefix: "glpat-", set: charsBase64, least: 16}, // GitLab
		{prefix: "gldt-", set: charsBase64, least: 16},
		{prefix: "glrt-", set: charsBase64, least: 16},
		{prefix: "xoxb-", set: charsBase64, least: 10}, // Slack
		{prefix: "xoxp-", set: charsBase64, least: 10},
		{prefix: "xoxa-", set: charsBase64, least: 10},
		{prefix: "xoxr-", set: charsBase64, least: 10},
		{prefix: "xoxs-", set: charsBase64, least: 10},
		{prefix: "xoxe-", set: charsBase64, least: 10},
		{prefix: "xapp-", set: charsBase64, least: 10},
		{prefix: "sk_live_", set: charsName, least: 10}, // Stripe
		{prefix: "sk_test_", set: charsName, least: 10},
		{prefix: "rk_live_", set: charsName, least: 10},
		{prefix: "rk_test_", set: charsName, least: 10},
		{prefix: "whsec_", set: charsName, least: 10},
		{prefix: "sk-", find: findMixed}, // OpenAI, Anthropic
		{prefix: "npm_", set: charsAlnum, least: 30},
		{prefix: "pypi-", set: charsBase64, least: 50},
		{prefix: "hf_", set: charsAlnum, least: 30}, // Hugging Face
		{prefix: "dop_v1_", set: charsAlnum, least: 40},
		{prefix: "shpat_", set: charsAlnum, least: 30}, // Shopify
		{prefix: "SG.", find: findSendGrid},
		{prefix: "eyJ", find: findJWT},
		{prefix: "-----BEGIN ", find: findPEM},
		{prefix: "bearer", fold: true, find: findBearer},
		{prefix: "basic", fold: true, find: findBasic},
	} {
		t[sh.prefix[0]] = append(t[sh.prefix[0]], sh)
		if sh.fold {
			upper := sh.prefix[0] &^ 0x20
			t[upper] = append(t[upper], sh)
		}
	}
	return t
}()

// shape looks for a secret that begins at i.
func (f *finder) shape(i int) span {
	if f.wordBefore(i) {
		return span{}
	}
	candidates := shapes[f.s[i]]
	for k := range candidates {
		sh := &candidates[k]
		rest := f.s[i:]
		if len(rest) < len(sh.prefix) || rest[1] != sh.prefix[1] && !sh.fold {
			continue
		}
		if head := rest[:len(sh.prefix)]; head != sh.prefix && (!sh.fold || !equalFold(head, sh.prefix)) {
			continue
		}
		if sh.find != nil {
			if found := sh.find(f.s, i); !found.empty() {
				return found
			}
			continue
		}
		n := run(f.s, i+len(sh.prefix), sh.set)
		end := i + len(sh.prefix) + n
		if n == sh.least || n > sh.least && !sh.exact {
			return span{i, end}
		}
	}
	return span{}
}

// inToken reports whether the byte before i belongs to base 64 for URLs, so
// that what begins at i does not.
func inToken(s string, i int) bool { return i > 0 && charsOf[s[i-1]]&charsBase64 != 0 }

// findMixed finds sk- and at least twenty bytes with a digit or a capital
// letter near their beginning, which names in small letters do not have.
func findMixed(s string, i int) span {
	const least, look = 20, 64
	begin := i + len("sk-")
	if inToken(s, i) {
		return span{}
	}
	head := min(run(s[:min(len(s), begin+look)], begin, charsBase64), look)
	if head < least || run(s[begin:begin+head], 0, charsBase64) < least || !hasUpperOrDigit(s[begin:begin+head]) {
		return span{}
	}
	return span{i, begin + run(s, begin, charsBase64)}
}

func hasUpperOrDigit(s string) bool {
	for i := range len(s) {
		if charsOf[s[i]]&charsUpper != 0 {
			return true
		}
	}
	return false
}

// findSendGrid finds SG. and two long parts with a dot between.
func findSendGrid(s string, i int) span {
	first := i + len("SG.")
	n := run(s, first, charsBase64)
	if n < 16 || first+n == len(s) || s[first+n] != '.' {
		return span{}
	}
	second := first + n + 1
	if m := run(s, second, charsBase64); m >= 16 {
		return span{i, second + m}
	}
	return span{}
}

// findJWT finds the parts of a JSON Web Token: a header, which begins with an
// encoded brace and quote, and one to four more.
func findJWT(s string, i int) span {
	if inToken(s, i) {
		return span{}
	}
	end, parts := i+run(s, i, charsBase64), 1
	for parts < 5 && end < len(s) && s[end] == '.' {
		n := run(s, end+1, charsBase64)
		if n == 0 || parts == 1 && n < 8 {
			break
		}
		end += 1 + n
		parts++
	}
	if parts == 1 || end-i < 20 {
		return span{}
	}
	return span{i, end}
}

// findPEM finds a private key with the lines around it, or as much of it as
// there is. Certificates and public keys stay.
func findPEM(s string, i int) span {
	const begin, end, dashes, most = "-----BEGIN ", "-----END ", "-----", 64
	title := s[i+len(begin) : min(len(s), i+len(begin)+most)]
	if n := strings.Index(title, dashes); n >= 0 {
		title = title[:n]
	}
	if !strings.Contains(title, "PRIVATE KEY") {
		return span{}
	}
	n := strings.Index(s[i:], end)
	if n < 0 {
		return span{i, len(s)}
	}
	after := i + n + len(end)
	n = strings.Index(s[after:min(len(s), after+most)], dashes)
	if n < 0 {
		return span{i, len(s)}
	}
	return span{i, after + n + len(dashes)}
}

// findBearer finds what follows the word, unless it is prose or a parameter of
// a challenge.
func findBearer(s string, i int) span {
	v := afterWord(s, i+len("bearer"))
	n := run(s, v, charsToken)
	for n > 0 && s[v+n-1] == '.' {
		n--
	}
	token := s[v : v+n]
	if v == i+len("bearer") || n < 3 || prose[fold(token)] || challenge[fold(token)] {
		return span{}
	}
	return span{v, v + n}
}

var challenge = words("realm= error= scope= charset= error_description= resource_metadata=")

// findBasic finds base 64 that stands for a user, a colon and a password.
func findBasic(s string, i int) span {
	v := afterWord(s, i+len("basic"))
	n := run(s, v, charsToken)
	token := strings.TrimRight(s[v:v+n], "=.")
	if v == i+len("basic") || len(token) < 4 {
		return span{}
	}
	plain, err := base64.RawStdEncoding.DecodeString(token[:len(token)&^3])
	if err != nil || strings.IndexByte(string(plain), ':') < 0 && len(token)%4 == 0 {
		return span{}
	}
	if strings.IndexByte(string(plain), ':') < 0 {
		last, err := base64.RawStdEncoding.DecodeString(token)
		if err != nil || strings.IndexByte(string(last), ':') < 0 {
			return span{}
		}
	}
	return span{v, v + n}
}

// afterWord skips the spaces at i, also as a query encodes them.
func afterWord(s string, i int) int {
	for i < len(s) {
		switch {
		case s[i] == ' ' || s[i] == '+':
			i++
		case strings.HasPrefix(s[i:], "%20"):
			i += 3
		default:
			return i
		}
	}
	return i
}
