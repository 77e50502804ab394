package prom_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"
)

// TestStalledScrapes has four who ask and read nothing not keep everybody else
// from the metrics.
func TestStalledScrapes(t *testing.T) {
	t.Parallel()
	many := make([]storage.Total, 4000) // more than sockets hold
	for i := range many {
		many[i] = counted("CaseService", "action "+strconv.Itoa(i), time.Millisecond)
	}
	s := httptest.NewServer(prom.HandlerOf(prom.New(prom.Options{Source: &source{totals: many}}), 4*time.Second))
	defer s.Close()
	for range 4 {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, len("HTTP/1.1 200 OK"))); err != nil {
			t.Fatal(err)
		}
	}
	for until := time.Now().Add(60 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		resp, err := s.Client().Get(s.URL)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK && err == nil {
				break
			}
		}
		if time.Now().After(until) {
			t.Fatalf("who reads gets %v (%v)", resp, err)
		}
	}
}
