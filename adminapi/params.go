package adminapi

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"actionlog/storage"
)

// limitOf reads the parameter limit of an endpoint that ignores all others,
// malformed ones too.
func limitOf(rawQuery string, byDefault int) (int, error) {
	limit, seen := byDefault, false
	for rest := rawQuery; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != "limit" {
			continue
		}
		if seen {
			return 0, &storage.ParamError{Param: "limit", Value: value, Allowed: "one of it, not several"}
		}
		seen = true
		if text, err := url.QueryUnescape(value); err == nil {
			value = text
		}
		var err error
		if limit, err = storage.ParseLimit(value); err != nil {
			return 0, err
		}
	}
	return limit, nil
}

// valuesOf reads all parameters. Unlike URL.Query it drops none silently.
func valuesOf(rawQuery string) (url.Values, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, badRequest("the query part of the URL is malformed: " + shorten(err.Error()))
	}
	return values, nil
}

// onlyKnown reads the parameters of an endpoint that has just these.
func onlyKnown(rawQuery string, known ...string) (url.Values, error) {
	values, err := valuesOf(rawQuery)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			return nil, storage.UnknownParam(name, known)
		}
	}
	return values, nil
}

// shorten cuts what a client sent to a length that a message can hold.
func shorten(s string) string {
	const most = 60
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
