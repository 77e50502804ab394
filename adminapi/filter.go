package adminapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"actionlog/storage"
)

// filterNames are the parameters of a query that say which actions are wanted,
// not in which order or how many.
var filterNames = slices.DeleteFunc(storage.ParamNames(), func(name string) bool {
	return name == "sort" || name == "limit" || name == "cursor"
})

// filterOf reads the filters of a query, and what an endpoint has besides:
// each of own at most once.
func filterOf(rawQuery string, now time.Time, own ...string) (storage.Query, map[string]string, error) {
	values, err := onlyKnown(rawQuery, slices.Concat(filterNames, own)...)
	if err != nil {
		return storage.Query{}, nil, err
	}
	more, err := takeOnce(values, own)
	if err != nil {
		return storage.Query{}, nil, err
	}
	q, err := storage.ParseQuery(values, now)
	return q, more, err
}

// takeOnce moves parameters out of values.
func takeOnce(values url.Values, names []string) (map[string]string, error) {
	taken := make(map[string]string, len(names))
	for _, name := range names {
		given, ok := values[name]
		if !ok {
			continue
		}
		if len(given) > 1 {
			return nil, &storage.ParamError{
				Param: name, Value: strings.Join(given, ","), Allowed: fmt.Sprintf("at most 1 of it, not %d", len(given)),
			}
		}
		taken[name] = given[0]
		delete(values, name)
	}
	return taken, nil
}
