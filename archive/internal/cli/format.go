package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// formats are the forms that answers have.
var formats = []string{"table", "jsonl", "csv", "logfmt"}

// addFormat gives a command the flag --format.
func addFormat(cmd *cobra.Command) *string {
	format := cmd.Flags().String("format", "", "`form` of the answer: table, jsonl, csv or logfmt; by default table on a terminal, else jsonl")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return format
}

// form returns the form that a flag asks for.
func (s *session) form(flag string) (string, error) {
	switch {
	case flag == "" && s.outTerm:
		return "table", nil
	case flag == "":
		return "jsonl", nil
	case !slices.Contains(formats, flag):
		return "", &flagError{"format", flag, strings.Join(formats, ", ")}
	}
	return flag, nil
}

// view returns how standard output is looked at.
func (s *session) view(loc *time.Location) view {
	return view{loc: loc, colour: s.colour, width: s.width, safe: s.outTerm}
}

// print writes a grid to standard output.
func (s *session) print(g *grid, form string, loc *time.Location) error {
	v := s.view(loc)
	switch form {
	case "jsonl":
		return g.jsonl(s.out, v)
	case "csv":
		return g.csv(s.out, v)
	case "logfmt":
		return g.logfmt(s.out, v)
	}
	if len(g.rows) == 0 {
		return nil
	}
	return g.table(s.out, v)
}
