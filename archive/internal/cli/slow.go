package cli

import (
	"actionlog/storage"

	"github.com/spf13/cobra"
)

const defaultSlow = 20 // actions that slow lists

func (s *session) slowCommand() *cobra.Command {
	most := limit(defaultSlow)
	cmd := &cobra.Command{
		Use:   "slow [flags] [FOLDER | FILE…]",
		Short: "List the slowest actions that match",
		Example: example(
			"actionlog slow --from 24h",
			"actionlog slow --limit 5 --service CaseService actions/",
		),
	}
	q := addQuery(cmd, true)
	cmd.Flags().Var(&most, "limit", "how many at most")
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
		return s.list(cmd.Context(), s.pages(cmd.Context(), a, query, int(most)), form, loc)
	}
	return cmd
}
