package adminapi

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"actionlog/storage"
)

// Bounds on what a stream may ask.
const (
	maxLast  = 1000 // actions sent before the live ones
	maxAfter = 1024 // bytes of an id
)

// notStreamed are the parameters of a query that mean nothing to a stream.
var notStreamed = []string{"sort", "limit", "cursor"}

// streamParams is what a client asks of a stream.
type streamParams struct {
	query  storage.Query
	match  *storage.Matcher // nil if every action matches
	after  storage.ID       // where to resume; empty to begin with what comes next
	last   int              // how many of the newest to send first, unless it resumes
	resume bool             // whether after is given
}

// parseStream reads the parameters of a stream and its header Last-Event-ID.
// Durations before now are resolved against now.
func parseStream(rawQuery string, header http.Header, now time.Time) (p streamParams, err error) {
	values, err := valuesOf(rawQuery)
	if err != nil {
		return p, err
	}
	if p.after, p.resume, err = afterOf(values, header); err != nil {
		return p, err
	}
	if p.last, err = lastOf(values); err != nil {
		return p, err
	}
	for _, name := range notStreamed {
		if _, ok := values[name]; ok {
			return p, badRequest("parameter " + name + " means nothing to a stream, which sends all that match in the order of their arrival; leave it out")
		}
	}
	delete(values, "after")
	delete(values, "last")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(storage.ParamNames(), name) {
			return p, storage.UnknownParam(name, streamParamNames())
		}
	}
	if p.query, err = storage.ParseQuery(values, now); err != nil || len(values) == 0 {
		return p, err
	}
	p.match, err = p.query.Compile()
	return p, err
}

// streamParamNames returns the names of all parameters of a stream.
func streamParamNames() []string {
	var names []string
	for _, name := range storage.ParamNames() {
		if !slices.Contains(notStreamed, name) {
			names = append(names, name)
		}
	}
	return append(names, "after", "last")
}

// afterOf returns where a stream resumes. The header wins: a browser that
// reconnects sends it along with the address that it was first given.
func afterOf(values url.Values, header http.Header) (id storage.ID, given bool, err error) {
	after, inQuery := values["after"]
	lastEvent, inHeader := header["Last-Event-Id"]
	if inQuery {
		if id, err = idOf("parameter after", after); err != nil {
			return "", false, err
		}
	}
	if inHeader {
		if id, err = idOf("header Last-Event-ID", lastEvent); err != nil {
			return "", false, err
		}
	}
	return id, inQuery || inHeader, nil
}

func idOf(what string, values []string) (storage.ID, error) {
	if len(values) != 1 {
		return "", badRequest(fmt.Sprintf("%s is given %d times; allowed is once", what, len(values)))
	}
	v := values[0]
	if v == "" || len(v) > maxAfter || !utf8.ValidString(v) {
		return "", badRequest(fmt.Sprintf("%s is %q; allowed is the id of an action, 1 to %d bytes", what, shorten(v), maxAfter))
	}
	return storage.ID(v), nil
}

func lastOf(values url.Values) (int, error) {
	list, ok := values["last"]
	if !ok {
		return 0, nil
	}
	allowed := fmt.Sprintf("a whole number from 0 to %d", maxLast)
	if len(list) != 1 {
		return 0, &storage.ParamError{Param: "last", Value: list[0], Allowed: "one of it, not several"}
	}
	n, err := strconv.ParseUint(list[0], 10, 32)
	if err != nil || n > maxLast {
		return 0, &storage.ParamError{Param: "last", Value: list[0], Allowed: allowed}
	}
	return int(n), nil
}
