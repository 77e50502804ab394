package receiver

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Answer is what a player says.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
}

// Request is what a player was asked.
type Request struct {
	Method, Path, Query string
	Header              http.Header
	Body                string // unpacked
}

// Player is a server that gives one answer after the other, the last one again
// and again.
type Player struct {
	*httptest.Server

	mu       sync.Mutex
	answers  []Answer
	requests []Request
}

// Play starts a player, which stops with the test.
func Play(t testing.TB, answers ...Answer) *Player {
	p := &Player{answers: answers}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP gives the next answer.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		zip, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		in = zip
	}
	body, err := io.ReadAll(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	p.mu.Lock()
	p.requests = append(p.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), string(body)})
	a := p.answers[0]
	if len(p.answers) > 1 {
		p.answers = p.answers[1:]
	}
	p.mu.Unlock()
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.Status)
	io.WriteString(w, a.Body)
}

// Requests returns what it was asked so far.
func (p *Player) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Request(nil), p.requests...)
}
