package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func (s *session) indexCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "index [flags] [FOLDER | FILE…]",
		Short: "Make the indexes that sealed files lack",
		Long: `Make the index of each sealed file that has none, or one that is damaged or of
another file; small files need none. An index makes answers faster, never
different. A file that another program packed gets none, and the exit status is
then 2.`,
		Example: example(
			"actionlog index actions/",
			"actionlog index --force actions/",
		),
	}
	cmd.Flags().BoolVar(&force, "force", false, "make all indexes anew")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		x, a, err := s.askAll(*format, paths)
		if err != nil {
			return err
		}
		if s.fromIn {
			return errors.New("standard input has no index; name a folder or files")
		}
		g := &grid{columns: []column{{key: "file", head: "FILE"}, {key: "index", head: "INDEX"}, {key: "error", head: "ERROR", wide: true}}}
		troubled := false
		err = a.Reindex(cmd.Context(), force, func(file string, made bool, err error) {
			switch {
			case err != nil:
				troubled = true
				g.add(file, colouredText{"none", red}, err.Error())
			case made:
				g.add(file, colouredText{"made", green}, nil)
			default:
				g.add(file, "unchanged", nil)
			}
		})
		if err != nil {
			return err
		}
		if err := s.print(g, x.form, x.loc); err != nil {
			return err
		}
		if troubled {
			return errTold
		}
		if len(g.rows) == 0 && s.dir == "" {
			s.note("nothing is to be indexed: only files that end in .jsonl.gz have an index")
		}
		return found(len(g.rows) > 0)
	}
	return cmd
}
