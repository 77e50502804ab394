package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"actionlog/archive"
	"actionlog/archive/ship"

	"github.com/spf13/cobra"
)

func (s *session) shipFileCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "file [flags] FILE [FOLDER]",
		Short: "Append actions to a file of JSON Lines",
		Long: `Append actions to a file as the archive has them, a line each. What a kill left
of a line is cut off at the next start, and nothing of it is written twice. A file
that another program renames, such as one that rotates logs, is begun anew.`,
		Example: example(
			"actionlog ship file --once copy.jsonl actions/",
			"actionlog ship file --from now --name audit /var/log/actions.jsonl",
		),
		Args: atLeast(1, "a FILE is missing; actionlog ship file --help tells more"),
	}
	x := s.addShipment(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return x.run(cmd.Context(), func(_ context.Context, dir string, dry bool) (target, error) {
			if dry {
				return target{new(ship.File), "the file " + args[0], nothing}, nil
			}
			if _, ok := archive.ParseName(filepath.Base(args[0])); ok && sameFolder(filepath.Dir(args[0]), dir) {
				return target{}, fmt.Errorf("%s would be a file of the archive itself; name another", args[0])
			}
			f, err := ship.OpenFile(args[0])
			if err != nil {
				return target{}, err
			}
			return target{f, "the file " + args[0], f.Close}, nil
		}, args[1:])
	}
	return cmd
}

func (s *session) shipStdoutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stdout [flags] [FOLDER]",
		Short: "Write actions to standard output, for another program",
		Long: `Write actions to standard output as the archive has them, a line each. They count
as delivered once they are written; what the reader does with them, nobody knows.`,
		Example: example(
			"actionlog ship stdout --from now | vector",
			"actionlog ship stdout --once actions/ | wc -l",
		),
	}
	x := s.addShipment(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return x.run(cmd.Context(), func(context.Context, string, bool) (target, error) {
			s.beforeOutput()
			return target{ship.NewWriter(s.env.Stdout), "standard output", nothing}, nil
		}, args)
	}
	return cmd
}

// readerGone reports whether whoever reads what is written has gone away.
func readerGone(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// sameFolder reports whether two paths lead to one folder.
func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
