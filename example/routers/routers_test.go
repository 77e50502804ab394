// Package routers_test builds each of the programs below, starts it, and looks
// at what it has recorded.
package routers_test

import (
	"net/http"
	"testing"

	"actionlog/example/internal/try"

	"github.com/google/go-cmp/cmp"
)

func TestRouters(t *testing.T) {
	t.Parallel()
	type row struct {
		Action, Route, Status, Error string
		Code                         int
	}
	for _, tt := range []struct {
		name, cases, messages, err string
	}{
		{"chi", "/cases/{id}", "/chat/{room}/messages", "rate limit exceeded"},
		{"gorilla", "/cases/{id:[0-9]+}", "/chat/{room}/messages", "rate limit exceeded"},
		{"gin", "/cases/:id", "/chat/:room/messages", "rate limit exceeded"},
		{"echo", "/cases/:id", "/chat/:room/messages", "code=503, message=Service Unavailable, err=rate limit exceeded"},
		{"httprouter", "/cases/:id", "/chat/:room/messages", "rate limit exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := try.Start(t, try.Build(t, "./"+tt.name), "-addr", "127.0.0.1:0")
			p.Do(t, http.MethodGet, "/cases/7")
			p.Do(t, http.MethodPost, "/cases")
			p.Do(t, http.MethodPost, "/chat/12/messages")
			p.Do(t, http.MethodGet, "/nothing")
			p.Do(t, http.MethodPut, "/cases/7") // a method that the route does not have
			var got []row
			for _, a := range p.Recent(t) {
				r := row{Action: a.Action, Route: a.HTTP.Route, Status: a.Status, Code: a.HTTP.Code}
				if a.Error != nil {
					r.Error = *a.Error
				}
				got = append(got, r)
			}
			want := []row{
				{"PUT (unmatched)", "", "success", "", 405},
				{"GET (unmatched)", "", "success", "", 404},
				{"POST " + tt.messages, tt.messages, "failed", tt.err, 503},
				{"createCase", "/cases", "success", "", 201},
				{"GET " + tt.cases, tt.cases, "success", "", 200},
			}
			switch tt.name {
			case "gin":
				want[0].Code = 404 // unless Engine.HandleMethodNotAllowed is set
			case "echo": // tells the route also of a method that it does not have
				want[0].Action, want[0].Route = "PUT "+tt.cases, tt.cases
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("recent (-want +got):\n%s", diff)
			}
			p.Stop(t)
		})
	}
}
