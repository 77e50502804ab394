package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"actionlog/archive"
	"actionlog/storage"

	"github.com/spf13/cobra"
)

const longCompare = `Compare two stretches of time, A and B: for each service and action, and for each
service as a whole, whether it takes longer or shorter (the median and the 95th
percentile), fails more or less, is new, or is gone. A stretch is a day (2026-11-21) or FROM..TO of moments
as --from and --to take them; 14d..7d is the week before the last.

Of each difference there is an interval in which it lies. All intervals together
hold with a confidence of 95 %: each one alone is wider by as much as many are
looked at, so that not one in twenty is a false alarm. Only differences whose
interval leaves no change out are listed; --all lists the others too. New is
what A has none of, an action or an error, which may be chance where there are
few. The intervals take actions as independent of each other; where one slow minute makes
a thousand of them slow, the difference of the two stretches is real, and says
less about the next.`

func (s *session) compareCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "compare [flags] A B [FOLDER | FILE…]",
		Short: "Tell what got slower, fails more, or is new",
		Long:  longCompare,
		Example: example(
			"actionlog compare 2026-11-21 2026-11-22",
			"actionlog compare 14d..7d 7d..0s --service CaseService actions/",
			"actionlog compare 2026-11-22T09:00..2026-11-22T10:00 2026-11-22T10:00..2026-11-22T11:00",
		),
		Args: atLeast(2, "two stretches of time are needed; actionlog compare --help tells more"),
	}
	q := addQuery(cmd, false)
	cmd.Flags().BoolVar(&all, "all", false, "list also what is not sure to differ")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		query, loc, err := q.read(s.env.Now())
		if err != nil {
			return err
		}
		form, err := s.form(*format)
		if err != nil {
			return err
		}
		var queries [2]storage.Query
		for i, arg := range args[:2] {
			if queries[i], err = stretch(query, arg, s.env.Now(), loc); err != nil {
				return err
			}
		}
		a, err := s.open(args[2:])
		if err != nil {
			return err
		}
		var sums [2]map[pair]*sum
		for i, q := range queries {
			if sums[i], err = s.pairs(cmd.Context(), a, q); err != nil {
				return err
			}
		}
		news, err := s.newErrors(cmd.Context(), a, queries)
		if err != nil {
			return err
		}
		if len(sums[0])+len(sums[1]) == 0 {
			return errNothing
		}
		changes := compare(sums[0], sums[1])
		if !all {
			changes = slices.DeleteFunc(changes, func(c change) bool { return c.kind == unsure })
		}
		changes = append(news, changes...)
		if err := s.print(changeGrid(changes), form, loc); err != nil {
			return err
		}
		return found(len(changes) > 0)
	}
	return cmd
}

// stretch returns q within a day or FROM..TO.
func stretch(q storage.Query, text string, now time.Time, loc *time.Location) (storage.Query, error) {
	refuse := fmt.Errorf("the stretch of time %q is not understood; allowed is a day (2026-11-21) or FROM..TO, such as 14d..7d", text)
	if day, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		q.From, q.To = day.UTC(), day.AddDate(0, 0, 1).UTC()
	} else {
		from, to, ok := strings.Cut(text, "..")
		if !ok {
			return q, refuse
		}
		for name, v := range map[string]string{"from": from, "to": to} {
			parsed, err := storage.ParseQuery(map[string][]string{name: {inZone(v, loc)}}, now)
			if err != nil {
				return q, fmt.Errorf("%w: %w", refuse, err)
			}
			if name == "from" {
				q.From = parsed.From
			} else {
				q.To = parsed.To
			}
		}
	}
	if _, err := q.Compile(); err != nil {
		return q, fmt.Errorf("%w: %w", refuse, err)
	}
	return q, nil
}

// pair names a service and an action, or a wholeService.
type pair struct{ service, action string }

const wholeService = "(all)"

// pairs counts what a query matches by service and action, and by service.
func (s *session) pairs(ctx context.Context, a *archive.Archive, q storage.Query) (map[pair]*sum, error) {
	sums := map[pair]*sum{}
	for act, err := range s.inOrder(ctx, a, q) {
		if err != nil {
			return nil, err
		}
		for _, p := range [2]pair{{act.Service, act.Action}, {act.Service, wholeService}} {
			if sums[p] == nil {
				sums[p] = &sum{}
			}
			sums[p].add(act)
		}
	}
	return sums, nil
}

// newErrors returns the templates of errors that only the second query finds,
// the most frequent first.
func (s *session) newErrors(ctx context.Context, a *archive.Archive, queries [2]storage.Query) ([]change, error) {
	before, err := a.Errors(ctx, queries[0])
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, e := range before {
		known[e.Template] = true
	}
	after, err := a.Errors(ctx, queries[1])
	var changes []change
	for _, e := range after {
		if !known[e.Template] {
			changes = append(changes, change{kind: newError, pair: pair{service: listText(e.Services)}, nB: e.Count, err: e.Template})
		}
	}
	return changes, err
}

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
