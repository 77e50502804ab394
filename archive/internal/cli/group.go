package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"
)

// group is what is counted together.
type group struct {
	names []string // one for each key
	storage.Summary
}

// sum adds actions up.
type sum struct {
	counts    storage.Counts
	durations storage.Histogram
	max       time.Duration
}

func (s *sum) add(a *storage.Action) {
	s.counts.Total++
	if a.Failed() {
		s.counts.Failed++
	}
	s.durations.Add(a.Duration)
	s.max = max(s.max, a.Duration)
}

func (s *sum) merge(counts storage.Counts, durations *storage.Histogram, longest time.Duration) {
	s.counts.Total += counts.Total
	s.counts.Failed += counts.Failed
	s.durations.Merge(durations)
	s.max = max(s.max, longest)
}

func (s *sum) summary() storage.Summary {
	q := func(p float64) time.Duration { return min(s.durations.Quantile(p), s.max) }
	return storage.Summary{Counts: s.counts, P50: q(0.5), P95: q(0.95), P99: q(0.99), Max: s.max}
}

// groupKeys are what actions can be counted by.
var groupKeys = map[string]func(a *storage.Action) string{
	"service":  func(a *storage.Action) string { return a.Service },
	"action":   func(a *storage.Action) string { return a.Action },
	"status":   func(a *storage.Action) string { return string(a.Status) },
	"instance": func(a *storage.Action) string { return a.Instance },
	"code":     ofHTTP(func(h *storage.HTTP) string { return strconv.Itoa(h.Code) }),
	"method":   ofHTTP(func(h *storage.HTTP) string { return h.Method }),
	"route":    ofHTTP(func(h *storage.HTTP) string { return h.Route }),
	"outcome":  ofHTTP(func(h *storage.HTTP) string { return string(h.Outcome) }),
}

func ofHTTP(f func(*storage.HTTP) string) func(*storage.Action) string {
	return func(a *storage.Action) string {
		if a.HTTP == nil {
			return ""
		}
		return f(a.HTTP)
	}
}

const allowedBy = "none, or some of service, action, status, code, method, route, instance, outcome, with commas between"

// parseBy reads the flag --by.
func parseBy(v string) ([]string, error) {
	if v == "none" {
		return nil, nil
	}
	by := strings.Split(v, ",")
	for i, key := range by {
		if groupKeys[key] == nil || slices.Contains(by[:i], key) {
			return nil, &flagError{"by", v, allowedBy}
		}
	}
	return by, nil
}

// mostGroups bounds what grouping remembers; what comes later is counted as
// otherGroup.
const (
	mostGroups = 20_000
	otherGroup = "(other)"
)

// grouper counts actions by some keys.
type grouper struct {
	by   []string
	sums map[string]*sum
	key  []byte
	name map[string][]string
}

func newGrouper(by []string) *grouper {
	return &grouper{by: by, sums: map[string]*sum{}, name: map[string][]string{}}
}

func (g *grouper) add(a *storage.Action) {
	g.key = g.key[:0]
	for _, key := range g.by {
		text := groupKeys[key](a)
		g.key = fmt.Appendf(g.key, "%d:%s", len(text), text)
	}
	s := g.sums[string(g.key)]
	if s == nil {
		s = g.newSum(a)
	}
	s.add(a)
}

func (g *grouper) newSum(a *storage.Action) *sum {
	names := make([]string, len(g.by))
	for i, key := range g.by {
		names[i] = groupKeys[key](a)
	}
	key := string(g.key)
	if len(g.sums) >= mostGroups {
		for i := range names {
			names[i] = otherGroup
		}
		if s := g.sums[otherGroup]; s != nil {
			return s
		}
		key = otherGroup
	}
	s := &sum{}
	g.sums[key], g.name[key] = s, names
	return s
}

// groups returns what was counted, in the order of the names.
func (g *grouper) groups() []group {
	list := make([]group, 0, len(g.sums))
	for key, s := range g.sums {
		list = append(list, group{g.name[key], s.summary()})
	}
	sortGroups(list)
	return list
}

func sortGroups(list []group) {
	slices.SortFunc(list, func(x, y group) int { return slices.CompareFunc(x.names, y.names, cmp.Compare[string]) })
}
