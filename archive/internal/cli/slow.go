package cli

import (
	"iter"

	"actionlog/storage"

	"github.com/spf13/cobra"
)

const defaultSlow = 20 // actions that slow lists

func (s *session) slowCommand() *cobra.Command {
	most := limit(defaultSlow)
	var each bool
	cmd := &cobra.Command{
		Use:   "slow [flags] [FOLDER | FILE…]",
		Short: "List the slowest actions that match",
		Example: example(
			"actionlog slow --from 24h",
			"actionlog slow --each --limit 50 --service CaseService actions/",
		),
	}
	q := s.addQuery(cmd, true)
	cmd.Flags().Var(&most, "limit", "how many at most")
	cmd.Flags().BoolVar(&each, "each", false, "at most ten of each service and action, so that one does not hide the others")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		x, err := s.ask(cmd.Context(), q, *format, paths)
		if err != nil {
			return err
		}
		x.q.Sort = storage.SlowestFirst
		if each {
			x.q.Limit = storage.NoLimit
			list, err := x.a.Slow(cmd.Context(), x.q)
			if err != nil {
				return err
			}
			return s.list(these(list[:min(len(list), int(most))]), x.form, x.loc)
		}
		return s.list(s.pages(cmd.Context(), x.a, x.q, int(most), false), x.form, x.loc)
	}
	return cmd
}

// these ranges over a list.
func these(list []storage.Action) iter.Seq2[*storage.Action, error] {
	return func(yield func(*storage.Action, error) bool) {
		for i := range list {
			if !yield(&list[i], nil) {
				return
			}
		}
	}
}
