package main

import (
	"net/http"
	"slices"
	"strings"
)

// untold stands for what a peer does not record.
const untold = -1

// record is what a peer recorded of one request.
type record struct {
	status int    // untold, or 0 for none
	bytes  int64  // of the body; or untold
	how    string // that it did not end in the ordinary way, if it tells: "panic", "aborted", "hijacked"
}

// kind says what a row stands for.
type kind int

const (
	bare   kind = iota // a router and the handler
	floor              // the least that any middleware must do
	ours               // actionlog
	logger             // writes a line for each request
	byHand             // a line that the service's own code writes
	keeper             // records without a line
)

// peer is one row: something that records requests, and how to set it up.
type peer struct {
	name   string // in the tables
	slug   string // in benchmarks' names
	kind   kind
	line   bool     // it writes a line
	under  string   // slug of the bare router that it stands on
	module string   // that it comes from, empty for the standard library and ours
	column string   // its heading in the table of situations, or empty
	takes  []string // what else is to be known of the row

	// build mounts h behind the peer. records returns what was recorded since
	// it was last called.
	build func(s setup, h http.HandlerFunc) (handler http.Handler, records func() []record)
}

// setup is what a peer is built with.
type setup struct {
	out *tape // where lines go

	// recovers asks for the peer's own recovery of panics, where its
	// documentation has one beside it.
	recovers bool
}

// peers returns all rows, in the order of the tables.
func peers() []peer {
	return slices.Concat(
		[]peer{bareMux, floorRow},
		ourRows,
		[]peer{slogLine, zerologLine},
		loggers,
		frameworks,
		keepers,
	)
}

// find returns the peer of that slug.
func find(slug string) (peer, bool) {
	all := peers()
	i := slices.IndexFunc(all, func(p peer) bool { return p.slug == slug })
	if i < 0 {
		return peer{}, false
	}
	return all[i], true
}

// slugs returns the names that find knows.
func slugs() string {
	var names []string
	for _, p := range peers() {
		names = append(names, p.slug)
	}
	return strings.Join(names, ", ")
}

// routes mounts h on a ServeMux with three patterns.
func routes(h http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cases/{id}", h)
	mux.HandleFunc("GET /cases/{id}", h)
	mux.HandleFunc("GET /cases", h)
	return mux
}

// nothing is what a row without records returns.
func nothing() []record { return nil }
