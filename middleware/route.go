package middleware

import (
	"net/http"
	"path"
	"strings"
)

// Route returns next with the pattern that it matches made known to the
// middleware outside. Put it immediately around a mux that the request only
// reaches as a copy: behind [http.StripPrefix], behind [http.TimeoutHandler]
// (which needs [Options.Context]) or behind anything that calls
// [http.Request.WithContext].
//
//	mux.Handle("/api/", http.StripPrefix("/api", mw.Route(inner)))
//
// What was stripped from the path is put before the inner pattern as the
// outer pattern has it: here "/api/users/{id}". Outside of m's Handler, Route
// does nothing.
func (m *Middleware) Route(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := m.around(w, r)
		if x == nil {
			next.ServeHTTP(w, r)
			return
		}
		v := x.visit(r)
		defer v.leave() // also if a panic passes: its name is wanted all the more
		next.ServeHTTP(w, r)
	})
}

// visit is a request inside of Route.
type visit struct {
	x      *exchange
	r      *http.Request
	outer  string // the pattern that led here
	inner  string // the path that is yet to be matched
	before *route // what was known before
}

func (x *exchange) visit(r *http.Request) visit {
	return visit{x: x, r: r, outer: r.Pattern, inner: r.URL.Path, before: x.heard().routed}
}

func (v *visit) leave() {
	pattern := patternOf(v.r)
	if pattern == "" || pattern == v.outer && v.r == v.x.r {
		return
	}
	if deeper := v.x.heard().routed; deeper != v.before && deeper.pattern != pattern {
		return // a Route further inside knows better
	}
	v.x.route(v.x.m.below(v.x.r.URL.Path, v.inner, v.outer, pattern))
}

// join is a route below another one.
type join struct {
	outer string // the pattern of the other
	route *route
}

// maxJoins bounds below how many others a route is remembered.
const maxJoins = 64

// below returns the route of pattern where path has come to be inner on the
// way from a mux that matched outer.
func (m *Middleware) below(path, inner, outer, pattern string) *route {
	r := m.unnamed.routes.of(pattern)
	stripped, ok := strings.CutSuffix(path, inner)
	if !ok || stripped == "" || outer == "" || outer == pattern {
		return r
	}
	prefix, ok := prefixOf(routePath(outer), strings.Count(stripped, "/"))
	if !ok {
		return r
	}
	joined := r.joined.Load()
	if joined != nil {
		for i := range *joined {
			if j := &(*joined)[i]; j.outer == outer {
				return j.route
			}
		}
	}
	whole := m.unnamed.routes.of(prefix + r.path)
	var grown []join
	if joined != nil {
		grown = append(grown, *joined...)
	}
	if len(grown) < maxJoins {
		grown = append(grown, join{outer, whole})
		r.joined.CompareAndSwap(joined, &grown)
	}
	return whole
}

// prefixOf returns the pattern of a subtree without what stands for the
// subtree, if it has as many segments as were stripped.
func prefixOf(pattern string, segments int) (string, bool) {
	i := strings.LastIndexByte(pattern, '/')
	if i < 0 {
		return "", false
	}
	last, prefix := pattern[i+1:], pattern[:i]
	rest := strings.HasSuffix(last, "...}") || strings.HasPrefix(last, "*") // net/http's or bunrouter's
	if last != "" && !rest {
		return "", false
	}
	return prefix, strings.Count(prefix, "/") == segments
}

// patternOf returns the pattern that a request came back with. ServeMux gives
// a CONNECT that it redirects the new path for a pattern, which is no name.
func patternOf(r *http.Request) string {
	if len(r.Method) == len(http.MethodConnect) && isRedirected(r) {
		return ""
	}
	return r.Pattern
}

func isRedirected(r *http.Request) bool {
	return r.Method == http.MethodConnect && r.URL != nil && r.Pattern == redirected(r.URL.Path)
}

// redirected returns where ServeMux sends a path that wants a slash at its end:
// to the clean path and a slash, also if that has one already because the last
// segment was an escaped one.
func redirected(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean + "/"
}
