package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"actionlog/middleware"

	"github.com/uptrace/bunrouter"
)

// newService returns what the example does: cases under a net/http mux, chat
// under a bunrouter, authentication as single handlers with names.
func newService(mw *middleware.Middleware) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/cases/", cases())
	mux.Handle("/cases", cases())
	mux.Handle("/chat/", chat(mw))
	mux.Handle("POST /auth/login", mw.Action("AuthenticationService", "login", http.HandlerFunc(login)))
	mux.Handle("POST /auth/logout", mw.Action("AuthenticationService", "logout", http.HandlerFunc(logout)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "This is the example. What it does is told under /action-logs/.")
	})
	return mux
}

// cases is a mux of its own, whose handlers are named from inside.
func cases() http.Handler {
	named := func(action string, h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			middleware.Name(w, "CaseService", action)
			h(w, r)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cases", named("listCases", func(w http.ResponseWriter, _ *http.Request) {
		work(2, 20)
		answer(w, http.StatusOK, map[string]any{"cases": []int{1, 2, 3}})
	}))
	mux.HandleFunc("POST /cases", named("createCase", func(w http.ResponseWriter, _ *http.Request) {
		work(20, 60)
		id := 4 + rand.IntN(1000)
		middleware.Attr(w, "case", fmt.Sprint(id))
		answer(w, http.StatusCreated, map[string]int{"id": id})
	}))
	mux.HandleFunc("GET /cases/{id}", named("getCase", func(w http.ResponseWriter, r *http.Request) {
		work(1, 5)
		if r.PathValue("id") == "0" {
			answer(w, http.StatusNotFound, map[string]string{"detail": "there is no case 0"})
			return
		}
		answer(w, http.StatusOK, map[string]string{"id": r.PathValue("id")})
	}))
	mux.HandleFunc("GET /cases/{id}/report", named("writeReport", func(w http.ResponseWriter, r *http.Request) {
		work(300, 900)
		if rand.IntN(4) == 0 {
			middleware.Fail(w, fmt.Errorf("render report of case %s: template has no section %q", r.PathValue("id"), "summary"))
			answer(w, http.StatusInternalServerError, map[string]string{"detail": "the report could not be written"})
			return
		}
		answer(w, http.StatusOK, map[string]string{"report": "All is well."})
	}))
	mux.HandleFunc("DELETE /cases/{id}", named("deleteCase", func(_ http.ResponseWriter, r *http.Request) {
		panic("case " + r.PathValue("id") + " is held by an open transaction") // a bug, on purpose
	}))
	return mux
}

var errRateLimit = errors.New("OpenAI API rate limit exceeded")

// chat is a bunrouter, whose handlers return their errors.
func chat(mw *middleware.Middleware) http.Handler {
	router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
	router.POST("/chat/messages", func(w http.ResponseWriter, _ bunrouter.Request) error {
		middleware.Name(w, "ChatService", "sendMessage")
		work(80, 250)
		if rand.IntN(3) == 0 {
			return errRateLimit
		}
		answer(w, http.StatusOK, map[string]string{"answer": "42"})
		return nil
	})
	router.GET("/chat/:id/stream", func(w http.ResponseWriter, req bunrouter.Request) error {
		middleware.Name(w, "ChatService", "streamAnswer")
		w.Header().Set("Content-Type", "text/event-stream")
		flush := http.NewResponseController(w)
		for _, word := range []string{"This", "is", "an", "answer", "in", "pieces."} {
			fmt.Fprintf(w, "data: %s\n\n", word)
			if err := flush.Flush(); err != nil {
				return err
			}
			select {
			case <-req.Context().Done():
				return req.Context().Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
		return nil
	})
	return router
}

// login lets in who knows the word. What it reports of others shows that
// secrets don't get into the record.
func login(w http.ResponseWriter, r *http.Request) {
	work(5, 30)
	if password := r.FormValue("password"); password != "sesame" {
		middleware.Fail(w, fmt.Errorf("login of %q refused: user=%s password=%s", r.FormValue("user"), r.FormValue("user"), password))
		answer(w, http.StatusUnauthorized, map[string]string{"detail": "wrong user or password"})
		return
	}
	answer(w, http.StatusOK, map[string]bool{"ok": true})
}

func logout(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// work takes from to to milliseconds.
func work(from, to int) {
	time.Sleep(time.Duration(from)*time.Millisecond + rand.N(time.Duration(to-from)*time.Millisecond))
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
