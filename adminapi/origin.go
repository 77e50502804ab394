package adminapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// crossOrigin reports whether a page of another origin made a browser send the
// request. One without the headers that every browser sends is no browser's.
func crossOrigin(r *http.Request) bool {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return true
		}
	}
	for _, origin := range r.Header["Origin"] {
		if !sameOrigin(origin, r.Host) {
			return true
		}
	}
	return false
}

// lasting reports whether a request would change something or open a
// connection that lasts, which no page of another origin may: of anything else
// it cannot read the answer.
//
// http.CrossOriginProtection would let each upgrade pass, since it is a GET.
func lasting(r *http.Request) bool {
	return !safeMethod(r.Method) || len(r.Header["Upgrade"]) > 0
}

var errCrossOrigin = forbidden("this request comes from a page of another origin; origins are added with Options.AllowedOrigins")

func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// sameOrigin reports whether an Origin header is the origin of the host that
// was asked. The host does not tell its scheme, so http and https both are.
func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return strings.EqualFold(withoutDefaultPort(u.Scheme, u.Host), withoutDefaultPort(u.Scheme, host))
}

func withoutDefaultPort(scheme, host string) string {
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// allowOrigin adds what lets a page of an allowed origin read the answer. It
// reports whether the request is from one.
func (g *guard) allowOrigin(h http.Header, r *http.Request) bool {
	if len(g.origins) == 0 {
		return false
	}
	h.Add("Vary", "Origin")
	if !g.knows(r) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", r.Header["Origin"][0])
	h.Set("Access-Control-Expose-Headers", "Content-Disposition, Retry-After")
	return true
}

// knows reports whether a request is from a page of an allowed origin.
func (g *guard) knows(r *http.Request) bool {
	origins := r.Header["Origin"]
	return len(origins) == 1 && g.origins[origins[0]]
}

// foreign reports whether a request is from a page of an origin that is
// neither this server's nor allowed.
func (g *guard) foreign(r *http.Request) bool { return !g.knows(r) && crossOrigin(r) }

// preflight reports whether a browser asks if a page may send a request.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 && len(r.Header["Access-Control-Request-Method"]) > 0
}

// allowPreflight adds the answer to a preflight of an allowed origin.
func allowPreflight(h http.Header, r *http.Request) {
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
	h.Set("Access-Control-Max-Age", "600")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
}

// originSet reads Options.AllowedOrigins.
func originSet(origins []string) (map[string]bool, error) {
	set := make(map[string]bool, len(origins))
	for i, given := range origins {
		if given == "null" {
			return nil, fmt.Errorf(`adminapi: Options.AllowedOrigins[%d] is "null", which any page can be by a sandboxed frame; serve the page from a scheme and host of its own`, i)
		}
		u, err := url.Parse(given)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Host == "*" || strings.ToLower(u.Scheme)+"://"+strings.ToLower(u.Host) != strings.ToLower(given) {
			return nil, fmt.Errorf("adminapi: Options.AllowedOrigins[%d] is %q; allowed is scheme://host or scheme://host:port, as browsers send it", i, given)
		}
		scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
		set[scheme+"://"+withoutDefaultPort(scheme, host)] = true
	}
	return set, nil
}
