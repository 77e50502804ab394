package cli

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// changeKind is what happened. The kinds are in the order of a report.
type changeKind int

const (
	newError changeKind = iota
	isNew
	failsMore
	slower
	gone
	failsLess
	faster
	unsure
)

var kindNames = [...]colouredText{
	newError: {"new error", red}, isNew: {"new", yellow}, failsMore: {"fails more", red}, slower: {"slower", red}, gone: {"gone", yellow},
	failsLess: {"fails less", green}, faster: {"faster", green}, unsure: {"not sure", ""},
}

// change is one difference of a service and action.
type change struct {
	kind     changeKind
	pair     pair
	what     string // rate, p50 or p95; empty for what is new or gone
	nA, nB   int64
	a, b     float64  // a share, or nanoseconds
	err      string   // the template of a new error
	diff     interval // of the shares, in points; of durations, as a ratio minus one
	estimate float64
}

const confidence = 0.95

// compare returns all differences, the greatest of each kind first.
func compare(a, b map[pair]*sum) []change {
	var changes []change
	both := 0
	for p := range a {
		if b[p] != nil {
			both++
		}
	}
	// Bonferroni: three intervals of each pair hold together.
	z := normalQuantile(1 - (1-confidence)/2/float64(max(3*both, 1)))
	for p, sa := range a {
		sb := b[p]
		if sb == nil {
			changes = append(changes, change{kind: gone, pair: p, nA: sa.counts.Total})
			continue
		}
		changes = append(changes, compareRates(p, sa, sb, z), compareQuantiles(p, "p50", 0.5, sa, sb, z), compareQuantiles(p, "p95", 0.95, sa, sb, z))
	}
	for p, sb := range b {
		if a[p] == nil {
			changes = append(changes, change{kind: isNew, pair: p, nB: sb.counts.Total})
		}
	}
	slices.SortFunc(changes, func(x, y change) int {
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(math.Abs(y.estimate), math.Abs(x.estimate)),
			cmp.Compare(y.nB, x.nB), strings.Compare(x.pair.service, y.pair.service),
			strings.Compare(x.pair.action, y.pair.action), strings.Compare(x.what, y.what))
	})
	return changes
}

func compareRates(p pair, a, b *sum, z float64) change {
	c := change{kind: unsure, pair: p, what: "rate", nA: a.counts.Total, nB: b.counts.Total}
	c.a, c.b = float64(rateOf(a.counts)), float64(rateOf(b.counts))
	c.estimate = c.b - c.a
	c.diff = rateDifference(a.counts, b.counts, z)
	switch {
	case !ratesDiffer(a.counts, b.counts, z):
		c.diff = interval{min(c.diff.low, 0), max(c.diff.high, 0)}
	case c.diff.low > 0:
		c.kind = failsMore
	case c.diff.high < 0:
		c.kind = failsLess
	}
	return c
}

func compareQuantiles(p pair, what string, share float64, a, b *sum, z float64) change {
	c := change{kind: unsure, pair: p, what: what, nA: a.counts.Total, nB: b.counts.Total}
	c.a, c.b = float64(min(a.durations.Quantile(share), a.max)), float64(min(b.durations.Quantile(share), b.max))
	c.estimate = max(c.b, 1)/max(c.a, 1) - 1
	c.diff = quantileRatio(&a.durations, &b.durations, share, z)
	switch {
	case c.diff.low > 0:
		c.kind = slower
	case c.diff.high < 0:
		c.kind = faster
	}
	return c
}

func changeGrid(changes []change) *grid {
	g := &grid{columns: []column{
		{key: "change", head: "CHANGE"}, {key: "service", head: "SERVICE"}, {key: "action", head: "ACTION"}, {key: "what", head: "WHAT"},
		{key: "countA", head: "COUNT A", right: true}, {key: "countB", head: "COUNT B", right: true},
		{key: "a", head: "A", right: true}, {key: "b", head: "B", right: true},
		{key: "difference", head: "DIFFERENCE", right: true}, {key: "low", head: "SURELY BETWEEN", right: true}, {key: "high", head: "AND", right: true},
		{key: "error", head: "ERROR", wide: true},
	}}
	for _, c := range changes {
		row := []any{kindNames[c.kind], c.pair.service, c.pair.action, c.what, c.nA, c.nB}
		if c.what == "" {
			row = append(row, nil, nil, nil, nil, nil)
		} else if c.what == "rate" {
			row = append(row, share(c.a), share(c.b), signed{c.estimate, "points"}, signed{c.diff.low, "points"}, signed{c.diff.high, "points"})
		} else {
			row = append(row, time.Duration(c.a), time.Duration(c.b), signed{c.estimate, ""}, signed{c.diff.low, ""}, signed{c.diff.high, ""})
		}
		g.rows = append(g.rows, append(row, c.err))
	}
	return g
}
