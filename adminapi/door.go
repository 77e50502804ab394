package adminapi

import (
	"net/http"
	"strings"
)

// door says which credentials an endpoint asks for.
type door int

const (
	guarded   door = iota // those that there are
	open                  // none, where there is a token that a page can log in with: it has no data
	recording             // the token for recording will do
)

// doorway is an endpoint that does not ask for what the others ask for.
type doorway struct {
	method  string
	pattern []string // the segments of its path
	door    door
	file    bool // see route
}

// doorways returns those of a table.
func doorways(table []route) (list []doorway) {
	for _, rt := range table {
		if rt.door == guarded && !rt.file {
			continue
		}
		list = append(list, doorway{rt.method, strings.Split(rt.path, "/"), rt.door, rt.file})
		if rt.method == http.MethodGet {
			list = append(list, doorway{http.MethodHead, strings.Split(rt.path, "/"), rt.door, rt.file})
		}
	}
	return list
}

// doorwayOf returns the doorway that a request comes to, given its path as below
// returns it. What is no endpoint asks for the credentials of the others.
func (h *Handler) doorwayOf(method, path string) doorway {
	segments := strings.Split(path, "/")
	for _, d := range h.doorways {
		if d.method == method && matches(d.pattern, segments) {
			return d
		}
	}
	return doorway{}
}

// matches reports whether a path is one of a pattern, by segments, in which
// {name} stands for any one and {name...} for the rest, at least one.
func matches(pattern, path []string) bool {
	for i, p := range pattern {
		if i == len(path) || p != path[i] && (p == "" || p[0] != '{' || path[i] == "") {
			return false
		}
		if strings.HasSuffix(p, "...}") {
			return true
		}
	}
	return len(pattern) == len(path)
}
