package adminapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
)

// nowhere is a writer that costs nothing.
type nowhere struct {
	header http.Header
	bytes  int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { n.bytes += len(b); return len(b), nil }

// BenchmarkHandler asks a warm ring of 1000 requests. The floors beside it are
// the ring's answer alone, and the whole of the handler around no answer.
func BenchmarkHandler(b *testing.B) {
	var actions []storage.Action
	for i := range 1000 {
		a := storage.Action{
			Time: noon.Add(time.Duration(i) * time.Second), Service: fmt.Sprintf("Service%d", i%5), Action: "POST /cases/{id}",
			Duration: time.Duration(i) * time.Millisecond,
			HTTP:     &storage.HTTP{Method: "POST", Route: "/cases/{id}", Path: fmt.Sprintf("/cases/%d", i), Code: 200, RequestID: fmt.Sprintf("request-%d", i)},
		}
		if i%10 == 0 {
			a.Status, a.Error = storage.Failed, "OpenAI API rate limit exceeded"
		}
		actions = append(actions, a)
	}
	r := newRing(b, actions...)
	h := newHandler(b, adminapi.Options{Store: r})
	for _, limit := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("floor-search-%d", limit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Search(b.Context(), storage.Query{Limit: limit}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("recent-%d", limit), func(b *testing.B) {
			ask(b, h, fmt.Sprintf("/action-logs/recent?limit=%d", limit))
		})
	}
	b.Run("failed", func(b *testing.B) { ask(b, h, "/action-logs/failed") })
	b.Run("service", func(b *testing.B) { ask(b, h, "/action-logs/service/Service3") })
	b.Run("stats", func(b *testing.B) { ask(b, h, "/action-logs/stats") })
	b.Run("floor-empty-store", func(b *testing.B) { ask(b, newHandler(b, adminapi.Options{Store: empty{}}), "/action-logs/recent") })
	limited := adminapi.Options{Store: empty{}, Rate: 1e9, Token: "t"}
	b.Run("empty-store-with-rate-and-token", func(b *testing.B) {
		ask(b, newHandler(b, limited), "/action-logs/recent", "Authorization: Bearer t")
	})
}

func ask(b *testing.B, h http.Handler, target string, headers ...string) {
	b.Helper()
	req := request("GET", target, headers...)
	w := &nowhere{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		w.bytes = 0
		h.ServeHTTP(w, req)
	}
	if w.bytes < len(`{"actions":[]}`) {
		b.Fatal("no answer")
	}
}
