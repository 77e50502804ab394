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
	token, basic, ingest          [sha256.Size]byte
	hasToken, hasBasic, hasIngest bool
}

func newCredentials(o Options) credentials {
	return credentials{
		token: sha256.Sum256([]byte(o.Token)), hasToken: o.Token != "",
		basic: sha256.Sum256([]byte(o.Username + ":" + o.Password)), hasBasic: o.Username != "",
		ingest: sha256.Sum256([]byte(o.IngestToken)), hasIngest: o.IngestToken != "",
	}
}

// checkCredentials refuses a request that does not carry credentials that open
// the door. The cookie of a login counts only on this server's own pages:
// browsers send it from other ports of the host, too.
func (g *guard) checkCredentials(r *http.Request, from asker, d door) error {
	c := &g.creds
	ingest := d == recording && c.hasIngest
	if d == open && c.hasToken || !c.hasToken && !c.hasBasic && !ingest {
		return nil
	}
	switch given := r.Header["Authorization"]; {
	case len(given) > 1:
		return c.unauthorized("there is more than one Authorization header")
	case !c.given(r, ingest):
		if _, ok := g.loginOf(r); ok {
			return nil
		}
		return c.unauthorized("credentials are needed")
	}
	value, bearer := bearerOf(r)
	right := bearer && c.hasToken && sameSecret(c.token, value) || bearer && ingest && sameSecret(c.ingest, value)
	if user, password, ok := r.BasicAuth(); c.hasBasic && ok {
		right = sameSecret(c.basic, user+":"+password)
	}
	return g.verdict(from, right)
}

// given reports whether a request has credentials of a scheme that is asked
// for. Others are none of ours: a proxy that asks for a password of its own
// passes it on with every request.
func (c *credentials) given(r *http.Request, ingest bool) bool {
	_, bearer := bearerOf(r)
	_, _, basic := r.BasicAuth()
	return bearer && (c.hasToken || ingest) || basic && c.hasBasic
}

// bearerOf returns the token that a request has.
func bearerOf(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.Trim(token, " "), strings.EqualFold(scheme, "Bearer")
}

// loginOf returns the login that counts as the credentials of a request.
func (g *guard) loginOf(r *http.Request) (key loginKey, ok bool) {
	if !g.creds.hasToken || g.creds.given(r, false) || crossOrigin(r) {
		return loginKey{}, false
	}
	return g.sessions.loginOf(r)
}

// checkToken refuses what is not the token. Nobody comes here from a page of
// another origin.
func (g *guard) checkToken(r *http.Request, token string) error {
	p, err := g.peerOf(r)
	if err != nil {
		return err
	}
	return g.verdict(askerOf(p.addr, false), sameSecret(g.creds.token, token))
}

// verdict answers credentials that were compared.
func (g *guard) verdict(from asker, right bool) error {
	if err := g.guesses.judge(from, right, g.now()); err != nil {
		return err
	}
	if !right {
		return g.creds.unauthorized("the credentials are not right")
	}
	return nil
}

func sameSecret(want [sha256.Size]byte, given string) bool {
	got := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func (c *credentials) unauthorized(detail string) error {
	h := http.Header{}
	if c.hasToken || c.hasIngest {
		h.Add("WWW-Authenticate", `Bearer realm="action-logs"`)
	}
	if c.hasBasic {
		h.Add("WWW-Authenticate", `Basic realm="action-logs", charset="UTF-8"`)
	}
	return &Error{Status: http.StatusUnauthorized, Detail: detail, Header: h}
}
