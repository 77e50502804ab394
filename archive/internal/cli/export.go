package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"actionlog/storage"

	"github.com/spf13/cobra"
)

// exportFormats are the forms of an export.
var exportFormats = []string{"jsonl", "csv", "parquet"}

func (s *session) exportCommand() *cobra.Command {
	var path, format string
	var force bool
	var most limit
	cmd := &cobra.Command{
		Use:   "export [flags] [FOLDER | FILE…]",
		Short: "Write all actions that match to a file, oldest first",
		Long: `Write all actions that match, oldest first, as JSON Lines, CSV or Parquet. A file
has its name only once it is whole. In CSV, a cell that a spreadsheet could take
for a formula begins with an apostrophe.

A damaged place of the archive is named and passed over, and the exit status is
then 2.`,
		Example: example(
			"actionlog export -o failed.csv --status failed --from 7d",
			"actionlog export -o november.parquet --from 2026-11-01 --to 2026-12-01 actions/",
			"actionlog export --service CaseService actions/ | gzip > cases.jsonl.gz",
		),
	}
	q := s.addQuery(cmd, true)
	cmd.Flags().StringVarP(&path, "output", "o", "", "`file` to write; standard output if not given, or -")
	cmd.Flags().StringVar(&format, "format", "", "`form`: jsonl, csv or parquet; by default as the file's name ends, else jsonl")
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	cmd.Flags().Var(&most, "limit", "how many at most")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(exportFormats, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		query, loc, err := q.read(s.env.Now())
		if err != nil {
			return err
		}
		query.Limit = storage.NoLimit
		if path == stdinName { // as tar and curl have it
			path = ""
		}
		form, err := exportForm(format, path)
		if err != nil {
			return err
		}
		if form == "parquet" && path == "" && s.outTerm {
			return errors.New("parquet is not for a terminal; name a file with -o")
		}
		a, err := s.openSource(cmd.Context(), paths)
		if err != nil {
			return err
		}
		x := export{s: s, a: a, q: query, form: form, most: int(most), view: view{loc: loc}}
		if path == "" {
			x.view = s.view(loc)
			return found1(x.write(cmd.Context(), s.out))
		}
		return found1(x.file(cmd.Context(), path, force))
	}
	return cmd
}

func found1(n int64, err error) error {
	if err != nil {
		return err
	}
	return found(n > 0)
}

// exportForm returns the form that a flag or the name of a file asks for.
func exportForm(flag, path string) (string, error) {
	if flag != "" {
		if !slices.Contains(exportFormats, flag) {
			return "", &flagError{"format", flag, strings.Join(exportFormats, ", ")}
		}
		return flag, nil
	}
	ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if slices.Contains(exportFormats, ext) {
		return ext, nil
	}
	return "jsonl", nil
}

// export is the writing of all that a query matches.
type export struct {
	s    *session
	a    source
	q    storage.Query
	form string
	most int // no limit unless positive
	view view
}

// file writes a file whole, or none.
func (x *export) file(ctx context.Context, path string, force bool) (n int64, err error) {
	d, err := newDraft(path, force)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(d, 256<<10)
	if n, err = x.write(ctx, w); err == nil {
		err = w.Flush()
	}
	if err != nil {
		d.drop()
		return 0, fmt.Errorf("export to %s: %w", path, err)
	}
	if err := d.commit(); err != nil {
		return 0, err
	}
	x.s.note("%s: %d actions", path, n)
	return n, nil
}

// write returns how many actions it wrote.
func (x *export) write(ctx context.Context, w io.Writer) (n int64, err error) {
	out := x.writer(w)
	for a, err := range x.s.ordered(ctx, x.a, x.q) {
		if err == nil {
			err = out.write(a)
		}
		if err != nil {
			return n, err
		}
		if n++; n == int64(x.most) {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return n, err
	}
	return n, out.flush()
}

func (x *export) writer(w io.Writer) actionWriter {
	if x.form == "parquet" {
		return newParquetWriter(w)
	}
	return newActionWriter(w, x.form, x.view)
}
