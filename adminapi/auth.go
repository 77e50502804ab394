package adminapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// credentials are the hashes of what is asked for. Hashes have one length, so
// comparing them takes the same time whatever was sent.
type credentials struct {
	token, basic       [sha256.Size]byte
	hasToken, hasBasic bool
}

func newCredentials(o Options) credentials {
	return credentials{
		token: sha256.Sum256([]byte(o.Token)), hasToken: o.Token != "",
		basic: sha256.Sum256([]byte(o.Username + ":" + o.Password)), hasBasic: o.Username != "",
	}
}

// checkCredentials refuses a request that does not carry one of the
// credentials asked for.
func (c *credentials) checkCredentials(r *http.Request) error {
	if !c.hasToken && !c.hasBasic {
		return nil
	}
	given := r.Header["Authorization"]
	if len(given) > 1 {
		return c.unauthorized("there is more than one Authorization header")
	}
	if len(given) == 0 {
		return c.unauthorized("credentials are needed")
	}
	scheme, value, _ := strings.Cut(given[0], " ")
	value = strings.Trim(value, " ")
	if c.hasToken && strings.EqualFold(scheme, "Bearer") && sameSecret(c.token, value) {
		return nil
	}
	if user, password, ok := r.BasicAuth(); c.hasBasic && ok && sameSecret(c.basic, user+":"+password) {
		return nil
	}
	return c.unauthorized("the credentials are not right")
}

func sameSecret(want [sha256.Size]byte, given string) bool {
	got := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func (c *credentials) unauthorized(detail string) error {
	h := http.Header{}
	if c.hasToken {
		h.Add("WWW-Authenticate", `Bearer realm="action-logs"`)
	}
	if c.hasBasic {
		h.Add("WWW-Authenticate", `Basic realm="action-logs", charset="UTF-8"`)
	}
	return &Error{Status: http.StatusUnauthorized, Detail: detail, Header: h}
}
