// Command httprouter records the requests of a julienschmidt/httprouter by
// their routes:
//
//	go run ./httprouter
//	curl localhost:8000/cases/7
//	curl localhost:8000/action-logs/recent
//
// The middleware stands around the router, so that requests that no route
// matches are recorded, too.
package main

import (
	"errors"
	"fmt"
	"net/http"

	"actionlog/example/routers/internal/serve"
	"actionlog/middleware"
	"actionlog/storage/ring"

	"github.com/julienschmidt/httprouter"
)

func main() {
	actions := ring.New(ring.Options{})
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService"})
	serve.Main(mw.Handler(routes()), actions)
}

func routes() http.Handler {
	router := named{httprouter.New()}
	router.handle(http.MethodGet, "/cases/:id", func(w http.ResponseWriter, r *http.Request, ps httprouter.Params) {
		fmt.Fprintf(w, "case %s\n", ps.ByName("id"))
	})
	router.handle(http.MethodPost, "/cases", func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		middleware.Name(w, "CaseService", "createCase") // a name of its own
		w.WriteHeader(http.StatusCreated)
	})
	router.handle(http.MethodPost, "/chat/:room/messages", func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		middleware.Fail(w, errors.New("rate limit exceeded"))
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	return router
}

// named is a router whose handlers tell their route where the standard
// library's mux tells it.
type named struct{ *httprouter.Router }

func (n named) handle(method, path string, h httprouter.Handle) {
	n.Handle(method, path, func(w http.ResponseWriter, r *http.Request, ps httprouter.Params) {
		r.Pattern = path
		h(w, r, ps)
	})
}
