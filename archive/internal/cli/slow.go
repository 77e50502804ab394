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
		query, loc, err := q.read(s.env.Now())
		if err != nil {
			return err
		}
		form, err := s.form(*format)
		if err != nil {
			return err
		}
		a, err := s.open(paths)
		if err != nil {
			return err
		}
		query.Sort = storage.SlowestFirst
		if each {
			query.Limit = storage.NoLimit
			list, err := a.Slow(cmd.Context(), query)
			if err != nil {
				return err
			}
			return s.list(these(list[:min(len(list), int(most))]), form, loc)
		}
		return s.list(s.pages(cmd.Context(), a, query, int(most), false), form, loc)
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
