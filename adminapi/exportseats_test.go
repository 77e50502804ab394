package adminapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"actionlog/adminapi"
	"actionlog/storage"
)

// TestExportsAtOnce has exports that last be few, in all and of one peer.
func TestExportsAtOnce(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	h := newHandler(t, adminapi.Options{
		AllowedPrefixes: anyone,
		Store: listing{each: func(context.Context, storage.Query, func(storage.Action, error) bool) {
			began <- struct{}{}
			<-release
		}},
		OnError: func(*http.Request, error) {},
	})
	ended := make(chan int)
	begin := func(headers ...string) {
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, request("GET", "/action-logs/export", headers...))
			ended <- w.Code
		}()
		<-began
	}
	refused := func(status int, why string, headers ...string) {
		t.Helper()
		resp := do(h, request("GET", "/action-logs/export", headers...))
		if got := detail(t, resp); resp.StatusCode != status || got != why || resp.Header.Get("Retry-After") != "10" {
			t.Errorf("%v: %d %v %q, want %d %q", headers, resp.StatusCode, resp.Header, got, status, why)
		}
	}
	const (
		ofPeer = "this address has 8 exports going on, as many as it may; let one end first"
		inAll  = "16 exports are going on, as many as may be; try again later"
		page   = "Sec-Fetch-Site: cross-site"
	)
	for i := range 8 {
		begin(fmt.Sprintf("From-Peer: [2001:db8::%d]:5", i), page) // one /64 is one peer
	}
	refused(429, ofPeer, "From-Peer: [2001:db8::99]:5", page)
	for range 8 {
		begin("From-Peer: [2001:db8::1]:5")
	}
	refused(429, ofPeer, "From-Peer: [2001:db8::1]:5")
	refused(503, inAll)
	if resp := do(h, request("HEAD", "/action-logs/export")); resp.StatusCode != 200 {
		t.Errorf("HEAD is %d", resp.StatusCode)
	}
	close(release)
	for range 16 {
		if status := <-ended; status != 200 {
			t.Errorf("one of them is %d", status)
		}
	}
	begin()
	if status := <-ended; status != 200 {
		t.Errorf("a later one is %d", status)
	}
}

// TestExportGivesItsSeatBack has exports fail and panic.
func TestExportGivesItsSeatBack(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{
		Store:   listing{each: func(context.Context, storage.Query, func(storage.Action, error) bool) { panic("oh") }},
		OnError: func(*http.Request, error) {},
	})
	for i := range 20 {
		if resp := do(h, request("GET", "/action-logs/export")); resp.StatusCode != 500 {
			t.Fatalf("export %d is %d: %s", i, resp.StatusCode, body(t, resp))
		}
	}
}
