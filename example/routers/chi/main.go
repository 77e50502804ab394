// Command chi records the requests of a go-chi/chi router by their routes:
//
//	go run ./chi
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

	"github.com/go-chi/chi/v5"
)

func main() {
	actions := ring.New(ring.Options{})
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService"})
	serve.Main(mw.Handler(routes(mw)), actions)
}

func routes(mw *middleware.Middleware) http.Handler {
	router := chi.NewRouter()
	router.Use(mw.Route) // chi gives its handlers a copy of the request; this sees the copy's pattern
	router.Get("/cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "case %s\n", chi.URLParam(r, "id"))
	})
	router.Post("/cases", func(w http.ResponseWriter, r *http.Request) {
		middleware.Name(w, "CaseService", "createCase") // a name of its own
		w.WriteHeader(http.StatusCreated)
	})
	router.Route("/chat/{room}", func(below chi.Router) {
		below.Post("/messages", func(w http.ResponseWriter, r *http.Request) {
			middleware.Fail(w, errors.New("rate limit exceeded"))
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	})
	return router
}
