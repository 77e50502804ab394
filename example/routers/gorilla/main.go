// Command gorilla records the requests of a gorilla/mux router by their routes:
//
//	go run ./gorilla
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

	"github.com/gorilla/mux"
)

func main() {
	actions := ring.New(ring.Options{})
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService"})
	serve.Main(mw.Handler(routes(mw)), actions)
}

func routes(mw *middleware.Middleware) http.Handler {
	router := mux.NewRouter()
	router.Use(mw.Route, pattern) // in this order: what the inner says, the outer reads
	router.HandleFunc("/cases/{id:[0-9]+}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "case %s\n", mux.Vars(r)["id"])
	}).Methods(http.MethodGet)
	router.HandleFunc("/cases", func(w http.ResponseWriter, r *http.Request) {
		middleware.Name(w, "CaseService", "createCase") // a name of its own
		w.WriteHeader(http.StatusCreated)
	}).Methods(http.MethodPost)
	below := router.PathPrefix("/chat/{room}").Subrouter()
	below.HandleFunc("/messages", func(w http.ResponseWriter, r *http.Request) {
		middleware.Fail(w, errors.New("rate limit exceeded"))
		w.WriteHeader(http.StatusServiceUnavailable)
	}).Methods(http.MethodPost)
	return router
}

// pattern says which route was matched where the standard library's mux says it.
func pattern(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if template, err := mux.CurrentRoute(r).GetPathTemplate(); err == nil {
			r.Pattern = template
		}
		next.ServeHTTP(w, r)
	})
}
