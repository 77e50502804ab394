package middleware

import (
	"context"
	"log"
	"net/http"
	"runtime/debug"

	"actionlog/storage"
)

// flight is one request from its begin to its end, on the stack of the
// function that serves it.
type flight struct {
	m        *Middleware
	x        *exchange
	w        http.ResponseWriter // what the handler writes to
	outer    *http.Request       // as it came
	scratch  *scratch
	active   storage.Active
	route    string    // by bunrouter, which tells it before the handler runs
	id       *identity // if it was known at the begin
	pattern  string    // by which it was known
	method   int       // its place in methods
	returned bool      // the handler returned: it neither panicked nor ended its goroutine
	skip     bool      // by SkipFunc
	left     bool      // the answer to an error is left to somebody else
	err      error     // what a bunrouter handler returned
}

// begin registers the request and returns what to hand to the handler.
func (f *flight) begin(m *Middleware, w http.ResponseWriter, r *http.Request, shape uint16, n *name) (http.ResponseWriter, *http.Request) {
	s := m.scratches.Get().(*scratch)
	own := s.writer()
	x := &own.exchange
	x.inner, x.m, x.r = w, m, r
	f.m, f.x, f.outer, f.scratch = m, x, r, s
	f.method = methodIndex(r.Method)
	if n != nil {
		x.say(n)
	}
	if m.opts.SkipFunc != nil && m.opts.KeepFailed {
		f.skip = m.opts.SkipFunc(r)
	}
	f.w = own.show(shape)

	fin, start := &s.finish, &s.start
	fin.HTTP = true
	fin.Path = m.pathOf(r)
	fin.Remote = s.peer.of(r.RemoteAddr)
	fin.RequestID = ""
	fin.TraceID, fin.SpanID = storage.TraceID{}, storage.SpanID{}
	if len(r.Header) > 0 {
		fin.RequestID = m.requestIDOf(r)
		if v := r.Header["Traceparent"]; len(v) == 1 {
			fin.TraceID, fin.SpanID, _ = parseTraceparent(v[0])
		}
	}
	if m.opts.EchoRequestID || m.opts.Context {
		r = f.equip(r)
	}
	start.Method = methods[f.method]
	start.Path, start.RequestID, start.Remote = fin.Path, fin.RequestID, fin.Remote
	f.active = m.opts.Recorder.Begin(f.known(n, r).handle, start)
	return f.w, r
}

// known returns the request's identity as far as it is known before the
// handler runs.
func (f *flight) known(n *name, r *http.Request) *identity {
	if f.pattern = f.route; f.pattern == "" {
		f.pattern = patternOf(r)
	}
	if f.pattern != "" || n != nil && n.action != "" {
		f.id, _ = f.m.identify(n, f.pattern, f.method)
		return f.id
	}
	if id := f.m.pending[f.method].Load(); id != nil {
		return id
	}
	id, _ := f.m.identify(nil, pending, f.method)
	f.m.pending[f.method].Store(id)
	return id
}

// equip echoes the request's id and puts record and logger into its context.
func (f *flight) equip(r *http.Request) *http.Request {
	m, id := f.m, f.scratch.finish.RequestID
	if id == "" && (m.opts.EchoRequestID || m.opts.ContextLogger) {
		id = f.x.note().requestID(makeRequestID())
		f.scratch.finish.RequestID = id
	}
	var answer []string
	var ctx context.Context
	switch {
	case m.opts.ContextLogger:
		c := &loggerContext{exchangeContext: exchangeContext{r.Context(), f.x}, answer: [1]string{id}}
		c.logger = m.opts.Logger.With().Str("requestId", id).Logger()
		ctx, answer = c, c.answer[:]
	case m.opts.Context:
		ctx = &exchangeContext{r.Context(), f.x}
	}
	if m.opts.EchoRequestID {
		if answer == nil {
			answer = []string{id}
		}
		f.w.Header()[m.opts.RequestIDHeader] = answer
	}
	if ctx != nil {
		r = r.WithContext(ctx)
		f.x.r = r
	}
	return r
}

func (m *Middleware) pathOf(r *http.Request) string {
	if r.URL == nil {
		return ""
	}
	if m.opts.IncludeQuery && r.URL.RawQuery != "" {
		return r.URL.Path + "?" + r.URL.RawQuery
	}
	return r.URL.Path
}

// end records the request. It must be called by defer itself, because it
// looks for a panic, and lets it go on.
func (f *flight) end() {
	var panicked, goesOn any
	if !f.returned {
		panicked = recover()
		goesOn = f.panics(panicked)
	}
	if f.x.r != f.outer {
		f.outer.Pattern = f.x.r.Pattern // as it would be without the copy
	}
	f.record()
	if panicked != nil {
		f.tell(panicked)
	}
	f.m.scratches.Put(f.scratch)
	if goesOn != nil {
		panic(goesOn)
	}
}

// panics notes how a handler that did not return ended, answers if that is
// wanted, and returns the panic that is to go on, or nil.
func (f *flight) panics(panicked any) (goesOn any) {
	switch {
	case panicked == nil:
		f.err = endedError{}
	case panicked == http.ErrAbortHandler:
		f.err = http.ErrAbortHandler
		return panicked
	default:
		f.err = panicError{panicked}
		if !f.m.opts.Recover {
			return panicked
		}
		f.scratch.line.stack = string(debug.Stack()) // the server will not see it
		if state := f.x.state.Load(); state&hijacked != 0 {
			return nil
		} else if codeOf(state) != 0 {
			return http.ErrAbortHandler
		}
		return f.apologize()
	}
	return nil
}

// apologize answers 500. Where the writer panics, as it may have done when the
// handler wrote, the connection is to be cut.
func (f *flight) apologize() (goesOn any) {
	defer func() {
		if recover() != nil {
			goesOn = http.ErrAbortHandler
		}
	}()
	answer(f.w, http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError))
	return nil
}

// tell writes the stack of a panic that ends here where net/http would have,
// unless it went into a line of log.
func (f *flight) tell(panicked any) {
	stack := f.scratch.line.stack
	if stack == "" {
		return
	}
	f.scratch.line.stack = ""
	printf := log.Printf
	if s, ok := f.outer.Context().Value(http.ServerContextKey).(*http.Server); ok && s.ErrorLog != nil {
		printf = s.ErrorLog.Printf
	}
	printf("middleware: panic serving %s: %v\n%s", f.outer.RemoteAddr, panicked, stack)
}

// record puts together what is known and hands it to the recorder.
func (f *flight) record() {
	m, x, fin := f.m, f.x, &f.scratch.finish
	state := x.state.Load()
	text, err := "", f.err
	fin.Attrs = nil
	if n := x.heard().notes; n != nil {
		text, err = f.gather(n)
	}
	fin.Bytes = bytesOf(state)
	if f.method == methodHead {
		fin.Bytes = 0 // what the handler wrote, the server did not send
	}
	fin.Code = f.code(state)
	fin.Outcome = f.outcome(state)
	if state&timedOut != 0 {
		fin.Code = http.StatusServiceUnavailable
		err = firstOf(err, http.ErrHandlerTimeout)
	}
	if m.judged {
		fin.Failed, err = judge(m.opts.Failed, fin.Code, err)
	} else {
		fin.Failed = failed(fin.Code, err)
	}

	id := f.identity()
	if (f.skip || id.skip) && !(m.opts.KeepFailed && fin.Failed) {
		m.opts.Recorder.End(f.active, nil)
		return
	}
	fin.Handle = id.handle
	fin.Error = ""
	if fin.Failed {
		fin.Error = errorText(err, text, fin.Code)
	}
	stamp := m.opts.Recorder.End(f.active, fin)
	if m.opts.Logger != nil {
		m.log(id, f.scratch, stamp)
	}
}

// gather takes what was noted, and returns the text of the answer and the error.
func (f *flight) gather(n *notes) (text string, err error) {
	g := n.gather()
	if g.id != "" {
		f.scratch.finish.RequestID = g.id
	}
	f.scratch.finish.Attrs = g.attrs
	if g.err != nil && f.returned {
		return g.text, g.err
	}
	return g.text, firstOf(f.err, g.err)
}

// identity returns the name that the request has come to.
func (f *flight) identity() *identity {
	told := f.x.heard()
	said := told.said
	pattern := f.route
	if r := told.routed; r != nil {
		pattern = r.pattern
	} else if pattern == "" {
		pattern = patternOf(f.x.r)
	}
	if f.id != nil && pattern == f.pattern && (said == nil || said.action == f.id.action && said.service == f.id.service) {
		return f.id
	}
	if last := f.scratch.last; said == nil && last != nil && last.pattern == pattern {
		if id := last.identities[f.method].Load(); id != nil {
			return id
		}
	}
	id, r := f.m.identify(said, pattern, f.method)
	if said == nil {
		f.scratch.last = r
	}
	return id
}

// code returns the status that went out or is about to.
func (f *flight) code(state uint64) int {
	code := codeOf(state)
	if code == 0 && f.returned && state&hijacked == 0 && !f.left {
		return http.StatusOK // net/http writes it when the handler has returned
	}
	return code
}

// left reports whether a request's context was cancelled as net/http does it
// when the client goes away: without a cause.
func left(ctx context.Context) bool {
	return ctx.Err() == context.Canceled && context.Cause(ctx) == context.Canceled
}

// outcome tells how the request ended where its code would mislead.
func (f *flight) outcome(state uint64) storage.Outcome {
	switch {
	case f.returned && f.err == nil && state&(hijacked|broken|flushed) == 0 && f.outer.Context().Err() == nil:
		return ""
	case f.err != nil && aborts(f.err):
		return storage.Aborted
	case !f.returned:
		return storage.Panic
	case state&hijacked != 0:
		return storage.Hijacked
	case state&broken != 0 || left(f.outer.Context()):
		return storage.Aborted
	case state&flushed != 0:
		return storage.Streamed
	}
	return ""
}
