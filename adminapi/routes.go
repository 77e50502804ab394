package adminapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

// route is one endpoint. All that is known of it is here: the router, the
// index, the description at /openapi.json and the answers to a wrong method are
// made from this table.
type route struct {
	method  string
	path    string // below the base path, with parameters as {name}
	what    string // what it does, as in "Failed to get recent actions"
	doc     string // a sentence for people
	api     operation
	door    door   // which credentials it asks for
	file    bool   // whether it is what a page is made of: of that a page asks for dozens at once, and no rate counts it
	lasting bool   // whether it goes on until the client ends it, so that no page of another origin may begin it
	changes bool   // whether it changes something, and read-only mode refuses it
	absent  bool   // whether the store cannot do it, or an option is not set
	why     string // why it is absent, unless the store cannot do it
	serve   bunrouter.HandlerFunc
}

// notModified is the answer to who has a file already.
var notModified = content{http.StatusNotModified, "The client has it", "", "", ""}

// routes returns the endpoints.
func (h *Handler) routes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/", what: "show the dashboard", serve: h.front,
			door: open,
			doc:  "The dashboard; this list where only application/json is accepted",
			api: operation{tag: "pages", answers: []content{
				{http.StatusOK, "The dashboard, or the list of endpoints", "text/html", "", ""},
				{http.StatusOK, "The dashboard, or the list of endpoints", "application/json", "EndpointList", "endpoints"},
			}},
		}, {
			method: http.MethodGet, path: "/client.js", what: "get the client", serve: h.file("client.js"),
			door: open, file: true,
			doc: "The JavaScript client, an ES module without dependencies",
			api: operation{tag: "pages", answers: []content{{http.StatusOK, "An ES module", "text/javascript", "", ""}, notModified}},
		}, {
			method: http.MethodGet, path: "/client.d.ts", what: "get the client's types", serve: h.file("client.d.ts"),
			door: open, file: true,
			doc: "The types of the JavaScript client",
			api: operation{tag: "pages", answers: []content{{http.StatusOK, "TypeScript declarations", "application/typescript", "", ""}, notModified}},
		}, {
			method: http.MethodGet, path: "/ui/{file}", what: "get a file of the dashboard", serve: h.uiFile,
			door: open, file: true,
			doc: "What the dashboard is made of",
			api: operation{tag: "pages", params: []parameter{fileParam}, refuses: []int{http.StatusNotFound}, answers: []content{
				{http.StatusOK, "The file", "text/css", "", ""}, {http.StatusOK, "The file", "text/javascript", "", ""},
				{http.StatusOK, "The file", "image/svg+xml", "", ""}, notModified,
			}},
		}, {
			method: http.MethodGet, path: "/openapi.json", what: "describe the endpoints", serve: h.openapi,
			door: open,
			doc:  "The description of these endpoints, as OpenAPI 3.1",
			api:  operation{tag: "pages", answers: answersJSON("The description", "Description", "")},
		}, {
			method: http.MethodGet, path: "/docs", what: "show the documentation", serve: h.docs,
			door: open, absent: h.opts.Docs == nil, why: "this server has no documentation; Options.Docs is not set",
			doc: "This description as a page on which the endpoints can be tried",
			api: operation{tag: "pages", answers: []content{{http.StatusOK, "The page", "text/html", "", ""}}},
		}, {
			method: http.MethodGet, path: "/docs/{file}", what: "get a file of the documentation", serve: h.docs,
			door: open, file: true, absent: h.opts.Docs == nil, why: "this server has no documentation; Options.Docs is not set",
			doc: "What the page is made of",
			api: operation{hidden: true},
		}, {
			method: http.MethodGet, path: "/recent", what: "get recent actions", serve: h.recent,
			doc: "The newest actions; limit is 1 to 1000, by default 100",
			api: operation{
				tag: "actions", params: []parameter{limitParam(storage.DefaultLimit)},
				answers: answersJSON("The actions, newest first", "ActionList", "actions"),
			},
		}, {
			method: http.MethodGet, path: "/failed", what: "get failed actions", serve: h.failed,
			doc: "The newest failed actions; limit is 1 to 1000, by default 50",
			api: operation{
				tag: "actions", params: []parameter{limitParam(defaultFailed)},
				answers: answersJSON("The actions, newest first", "ActionList", "failedActions"),
			},
		}, {
			method: http.MethodGet, path: "/service/{service}", what: "get actions by service", serve: h.service,
			doc: "The newest actions of a service; limit is 1 to 1000, by default 100",
			api: operation{
				tag: "actions", params: []parameter{serviceParam, limitParam(storage.DefaultLimit)},
				answers: answersJSON("The actions, newest first; none of a service that nobody has heard of", "ActionList", "actionsOfService"),
			},
		}, {
			method: http.MethodGet, path: "/stats", what: "get action stats", serve: h.stats,
			doc: "Counts and latencies, in all and by service and action",
			api: operation{tag: "overview", answers: answersJSON("The counts", "StatsAnswer", "stats")},
		}, {
			method: http.MethodPost, path: "/clear", what: "clear action logs", serve: h.clear,
			changes: true, absent: h.clearer == nil,
			doc: "Forgets all actions in memory; archives are not touched",
			api: operation{
				tag:     "change",
				answers: []content{{http.StatusCreated, "They are forgotten", "application/json", "Message", "cleared"}},
			},
		}, {
			method: http.MethodGet, path: "/search", what: "search actions", serve: h.search,
			doc: "One page of the actions that match a query; its next is the cursor of the page after it",
			api: operation{tag: "actions", params: queryParams, answers: answersJSON("A page", "ActionPage", "page")},
		}, {
			method: http.MethodGet, path: "/active", what: "get active requests", serve: h.active,
			absent: h.activeLister == nil,
			doc:    "The requests in flight, longest-running first",
			api:    operation{tag: "overview", answers: answersJSON("What is in flight", "ActiveList", "active")},
		}, {
			method: http.MethodGet, path: "/slow", what: "get slow actions", serve: h.slow,
			absent: h.slowLister == nil,
			doc:    "The slowest actions kept of each service and action; limit is 1 to 1000, by default 100",
			api: operation{
				tag: "actions", params: []parameter{limitParam(storage.DefaultLimit)},
				answers: answersJSON("The actions, slowest first", "ActionList", "slowActions"),
			},
		}, {
			method: http.MethodGet, path: "/export", what: "export actions", serve: h.export,
			doc: "All actions that match a query as a file, oldest first; format is jsonl, csv or json",
			api: operation{tag: "actions", params: filterParams(formatParam, exportLimit), answers: []content{
				{http.StatusOK, "The file, cut off where something fails", "application/x-ndjson", "", "exportJSONLines"},
				{http.StatusOK, "The file, cut off where something fails", "text/csv", "", "exportCSV"},
				{http.StatusOK, "The file, cut off where something fails", "application/json", "ActionList", "actions"},
			}},
		}, {
			method: http.MethodGet, path: "/errors", what: "get errors", serve: h.errors,
			absent: h.errorLister == nil,
			doc:    "The errors of a query by what they have in common, the most frequent first; limit is 1 to 1000, by default 100",
			api: operation{
				tag: "overview", params: filterParams(limitParam(storage.DefaultLimit)),
				answers: answersJSON("The groups", "ErrorList", "errors"),
			},
		}, {
			method: http.MethodGet, path: "/timeseries", what: "get a time series", serve: h.timeseries,
			absent: h.seriesLister == nil,
			doc:    "Counts and latencies of a query step by step",
			api: operation{
				tag: "overview", params: filterParams(stepParam),
				answers: answersJSON("The points, from the first step with an action to the last", "TimeSeries", "timeseries"),
			},
		}, {
			method: http.MethodPost, path: "/", what: "record actions", serve: h.ingest,
			changes: true, door: recording, absent: !h.opts.Ingest,
			doc: "Records actions: one, an array of them, or one a line",
			api: operation{
				tag: "change", refuses: []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType},
				bodies: []content{
					{0, "At most 1,000 records and 1 MiB; one that is not valid rejects them all", "application/json", "Records", "record"},
					{0, "", "application/x-ndjson", "", "recordLines"}, {0, "", "application/jsonl", "", "recordLines"},
				},
				answers: []content{{http.StatusCreated, "How many were recorded: all of them", "application/json", "Recorded", "recorded"}},
			},
		}, {
			method: http.MethodPost, path: "/login", what: "log in", serve: h.login,
			door: open, absent: !h.guard.creds.hasToken, why: "this server has no token to log in with; Options.Token is not set",
			doc: "Sets a cookie that counts as the token, which comes as {\"token\":\"…\"}",
			api: operation{
				tag: "change", refuses: []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType},
				bodies:  []content{{0, "The token", "application/json", "Login", "login"}},
				answers: []content{{http.StatusNoContent, "The cookie is set", "", "", ""}},
			},
		}, {
			method: http.MethodPost, path: "/logout", what: "log out", serve: h.logout,
			door: open, absent: !h.guard.creds.hasToken, why: "this server has no token to log in with; Options.Token is not set",
			doc: "Ends what /login began",
			api: operation{tag: "change", answers: []content{{http.StatusNoContent, "The cookie is worth nothing any more", "", "", ""}}},
		}, {
			method: http.MethodGet, path: "/stream", what: "stream actions", serve: h.stream,
			absent: h.streams == nil, lasting: true,
			doc: "Live actions that match a query, as Server-Sent Events or over a WebSocket; after resumes, last sends the newest 0 to 1000 first",
			api: operation{
				tag: "live", params: filterParams(afterParam, lastParam), refuses: []int{http.StatusNotImplemented},
				answers: []content{
					{http.StatusOK, "Events named action, with the action's id and its JSON, and missed, with how many were missed", "text/event-stream", "", "events"},
					{http.StatusSwitchingProtocols, "A WebSocket of text messages: an action as it is, or {\"missed\":n}", "", "", ""},
				},
			},
		}, {
			method: http.MethodGet, path: "/metrics", what: "get metrics", serve: h.metrics,
			absent: h.opts.Metrics == nil, why: "this server cannot get metrics; Options.Metrics is not set",
			doc: "Metrics for Prometheus, as text, OpenMetrics or protobuf",
			api: operation{tag: "pages", answers: []content{
				{http.StatusOK, "The metrics", "text/plain", "", ""}, {http.StatusOK, "The metrics", "application/openmetrics-text", "", ""},
				{http.StatusOK, "The metrics", "application/vnd.google.protobuf", "", ""},
			}},
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
