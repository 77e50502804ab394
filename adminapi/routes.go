package adminapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/uptrace/bunrouter"
)

// route is one endpoint. All that is known of it is here: the router, the
// index and the answers to a wrong method are made from this table.
type route struct {
	method  string
	path    string // below the base path, with parameters as {name}
	what    string // what it does, as in "Failed to get recent actions"
	doc     string
	lasting bool   // whether it goes on until the client ends it, so that no page of another origin may begin it
	changes bool   // whether it changes something, and read-only mode refuses it
	absent  bool   // whether the store cannot do it, or an option is not set
	why     string // why it is absent, unless the store cannot do it
	door    door   // which credentials it asks for
	serve   bunrouter.HandlerFunc
}

// routes returns the endpoints.
func (h *Handler) routes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/", what: "show the dashboard", serve: h.front,
			door: open,
			doc:  "The dashboard; this list where only application/json is accepted",
		}, {
			method: http.MethodGet, path: "/client.js", what: "get the client", serve: h.file("client.js"),
			door: open,
			doc:  "The JavaScript client, an ES module without dependencies",
		}, {
			method: http.MethodGet, path: "/client.d.ts", what: "get the client's types", serve: h.file("client.d.ts"),
			door: open,
			doc:  "The types of the JavaScript client",
		}, {
			method: http.MethodGet, path: "/ui/{file}", what: "get a file of the dashboard", serve: h.uiFile,
			door: open,
			doc:  "What the dashboard is made of",
		}, {
			method: http.MethodGet, path: "/recent", what: "get recent actions", serve: h.recent,
			doc: "The newest actions; limit is 1 to 1000, by default 100",
		}, {
			method: http.MethodGet, path: "/failed", what: "get failed actions", serve: h.failed,
			doc: "The newest failed actions; limit is 1 to 1000, by default 50",
		}, {
			method: http.MethodGet, path: "/service/{service}", what: "get actions by service", serve: h.service,
			doc: "The newest actions of a service; limit is 1 to 1000, by default 100",
		}, {
			method: http.MethodGet, path: "/stats", what: "get action stats", serve: h.stats,
			doc: "Counts and latencies, in all and by service and action",
		}, {
			method: http.MethodPost, path: "/clear", what: "clear action logs", serve: h.clear,
			changes: true, absent: h.clearer == nil,
			doc: "Forgets all actions in memory; archives are not touched",
		}, {
			method: http.MethodGet, path: "/search", what: "search actions", serve: h.search,
			doc: "One page of the actions that match a query; its next is the cursor of the page after it",
		}, {
			method: http.MethodGet, path: "/active", what: "get active requests", serve: h.active,
			absent: h.activeLister == nil,
			doc:    "The requests in flight, longest-running first",
		}, {
			method: http.MethodGet, path: "/slow", what: "get slow actions", serve: h.slow,
			absent: h.slowLister == nil,
			doc:    "The slowest actions kept of each service and action; limit is 1 to 1000, by default 100",
		}, {
			method: http.MethodGet, path: "/export", what: "export actions", serve: h.export,
			doc: "All actions that match a query as a file, oldest first; format is jsonl, csv or json",
		}, {
			method: http.MethodGet, path: "/metrics", what: "get metrics", serve: h.metrics,
			absent: h.opts.Metrics == nil, why: "this server cannot get metrics; Options.Metrics is not set",
			doc: "Metrics for Prometheus, as text, OpenMetrics or protobuf",
		}, {
			method: http.MethodGet, path: "/errors", what: "get errors", serve: h.errors,
			absent: h.errorLister == nil,
			doc:    "The errors of a query by what they have in common, the most frequent first; limit is 1 to 1000, by default 100",
		}, {
			method: http.MethodGet, path: "/timeseries", what: "get a time series", serve: h.timeseries,
			absent: h.seriesLister == nil,
			doc:    "Counts and latencies of a query step by step",
		}, {
			method: http.MethodPost, path: "/", what: "record actions", serve: h.ingest,
			changes: true, door: recording, absent: !h.opts.Ingest,
			doc: "Records actions: one, an array of them, or one a line",
		}, {
			method: http.MethodPost, path: "/login", what: "log in", serve: h.login,
			door: open, absent: !h.guard.creds.hasToken, why: "this server has no token to log in with",
			doc: "Sets a cookie that counts as the token, which comes as {\"token\":\"…\"}",
		}, {
			method: http.MethodPost, path: "/logout", what: "log out", serve: h.logout,
			door: open, absent: !h.guard.creds.hasToken, why: "this server has no token to log in with",
			doc: "Ends what /login began",
		}, {
			method: http.MethodGet, path: "/stream", what: "stream actions", serve: h.stream,
			absent: h.streams == nil, lasting: true,
			doc: "Live actions that match a query, as Server-Sent Events or over a WebSocket; after resumes, last sends the newest 0 to 1000 first",
		},
	}
}

// newRouter makes a router of the endpoints: HEAD where there is GET, OPTIONS
// everywhere, and an error for all else.
func (h *Handler) newRouter() *bunrouter.Router {
	methods := make(map[string][]string) // by pattern of the router
	notAllowed := func(_ http.ResponseWriter, req bunrouter.Request) error {
		allow := methods[req.Route()]
		return &Error{
			Status: http.StatusMethodNotAllowed,
			Detail: "this endpoint answers " + strings.Join(allow, ", ") + " only",
			Header: http.Header{"Allow": {strings.Join(allow, ", ")}},
		}
	}
	router := bunrouter.New(
		bunrouter.WithNotFoundHandler(func(http.ResponseWriter, bunrouter.Request) error { return h.notFound() }),
		bunrouter.WithMethodNotAllowedHandler(notAllowed),
	)
	for i := range h.table {
		rt := &h.table[i]
		if rt.absent && slices.ContainsFunc(h.table, func(other route) bool { return other.path == rt.path && !other.absent }) {
			continue // the path is there, and does not answer this method
		}
		pattern := strings.NewReplacer("{", ":", "}", "").Replace(rt.path)
		methods[pattern] = append(methods[pattern], rt.method)
		router.Handle(rt.method, pattern, h.endpoint(rt))
		if rt.method == http.MethodGet {
			methods[pattern] = append(methods[pattern], http.MethodHead)
			router.HEAD(pattern, h.endpoint(rt))
		}
	}
	for pattern, allow := range methods {
		methods[pattern] = append(allow, http.MethodOptions)
		router.OPTIONS(pattern, func(w http.ResponseWriter, req bunrouter.Request) error {
			w.Header().Set("Allow", strings.Join(methods[req.Route()], ", "))
			w.WriteHeader(http.StatusNoContent)
			return nil
		})
	}
	return router
}

// endpoint wraps what every endpoint has in common.
func (h *Handler) endpoint(rt *route) bunrouter.HandlerFunc {
	return func(w http.ResponseWriter, req bunrouter.Request) (err error) {
		if rt.absent {
			return &Error{Status: http.StatusNotFound, Detail: cmp.Or(rt.why, "the store of this server cannot "+rt.what)}
		}
		if rt.changes && h.opts.ReadOnly {
			return forbidden("this server is read-only")
		}
		if rt.lasting && h.guard.foreign(req.Request) {
			return errCrossOrigin
		}
		defer func() {
			if err != nil {
				err = &failure{what: rt.what, err: err}
			}
		}()
		defer rescue(&err)
		return rt.serve(w, req)
	}
}

func (h *Handler) notFound() error {
	return &Error{Status: http.StatusNotFound, Detail: fmt.Sprintf("there is no such endpoint; GET %s/ lists those that there are", h.opts.BasePath)}
}

type indexEntry struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Doc    string `json:"doc"`
}

// index answers with the endpoints that this server has.
func (h *Handler) index(w http.ResponseWriter, req bunrouter.Request) error {
	entries := make([]indexEntry, 0, len(h.table))
	for _, rt := range h.table {
		if !rt.absent {
			entries = append(entries, indexEntry{Method: rt.method, Path: h.opts.BasePath + rt.path, Doc: rt.doc})
		}
	}
	return writeJSON(w, http.StatusOK, map[string]any{"endpoints": entries})
}
