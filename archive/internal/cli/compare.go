package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
interval leaves no change out are listed, of failures only if Fisher's exact
test agrees; --all lists the others too. New is
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
	q := s.addQuery(cmd, false)
	cmd.Flags().BoolVar(&all, "all", false, "list also what is not sure to differ")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		x, err := s.prepare(q, *format)
		if err != nil {
			return err
		}
		var queries [2]storage.Query
		for i, arg := range args[:2] {
			if queries[i], err = stretch(x.q, arg, s.env.Now(), x.loc); err != nil {
				return err
			}
		}
		if x.a, err = s.openSource(cmd.Context(), args[2:]); err != nil {
			return err
		}
		if s.fromIn {
			return errOnce
		}
		var sums [2]map[pair]*sum
		for i, q := range queries {
			if sums[i], err = s.pairs(cmd.Context(), x.a, q); err != nil {
				return err
			}
		}
		news, err := s.newErrors(cmd.Context(), x.a, queries)
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
		if len(changes) == 0 {
			s.note("nothing is sure to differ; --all lists what was compared")
		}
		if err := s.print(changeGrid(changes), x.form, x.loc); err != nil {
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
func (s *session) pairs(ctx context.Context, a source, q storage.Query) (map[pair]*sum, error) {
	all, err := a.Sums(ctx, q)
	if err != nil {
		return nil, err
	}
	sums := map[pair]*sum{}
	all.Each(func(service, action string, counts storage.Counts, durations *storage.Histogram, longest time.Duration) {
		for _, p := range [2]pair{{service, action}, {service, wholeService}} {
			if sums[p] == nil {
				sums[p] = &sum{}
			}
			sums[p].merge(counts, durations, longest)
		}
	})
	return sums, nil
}

// newErrors returns the templates of errors that only the second query finds,
// the most frequent first.
func (s *session) newErrors(ctx context.Context, a source, queries [2]storage.Query) ([]change, error) {
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
