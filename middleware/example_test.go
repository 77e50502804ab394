package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// show prints what a ring has recorded, oldest first.
func show(r *ring.Ring) {
	page, err := r.Search(context.Background(), storage.Query{Sort: "timestamp"})
	if err != nil {
		fmt.Println(err)
	}
	for _, a := range page.Actions {
		fmt.Printf("%s %q %s %d %q", a.Service, a.Action, a.Status, a.HTTP.Code, a.Error)
		for _, attr := range a.Attrs {
			fmt.Printf(" %s=%s", attr.Key, attr.Value)
		}
		fmt.Println()
	}
}

func send(h http.Handler, method, path string) {
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
}

func Example() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: recorder, Service: "CaseService"})

	mux := http.NewServeMux()
	mux.HandleFunc("POST /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no database", http.StatusServiceUnavailable)
	})
	h := mw.Handler(mux)

	send(h, "POST", "/cases/7")
	send(h, "GET", "/cases/7")
	send(h, "GET", "/nothing/here")
	show(recorder)
	// Output:
	// CaseService "POST /cases/{id}" success 201 ""
	// CaseService "GET /cases/{id}" failed 503 "no database"
	// CaseService "GET (unmatched)" success 404 ""
}

func ExampleMiddleware_Bunrouter() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: recorder, Service: "CaseService"})

	router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	router.GET("/cases/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
		return errors.New("no database")
	})

	send(router, "GET", "/cases/7")
	show(recorder)
	// Output:
	// CaseService "GET /cases/:id" failed 500 "no database"
}

func ExampleMiddleware_Action() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: recorder})

	createCase := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	send(mw.Action("CaseService", "createCase", createCase), "POST", "/cases/7")
	show(recorder)
	// Output:
	// CaseService "createCase" success 200 ""
}

func ExampleMiddleware_Route() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: recorder, Service: "api"})

	inner := http.NewServeMux()
	inner.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("/v1/", http.StripPrefix("/v1", mw.Route(inner)))

	send(mw.Handler(mux), "GET", "/v1/users/7")
	show(recorder)
	// Output:
	// api "GET /v1/users/{id}" success 200 ""
}

func ExampleName() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: recorder})

	h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware.Name(w, "CaseService", "closeCase")
		middleware.Attr(w, "case", "7")
		middleware.Fail(w, errors.New("case is closed already"))
		w.WriteHeader(http.StatusConflict)
	}))
	send(h, "POST", "/rpc")
	show(recorder)
	// Output:
	// CaseService "closeCase" failed 409 "case is closed already" case=7
}

func ExampleFromContext() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: recorder, Context: true})

	charge := func(ctx context.Context) error {
		middleware.FromContext(ctx).Attr("amount", "12.50")
		return errors.New("card declined")
	}
	h := mw.Action("Shop", "checkout", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware.FromContext(r.Context()).Fail(charge(r.Context()))
	}))
	send(h, "POST", "/checkout")
	show(recorder)
	// Output:
	// Shop "checkout" failed 200 "card declined" amount=12.50
}

func ExampleOptions_contextLogger() {
	recorder := ring.New(ring.Options{})
	defer recorder.Close(context.Background())
	logger := zerolog.New(os.Stdout).Hook(zerolog.HookFunc(func(e *zerolog.Event, level zerolog.Level, _ string) {
		if level != zerolog.DebugLevel {
			e.Discard() // the event of the action, which differs from run to run
		}
	}))
	mw := middleware.New(middleware.Options{
		Recorder:      recorder,
		Logger:        &logger,
		ContextLogger: true,
		SkipFunc:      func(r *http.Request) bool { return r.URL.Path == "/healthz" },
	})

	h := mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zerolog.Ctx(r.Context()).Debug().Str("case", "7").Msg("created")
	}))
	r := httptest.NewRequest("POST", "/cases", nil)
	r.Header.Set("X-Request-Id", "2f1acc6e")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// {"level":"debug","requestId":"2f1acc6e","case":"7","message":"created"}
}
