package storage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrorGroup is all failures whose errors have the same template.
type ErrorGroup struct {
	Template string    `json:"template"` // as [FoldError] returns it
	Count    int64     `json:"count"`
	First    time.Time `json:"first"`    // when the earliest of them ended
	Last     time.Time `json:"last"`     // when the latest of them ended
	Example  ID        `json:"example"`  // the latest of them; of several at that moment, the greatest id
	Services []string  `json:"services"` // those that have such failures, sorted
}

// ErrorSummer gathers failures into groups. It is not safe for concurrent use.
type ErrorSummer struct {
	groups map[string]*errorSum
}

type errorSum struct {
	ErrorGroup
	services map[string]struct{}
}

// NewErrorSummer returns an empty ErrorSummer.
func NewErrorSummer() *ErrorSummer { return &ErrorSummer{groups: map[string]*errorSum{}} }

// Add counts one action if it failed.
func (s *ErrorSummer) Add(a *Action) {
	if a.Failed() {
		s.Merge(a.Service, ErrorGroup{Template: FoldError(a.Error), Count: 1, First: a.Time, Last: a.Time, Example: a.ID})
	}
}

// Merge adds what was counted elsewhere of one template and service; g's
// Services is ignored.
func (s *ErrorSummer) Merge(service string, g ErrorGroup) {
	sum := s.merge(g)
	sum.services[service] = struct{}{}
}

// Join adds all that other has counted.
func (s *ErrorSummer) Join(other *ErrorSummer) {
	for _, g := range other.groups {
		maps.Copy(s.merge(g.ErrorGroup).services, g.services)
	}
}

func (s *ErrorSummer) merge(g ErrorGroup) *errorSum {
	sum := s.groups[g.Template]
	if sum == nil {
		sum = &errorSum{ErrorGroup: g, services: map[string]struct{}{}}
		s.groups[g.Template] = sum
		return sum
	}
	sum.Count += g.Count
	if g.First.Before(sum.First) {
		sum.First = g.First
	}
	if c := g.Last.Compare(sum.Last); c > 0 || c == 0 && g.Example > sum.Example {
		sum.Last, sum.Example = g.Last, g.Example
	}
	return sum
}

// Groups returns the groups, never nil: the greatest count first, and by
// template where counts are equal.
func (s *ErrorSummer) Groups() []ErrorGroup {
	list := make([]ErrorGroup, 0, len(s.groups))
	for _, sum := range s.groups {
		g := sum.ErrorGroup
		g.Services = slices.Sorted(maps.Keys(sum.services))
		list = append(list, g)
	}
	slices.SortFunc(list, func(x, y ErrorGroup) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Template, y.Template))
	})
	return list
}
