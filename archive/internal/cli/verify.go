package cli

import (
	"errors"
	"fmt"

	"actionlog/archive"

	"github.com/spf13/cobra"
)

const mostFindings = 10_000 // that verify lists

func (s *session) verifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [flags] [FOLDER | FILE…]",
		Short: "Read everything, and tell what is damaged",
		Long: `Read every member and every line, compare each index with what its file holds,
and list what is wrong. The exit status is 0 where all is well, 1 where there is
nothing to read, and 2 where something is damaged.`,
		Example: example(
			"actionlog verify actions/",
			"actionlog verify --format jsonl actions/actions-2026-11-22.jsonl.gz",
		),
	}
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		x, a, err := s.askAll(*format, paths)
		if err != nil {
			return err
		}
		g := &grid{columns: []column{{key: "file", head: "FILE"}, {key: "kind", head: "WHAT"}, {key: "error", head: "ERROR", wide: true}}}
		sum, err := a.Verify(cmd.Context(), func(f archive.Finding) {
			if len(g.rows) < mostFindings {
				g.add(f.File, findingKind(f.Err), f.Err.Error())
			}
		})
		if err != nil {
			return err
		}
		if err := errors.Join(s.print(g, x.form, x.loc), s.out.Flush()); err != nil {
			return err
		}
		s.note("%s", verifiedText(sum))
		if sum.Findings > 0 {
			return errTold
		}
		return found(sum.Files > 0)
	}
	return cmd
}

// findingKind names what is damaged.
func findingKind(err error) string {
	var syntax *archive.SyntaxError
	var index *archive.IndexError
	switch {
	case errors.As(err, &syntax):
		return "line"
	case errors.As(err, &index):
		return "index"
	}
	return "file"
}

func verifiedText(v archive.Verified) string {
	wrong := "all is well"
	if v.Findings > 0 {
		wrong = fmt.Sprintf("%d are damaged", v.Findings)
	}
	if v.Findings > mostFindings {
		wrong += fmt.Sprintf(", of which %d are listed", mostFindings)
	}
	return fmt.Sprintf("%d files, %d lines, %s of text, %d indexes: %s", v.Files, v.Lines, sizeText(v.Bytes), v.Indexes, wrong)
}
