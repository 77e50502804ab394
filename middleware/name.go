package middleware

import (
	"hash/maphash"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"actionlog/storage"
)

// unmatched stands where a request has no route; pending where it is in
// flight and its route is not known yet.
const (
	unmatched = "(unmatched)"
	pending   = "(pending)"
)

// methods are the methods that go into names. All others share OTHER.
var methods = [...]string{
	"OTHER",
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

const methodHead = 2

// methodIndex returns the place of method in methods.
func methodIndex(method string) int {
	switch method {
	case http.MethodGet, "":
		return 1
	case http.MethodHead:
		return methodHead
	case http.MethodPost:
		return 3
	case http.MethodPut:
		return 4
	case http.MethodPatch:
		return 5
	case http.MethodDelete:
		return 6
	case http.MethodConnect:
		return 7
	case http.MethodOptions:
		return 8
	case http.MethodTrace:
		return 9
	}
	return 0
}

// identity is all that one name, route and method amount to, made once.
type identity struct {
	handle  storage.Handle
	service string
	action  string
	route   string
	method  string
	skip    bool
	json    quoted
}

// name is a service and an action that somebody said, and the routes that it
// was met on. An empty action is a method and a route.
type name struct {
	service, action string
	routes          routes
	told            told // this name, and no more
}

// names holds what was said, by service and action.
type names struct {
	known atomic.Pointer[map[[2]string]*name]
	mu    sync.Mutex
}

// maxNames bounds how many names are remembered. Beyond, a name is made anew
// each time; the recorder decides what becomes of it.
const maxNames = 4096

func (ns *names) of(service, action string) *name {
	key := [2]string{service, action}
	if known := ns.known.Load(); known != nil {
		if n := (*known)[key]; n != nil {
			return n
		}
	}
	return ns.add(key)
}

func (ns *names) add(key [2]string) *name {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	var known map[[2]string]*name
	if p := ns.known.Load(); p != nil {
		known = *p
	}
	if n := known[key]; n != nil {
		return n
	}
	key = [2]string{strings.Clone(key[0]), strings.Clone(key[1])}
	n := &name{service: key[0], action: key[1]}
	n.told.said = n
	n.routes.init(smallTable)
	if len(known) >= maxNames {
		return n
	}
	grown := make(map[[2]string]*name, len(known)+1)
	for k, v := range known {
		grown[k] = v
	}
	grown[key] = n
	ns.known.Store(&grown)
	return n
}

// route is a pattern, and what it amounts to with each method.
type route struct {
	pattern    string // as the mux has it, and the key
	path       string // the pattern without method and host
	next       *route // in its bucket
	identities [len(methods)]atomic.Pointer[identity]
	joined     atomic.Pointer[[]join] // this route below others
	told       told                   // this route, and no more
}

// routes is a table of routes that is read without a lock. It only grows, up
// to maxRoutes.
type routes struct {
	buckets []atomic.Pointer[route]
	mu      sync.Mutex
	count   int
}

const (
	smallTable = 1 << 2
	largeTable = 1 << 9

	// maxRoutes bounds what is remembered of a mux that puts paths where
	// patterns belong.
	maxRoutes = 4096
)

var seed = maphash.MakeSeed()

func (t *routes) init(buckets int) { t.buckets = make([]atomic.Pointer[route], buckets) }

// of returns the route of a pattern.
func (t *routes) of(pattern string) *route {
	bucket := &t.buckets[maphash.String(seed, pattern)&uint64(len(t.buckets)-1)]
	for r := bucket.Load(); r != nil; r = r.next {
		if r.pattern == pattern {
			return r
		}
	}
	return t.add(bucket, pattern)
}

func (t *routes) add(bucket *atomic.Pointer[route], pattern string) *route {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := bucket.Load()
	for r := first; r != nil; r = r.next {
		if r.pattern == pattern {
			return r
		}
	}
	pattern = strings.Clone(pattern)
	r := &route{pattern: pattern, path: routePath(pattern), next: first}
	r.told.routed = r
	if t.count < maxRoutes {
		t.count++
		bucket.Store(r)
	}
	return r
}

// routePath returns a pattern without its method and host.
func routePath(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		return pattern[i:]
	}
	return pattern
}

// identify returns what a name (nil for none) with a pattern and a method
// amounts to, and the route that keeps it.
func (m *Middleware) identify(n *name, pattern string, method int) (*identity, *route) {
	if n == nil {
		n = &m.unnamed
	}
	r := n.routes.of(pattern)
	if id := r.identities[method].Load(); id != nil {
		return id, r
	}
	return m.intern(n, r, method), r
}

// intern makes an identity. Two that do so at the same time get the same
// handle, and either identity serves.
func (m *Middleware) intern(n *name, r *route, method int) *identity {
	id := &identity{service: n.service, action: n.action, route: r.path, method: methods[method]}
	if id.service == "" {
		id.service = m.opts.Service
	}
	if id.action == "" {
		what := r.path
		if what == "" {
			what = unmatched
		}
		id.action = id.method + " " + what
	}
	if id.route == pending {
		id.route = ""
	}
	id.skip = m.skips(id)
	if m.opts.Logger != nil {
		id.json = quote(id)
	}
	id.handle = m.opts.Recorder.Intern(id.service, id.action, id.route, id.method)
	r.identities[method].Store(id)
	return id
}

// skips reports whether a route is one of those to skip.
func (m *Middleware) skips(id *identity) bool {
	for _, rule := range m.opts.Skip {
		method, path := "", rule
		if i := strings.IndexByte(rule, ' '); i >= 0 {
			method, path = rule[:i], strings.TrimLeft(rule[i:], " ")
		}
		fits := method == "" || method == id.method || method == http.MethodGet && id.method == http.MethodHead
		if !fits || id.route == "" {
			continue
		}
		if id.route == path || strings.HasSuffix(path, "/") && strings.HasPrefix(id.route, path) {
			return true
		}
	}
	return false
}
