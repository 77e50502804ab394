package adminapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

// maxQuery bounds the query part of a URL, in bytes: more than the longest
// query that means anything.
const maxQuery = 64 << 10

// ActiveLister is a store that knows what is in flight.
type ActiveLister interface {
	// Active returns what is in flight now, in any order.
	Active(ctx context.Context) ([]storage.Running, error)
}

// SlowLister is a store that keeps the slowest actions of each service and
// action, also when they are no longer recent.
type SlowLister interface {
	// Slow returns the slowest actions kept that match q, slowest first, at
	// most q.Limit of them.
	Slow(ctx context.Context, q storage.Query) ([]storage.Action, error)
}

// Handler is the admin API. It is an http.Handler to mount on a mux, see
// [Handler.Register], or to serve on a listener of its own. It is safe for
// concurrent use. While streams are open it has one goroutine of its own; see
// [Handler.Close].
type Handler struct {
	opts         Options
	clearer      storage.Clearer // nil where the store cannot
	activeLister ActiveLister    // nil where the store cannot
	slowLister   SlowLister      // nil where the store cannot
	actionLister ActionLister    // nil where the store cannot
	errorLister  ErrorLister     // nil where the store cannot
	seriesLister SeriesLister    // nil where the store cannot
	patience     time.Duration   // exportPatience, but in tests
	exports      exportSeats
	streams      *streams // nil where the store cannot
	guard        *guard
	table        []route
	doorways     []doorway
	description  func() ([]byte, error)
	router       *bunrouter.Router
}

// New returns a handler, or an error that names the option that cannot be
// meant.
func New(opts Options) (*Handler, error) {
	h := &Handler{opts: opts.withDefaults()}
	if err := h.opts.validate(); err != nil {
		return nil, err
	}
	g, err := newGuard(h.opts)
	if err != nil {
		return nil, err
	}
	h.guard = g
	h.clearer, _ = opts.Store.(storage.Clearer)
	h.activeLister, _ = opts.Store.(ActiveLister)
	h.slowLister, _ = opts.Store.(SlowLister)
	h.actionLister, _ = opts.Store.(ActionLister)
	h.errorLister, _ = opts.Store.(ErrorLister)
	h.seriesLister, _ = opts.Store.(SeriesLister)
	h.patience = exportPatience
	if f, ok := opts.Store.(storage.Follower); ok {
		h.streams = newStreams(f, h.opts)
	}
	h.opts.Token, h.opts.IngestToken, h.opts.Username, h.opts.Password = "", "", "", "" // the guard has their hashes
	h.table = h.routes()
	h.doorways = doorways(h.table)
	h.description = h.describer()
	h.router = h.newRouter()
	return h, nil
}

// registered are the methods that Register mounts the handler for. ServeMux
// serves HEAD where it serves GET.
var registered = [...]string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// Register mounts the handler on a mux, at the base path with a trailing slash
// and without, so that the mux redirects neither. It does so method by method:
// a pattern without a method cannot stand beside one such as "GET /" or
// "GET /{path...}". Any other method, TRACE for example, is the mux's to
// answer.
//
// It panics where the mux has the same patterns already, or one that matches
// some of the same requests and is neither wider nor narrower, as ServeMux
// says it: "HEAD /", or "POST /{a}/{b}". Then put another mux around it:
//
//	root := http.NewServeMux()
//	api.Register(root)
//	root.Handle("/", mux)
func (h *Handler) Register(mux *http.ServeMux) {
	for _, method := range registered {
		if h.opts.BasePath != "" {
			mux.Handle(method+" "+h.opts.BasePath, h)
		}
		mux.Handle(method+" "+h.opts.BasePath+"/", h)
	}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, head: r.Method == http.MethodHead}
	setSecurityHeaders(w.Header())
	err := h.serve(x, r)
	if err == nil {
		return
	}
	answer := answerTo(err)
	if worthTelling(r, answer, err) {
		h.opts.OnError(r, err)
	}
	if x.wrote {
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
	x.writeError(answer)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (err error) {
	defer rescue(&err)
	from, asks, err := h.guard.admit(w.Header(), r)
	if err != nil {
		return err
	}
	path, ok := below(h.opts.BasePath, r.URL.EscapedPath())
	var way doorway
	if ok {
		way = h.doorwayOf(r.Method, path)
	}
	if !way.file || h.opts.Authorize != nil { // who authorizes may be guessed at
		if err := h.guard.withinRate(from); err != nil {
			return err
		}
	}
	if asks {
		allowPreflight(w.Header(), r)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err := h.guard.authorized(r, from, way.door); err != nil {
		return err
	}
	if n := len(r.URL.RawQuery); n > maxQuery {
		return badRequest(fmt.Sprintf("the query part of the URL is %d bytes; allowed are at most %d", n, maxQuery))
	}
	if !ok {
		return h.notFound()
	}
	routed := *r
	routed.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery}
	return h.router.ServeHTTPError(w, &routed)
}

// Close ends all streams that are open, refuses new ones, and returns when all
// have ended, which takes about a second at most where a client does not listen.
// All other requests are answered as before. It may be called more than once,
// and always returns nil.
//
// http.Server.Shutdown waits for streams, and they do not end by themselves.
// So let the server close the handler:
//
//	server.RegisterOnShutdown(func() { api.Close() })
//
// Shutdown does not wait for WebSockets. A program that ends right after it
// calls Close once more, which does.
func (h *Handler) Close() error {
	if h.streams != nil {
		h.streams.close()
	}
	return nil
}

func setSecurityHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}
