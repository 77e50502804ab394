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
	guesses   *limiter
	creds     credentials
	sessions  sessions
	authorize func(*http.Request) error
	now       func() time.Time
}

func newGuard(o Options) (*guard, error) {
	g := &guard{limit: newLimiter(o), guesses: newGuesses(o), creds: newCredentials(o), authorize: o.Authorize, now: o.Now}
	var err1, err2, err3, err4 error
	g.allowed, err1 = plainPrefixes("AllowedPrefixes", o.AllowedPrefixes)
	g.proxies, err2 = plainPrefixes("TrustedProxies", o.TrustedProxies)
	g.hosts, err3 = hostSet(o.AllowedHosts)
	g.origins, err4 = originSet(o.AllowedOrigins)
	return g, errors.Join(err1, err2, err3, err4)
}

// admit checks where a request comes from, and adds to the answer's headers
// what depends on that. asks tells that it is a preflight. The order matters:
// who may not be here learns nothing else, costs nothing, and is not remembered;
// nor can a web page of somebody else's use up what the user on this machine may
// ask, by having a browser send what will be refused.
func (g *guard) admit(h http.Header, r *http.Request) (from asker, asks bool, err error) {
	p, err := g.peerOf(r)
	if err != nil {
		return asker{}, false, err
	}
	if !prefixesContain(g.allowed, p.addr) {
		return asker{}, false, forbidden("this address is not let in; addresses are added with Options.AllowedPrefixes")
	}
	if !p.unix {
		if err := g.checkHost(r); err != nil {
			return asker{}, false, err
		}
	}
	known := g.allowOrigin(h, r)
	foreign := !known && crossOrigin(r)
	asks = preflight(r)
	if asks && !known || foreign && lasting(r) {
		return asker{}, false, errCrossOrigin
	}
	return askerOf(p.addr, foreign), asks, nil
}

// withinRate counts a request that was admitted.
func (g *guard) withinRate(from asker) error { return g.limit.check(from, g.now()) }

// askerOf returns who makes a request that was admitted.
func (g *guard) askerOf(r *http.Request) (asker, error) {
	p, err := g.peerOf(r)
	if err != nil {
		return asker{}, err
	}
	return askerOf(p.addr, g.foreign(r)), nil
}

// authorized checks who makes a request that was admitted. A guess at a
// password has counted against the rate by then, and if it is wrong counts
// once more.
func (g *guard) authorized(r *http.Request, from asker, d door) error {
	if err := g.checkCredentials(r, from, d); err != nil {
		return err
	}
	if g.authorize != nil {
		return refusal(g.authorize(r))
	}
	return nil
}

// refusal makes the answer to what the Authorize hook said.
func refusal(err error) error {
	var answer *Error
	if err == nil || errors.As(err, &answer) {
		return err
	}
	return &Error{Status: http.StatusForbidden, Detail: "this request is not authorized", Err: err}
}
