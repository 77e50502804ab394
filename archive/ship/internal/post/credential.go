package post

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Credential is what goes into the header Authorization. The zero Credential is
// none.
type Credential struct {
	Option string // that names the secret, for errors
	Scheme string // such as Bearer, or Basic
	User   string // for Basic only
	Secret string // env:NAME or file:PATH
}

// Choose returns the one that has a secret, or the zero Credential if none has.
func Choose(all ...Credential) (Credential, error) {
	var chosen Credential
	for _, c := range all {
		switch {
		case c.Secret == "" && c.User != "":
			return Credential{}, fmt.Errorf("option User is set, but %s is not", c.Option)
		case c.Secret == "":
			continue
		case chosen.Secret != "":
			return Credential{}, fmt.Errorf("options %s and %s are both set; allowed is one way to be known", chosen.Option, c.Option)
		case c.Scheme == basic && c.User == "":
			return Credential{}, fmt.Errorf("option %s is set, but User is not", c.Option)
		case c.Scheme == basic && strings.ContainsFunc(c.User, unfit):
			return Credential{}, fmt.Errorf("option User is %q; allowed is a name without a colon and control characters", c.User)
		}
		chosen = c
	}
	return chosen, nil
}

const basic = "Basic"

// unfit reports whether a user's name cannot hold the rune.
func unfit(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }

// value returns the value of the header.
func (c Credential) value(secret string) string {
	switch {
	case c.Scheme == basic:
		secret = base64.StdEncoding.EncodeToString([]byte(c.User + ":" + secret))
	case c.Scheme == "ApiKey" && strings.Contains(secret, ":"): // an id and a key, as they are shown apart
		secret = base64.StdEncoding.EncodeToString([]byte(secret))
	}
	return c.Scheme + " " + secret
}
