package main

import (
	"log"
	"net/http"

	"actionlog/adminapi"
	"actionlog/middleware"
	"actionlog/storage/ring"
)

func main() {
	actions := ring.New(ring.Options{})
	admin, err := adminapi.New(adminapi.Options{Store: actions})
	if err != nil {
		log.Fatal(err)
	}
	app, root := http.NewServeMux(), http.NewServeMux()
	app.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		middleware.Name(w, "CaseService", "getCase") // or leave it at "GET /cases/{id}"
		_, _ = w.Write([]byte("case " + r.PathValue("id")))
	})
	admin.Register(root)
	root.Handle("/", middleware.New(middleware.Options{Recorder: actions}).Handler(app))
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", root))
}
