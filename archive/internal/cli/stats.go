package cli

import (
	"context"
	"strings"
	"time"

	"actionlog/storage"

	"github.com/spf13/cobra"
)

func (s *session) statsCommand() *cobra.Command {
	var by, step string
	cmd := &cobra.Command{
		Use:   "stats [flags] [FOLDER | FILE…]",
		Short: "Count actions and failures, and how long they took",
		Long: `Count actions and failures, by service and action or by what --by names, and
the durations that 50, 95 and 99 percent did not exceed (within 2 %), and the
longest. By service, or by service and action, an index answers.

With --step there is a row for each step of time instead. Steps begin when the
clocks of --tz show a whole multiple of their length: days, and what divides
them, at midnight there. A step in which the clocks are changed is longer or
shorter by as much, and an hour that they show twice is two rows.`,
		Example: example(
			"actionlog stats --from 7d",
			"actionlog stats --by code,method --service CaseService actions/",
			"actionlog stats --step 1h --from 24h actions/",
		),
	}
	q := s.addQuery(cmd, true)
	cmd.Flags().StringVar(&by, "by", "service,action", "`keys` to count by: "+allowedBy)
	cmd.Flags().StringVar(&step, "step", "", "`length` of a step of time: 1m, 1h, 1d")
	cmd.PreRunE = exclusive("by", "step")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		var length time.Duration
		var keys []string
		var err error
		if step != "" {
			length, err = parseStep(step)
		} else {
			keys, err = parseBy(by)
		}
		if err != nil {
			return err
		}
		x, err := s.ask(cmd.Context(), q, *format, paths)
		if err != nil {
			return err
		}
		if step != "" {
			return s.steps(cmd.Context(), x, length)
		}
		groups, err := s.groups(cmd.Context(), x.a, x.q, keys)
		if err != nil {
			return err
		}
		if err := s.print(groupGrid(keys, groups), x.form, x.loc); err != nil {
			return err
		}
		return found(len(groups) > 0)
	}
	return cmd
}

// groups counts what a query matches. What the statistics of an archive tell
// is not counted once more.
func (s *session) groups(ctx context.Context, a source, q storage.Query, by []string) ([]group, error) {
	switch strings.Join(by, ",") {
	case "service":
		return s.statsGroups(ctx, a, q, func(service string, st storage.ServiceStats) []group {
			return []group{{[]string{service}, st.Summary}}
		})
	case "service,action":
		return s.statsGroups(ctx, a, q, func(service string, st storage.ServiceStats) (list []group) {
			for action, sum := range st.Actions {
				list = append(list, group{[]string{service, action}, sum})
			}
			return list
		})
	}
	g := newGrouper(by)
	for act, err := range s.inOrder(ctx, a, q) {
		if err != nil {
			return nil, err
		}
		g.add(act)
	}
	return g.groups(), nil
}

func (s *session) statsGroups(ctx context.Context, a source, q storage.Query, split func(string, storage.ServiceStats) []group) ([]group, error) {
	st, err := a.Stats(ctx, q)
	if err != nil {
		return nil, err
	}
	var list []group
	for service, sum := range st.Services {
		list = append(list, split(service, sum)...)
	}
	sortGroups(list)
	return list, nil
}

var summaryColumns = []column{
	{key: "total", head: "COUNT", right: true}, {key: "failed", head: "FAILED", right: true}, {key: "rate", head: "RATE", right: true},
	{key: "p50", head: "P50", right: true}, {key: "p95", head: "P95", right: true}, {key: "p99", head: "P99", right: true}, {key: "max", head: "MAX", right: true},
}

func summaryCells(s storage.Summary) []any {
	return []any{s.Total, s.Failed, rateOf(s.Counts), s.P50, s.P95, s.P99, s.Max}
}

func rateOf(c storage.Counts) share {
	if c.Total == 0 {
		return 0
	}
	return share(float64(c.Failed) / float64(c.Total))
}

func groupGrid(by []string, groups []group) *grid {
	g := &grid{}
	for _, key := range by {
		g.columns = append(g.columns, column{key: key, head: strings.ToUpper(key)})
	}
	g.columns = append(g.columns, summaryColumns...)
	for _, gr := range groups {
		var row []any
		for _, name := range gr.names {
			row = append(row, name)
		}
		g.rows = append(g.rows, append(row, summaryCells(gr.Summary)...))
	}
	return g
}
