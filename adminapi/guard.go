package adminapi

import (
	"errors"
	"net/http"
	"net/netip"
	"time"
)

// guard decides who is let in.
type guard struct {
	allowed   []netip.Prefix
	proxies   []netip.Prefix
	hosts     map[string]bool
	origins   map[string]bool
	limit     *limiter
	creds     credentials
	authorize func(*http.Request) error
	now       func() time.Time
}

func newGuard(o Options) (*guard, error) {
	g := &guard{limit: newLimiter(o), creds: newCredentials(o), authorize: o.Authorize, now: o.Now}
	var err1, err2, err3, err4 error
	g.allowed, err1 = plainPrefixes("AllowedPrefixes", o.AllowedPrefixes)
	g.proxies, err2 = plainPrefixes("TrustedProxies", o.TrustedProxies)
	g.hosts, err3 = hostSet(o.AllowedHosts)
	g.origins, err4 = originSet(o.AllowedOrigins)
	return g, errors.Join(err1, err2, err3, err4)
}

// admit checks a request and adds to the answer's headers what depends on who
// asks. done tells that the request was a preflight, of which nothing is left
// to do but to answer 204. The order matters: who may not be here learns
// nothing else, costs nothing, and is not remembered; nor can a web page of
// somebody else's use up what the user on this machine may ask, by having a
// browser send what will be refused; a guess at a password counts against the
// rate.
func (g *guard) admit(h http.Header, r *http.Request) (done bool, err error) {
	p, err := g.peerOf(r)
	if err != nil {
		return false, err
	}
	if !prefixesContain(g.allowed, p.addr) {
		return false, forbidden("this address is not let in; addresses are added with Options.AllowedPrefixes")
	}
	if !p.unix {
		if err := g.checkHost(r); err != nil {
			return false, err
		}
	}
	known := g.allowOrigin(h, r)
	foreign := !known && crossOrigin(r)
	asks := preflight(r)
	if asks && !known || foreign && lasting(r) {
		return false, errCrossOrigin
	}
	if err := g.limit.check(p.addr, foreign, g.now()); err != nil {
		return false, err
	}
	if asks {
		allowPreflight(h, r)
		return true, nil
	}
	if err := g.creds.checkCredentials(r); err != nil {
		return false, err
	}
	if g.authorize != nil {
		return false, refusal(g.authorize(r))
	}
	return false, nil
}

// refusal makes the answer to what the Authorize hook said.
func refusal(err error) error {
	var answer *Error
	if err == nil || errors.As(err, &answer) {
		return err
	}
	return &Error{Status: http.StatusForbidden, Detail: "this request is not authorized", Err: err}
}
