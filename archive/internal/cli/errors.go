package cli

import (
	"actionlog/storage"

	"github.com/spf13/cobra"
)

const defaultErrors = 20 // templates that errors lists

func (s *session) errorsCommand() *cobra.Command {
	most := limit(defaultErrors)
	cmd := &cobra.Command{
		Use:   "errors [flags] [FOLDER | FILE…]",
		Short: "Group failures by what their errors say",
		Long: `Group failures by what their errors say, with numbers, ids and the like folded:
how many there are of each, when the first and the last was, and the id of one
of them, which actionlog show takes.`,
		Example: example(
			"actionlog errors --from 24h",
			"actionlog errors --service CaseService --limit 5 actions/",
		),
	}
	q := s.addQuery(cmd, true)
	cmd.Flags().Var(&most, "limit", "how many groups at most")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		x, err := s.ask(cmd.Context(), q, *format, paths)
		if err != nil {
			return err
		}
		groups, err := x.a.Errors(cmd.Context(), x.q)
		if err != nil {
			return err
		}
		groups = groups[:min(len(groups), int(most))]
		if err := s.print(errorGrid(groups), x.form, x.loc); err != nil {
			return err
		}
		return found(len(groups) > 0)
	}
	return cmd
}

func errorGrid(groups []storage.ErrorGroup) *grid {
	g := &grid{columns: []column{
		{key: "count", head: "COUNT", right: true}, {key: "first", head: "FIRST"}, {key: "last", head: "LAST"},
		{key: "example", head: "EXAMPLE"}, {key: "services", head: "SERVICES"}, {key: "template", head: "ERROR", wide: true},
	}}
	for _, e := range groups {
		g.add(e.Count, e.First, e.Last, string(e.Example), e.Services, e.Template)
	}
	return g
}
