// Package middleware times, names and records what an HTTP service does. It
// wraps handlers of net/http and of bunrouter, and hands each request, once it
// has ended, to a [storage.Recorder].
//
// # Smallest use
//
//	mw := middleware.New(middleware.Options{Recorder: recorder, Service: "CaseService"})
//	http.ListenAndServe("127.0.0.1:8000", mw.Handler(mux))
//
// With bunrouter:
//
//	router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
//
// # Names
//
// An action is called what the handler said with [Name], else what
// [Middleware.Action] was told, else its method, a space and the pattern of
// its route: "POST /cases/{id}". The pattern is read after the handler
// returned, so the middleware can stand outside of the mux. A request that no
// pattern matched is "GET (unmatched)"; the path that a client sent is never a
// name, so the number of names stays bounded.
//
// A pattern is lost where something between the middleware and the mux copies
// the request: [http.StripPrefix], [http.TimeoutHandler], and whatever calls
// [http.Request.WithContext]. [Middleware.Route] put around the inner mux
// brings it back.
//
// # Other routers
//
// The middleware stands around any router that is an [http.Handler], so that
// what it does not match is recorded, too. The route is the request's Pattern
// once the router has returned; a router that does not set it is told to, where
// it knows its route and before it copies the request:
//
//	r.Pattern = c.FullPath() // in a middleware of gin; then nothing else is needed
//
// Where the router hands its own handlers a copy of the request, as chi and
// gorilla/mux do, [Middleware.Route] is its outermost middleware:
//
//	router.Use(mw.Route) // chi; mw.Handler(router) is around it
//
// A ServeMux in front that leads to such a router leaves its own pattern, which
// is often "/". Clear it before the router is called, or what the router does
// not match is named by it. The programs below example/routers do all this for
// chi, gorilla/mux, gin, echo and httprouter.
//
// # From inside a handler
//
// [Name], [Fail], [Attr] and [RequestID] find the request through the response
// writer, also through the wrappers of others as long as they have an Unwrap
// method. Behind [http.TimeoutHandler], whose writer has none, and where there
// is only a context, [FromContext] serves; it needs [Options.Context].
//
// # What the handler sees
//
// The response writer shows exactly the optional interfaces that the wrapped
// one has, and Unwrap. Panics go on after they were recorded, unless
// [Options.Recover] is set. Nothing that a handler can keep is used again for
// another request: a handler that writes after it returned gets what its
// server answers to that, and never reaches somebody else's response.
//
// # Caveats
//
// An action's remote is the peer of the connection: behind a proxy, the proxy.
// A handler outside of the middleware that trusts the proxy may give it a
// request with another RemoteAddr, as example/proxy does.
//
// An action's bytes are those of the body as the handler wrote it, before the
// server frames or encrypts it; an answer to HEAD has none.
//
// A request's context is cancelled when its client goes away, and the action's
// outcome is then "aborted". A program that cancels the contexts of its
// requests itself, by that of [http.Server.BaseContext] for example, should
// give a cause: with [context.WithCancelCause] the two can be told apart.
//
// A hijacked connection's answer is written by the handler itself, unseen. Its
// code is the one given to WriteHeader before, or 0.
//
// Text that a handler writes with status 5xx becomes the action's error where
// it reported none. Recorders redact it.
package middleware
