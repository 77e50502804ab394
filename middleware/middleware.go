package middleware

import (
	"net/http"
	"sync"
	"sync/atomic"

	"actionlog/storage"
)

// Middleware records the requests that pass through the handlers it wraps. It
// is safe for concurrent use, owns no goroutine and needs no closing.
type Middleware struct {
	opts        Options
	unnamed     name
	names       names
	shapes      shapes
	pending     [len(methods)]atomic.Pointer[identity]
	judged      bool // by a hook, Options.Failed
	captureFrom int  // the least status code whose body may tell an error
	scratches   sync.Pool
}

// New returns a middleware with the given options. It panics if
// [Options.Recorder] is nil, or if [Options.ContextLogger] is on without a
// Logger.
func New(opts Options) *Middleware {
	if opts.Recorder == nil {
		panic("middleware: Options.Recorder is nil; give it a recorder, such as a ring")
	}
	if opts.ContextLogger && opts.Logger == nil {
		panic("middleware: Options.ContextLogger is on but Options.Logger is nil; give it the logger that it derives from")
	}
	m := &Middleware{captureFrom: http.StatusInternalServerError}
	if opts.Failed != nil {
		m.judged, m.captureFrom = true, http.StatusBadRequest
	}
	m.opts = opts.withDefaults()
	m.unnamed.routes.init(largeTable)
	m.scratches.New = func() any { return &scratch{start: storage.Start{Place: opts.Recorder.Place()}} }
	return m
}

// Handler returns next with each request recorded. A request that m records
// already, because it stands outside too, is recorded once.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.serve(w, r, next, nil)
	})
}

// Action returns next with its requests recorded by that name. It can stand
// alone or inside of [Middleware.Handler]. An empty service is that of the
// middleware. The handler's own [Name] goes before.
func (m *Middleware) Action(service, action string, next http.Handler) http.Handler {
	n := m.named(service, action)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.serve(w, r, next, n)
	})
}

// named returns the name of a service and an action.
func (m *Middleware) named(service, action string) *name {
	if service == "" {
		service = m.opts.Service
	}
	return m.names.of(service, action)
}

// serve records one request, named if n is not nil.
func (m *Middleware) serve(w http.ResponseWriter, r *http.Request, next http.Handler, n *name) {
	if m.opts.SkipFunc != nil && !m.opts.KeepFailed && m.opts.SkipFunc(r) {
		next.ServeHTTP(w, r)
		return
	}
	shape := m.shapes.of(w)
	if shape&mayBeCarried != 0 || m.opts.Context {
		if x := m.around(w, r); x != nil {
			x.adopt(n, r)
			next.ServeHTTP(w, r)
			return
		}
	}
	var f flight
	w, r = f.begin(m, w, r, shape, n)
	defer f.end()
	next.ServeHTTP(w, r)
	f.returned = true
}

// around returns the exchange of m that a request is part of already, or nil.
func (m *Middleware) around(w http.ResponseWriter, r *http.Request) *exchange {
	if x := findOf(m, w); x != nil || !m.opts.Context {
		return x
	}
	x := FromContext(r.Context()).x
	if x == nil || x.m != m || x.r.RequestURI != r.RequestURI || x.r.Method != r.Method {
		return nil // a request that the handler makes to itself is another one
	}
	return x
}

// adopt takes what an inner wrapper was told and what it sees.
func (x *exchange) adopt(n *name, r *http.Request) {
	if n != nil {
		x.say(n)
	}
	if r != x.r && r.Pattern != "" && x.heard().routed == nil {
		x.route(x.m.unnamed.routes.of(r.Pattern))
	}
}

// scratch is what a request needs while it is served and no handler can see.
// It is used again.
type scratch struct {
	start  storage.Start
	finish storage.Finish
	slab   *[slabSize]writer
	next   int
	last   *route // of the last request that nobody named
	peer   peer   // of the last request
	line   line
}

// slabSize is how many writers are allocated at a time. A writer that a
// handler keeps keeps its whole slab and with it the requests that it served,
// therefore it is small.
const slabSize = 8

// writer returns one that was never used before.
func (s *scratch) writer() *writer {
	if s.slab == nil || s.next == slabSize {
		s.slab, s.next = new([slabSize]writer), 0
	}
	w := &s.slab[s.next]
	s.next++
	return w
}
