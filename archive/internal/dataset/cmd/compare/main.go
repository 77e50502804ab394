// Command compare asks the same questions of an archive with actionlog and with
// other programs, and prints a table in Markdown of how long each took:
//
//	archive/internal/dataset/tools.sh /tmp/tools
//	ACTIONLOG_TOOLS=/tmp/tools go run ./archive/internal/dataset/cmd/compare --data /tmp/dataset
//
// The data set is made if it is not there. The exit status is 1 if an answer
// differs from the right one, 2 for trouble, and 130 after Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"actionlog/archive/internal/dataset"
	"actionlog/archive/internal/dataset/compare"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "compare measures actionlog beside other programs, and compares their answers.\n\nUsage: compare --data FOLDER [flags]\n\n")
		flags.PrintDefaults()
	}
	var opts compare.Options
	flags.StringVar(&opts.Data, "data", "", "`folder` of the data set; it is made if it is not there")
	flags.IntVar(&opts.Dataset.Count, "count", 5_000_000, "`number` of actions of the data set")
	flags.IntVar(&opts.Runs, "runs", 5, "`number` of runs of each question, if they take less than a minute; four times that, if less than two seconds")
	flags.StringVar(&opts.Binary, "binary", "", "`path` of the actionlog to measure; it is built by default")
	flags.StringVar(&opts.Folder, "tools", os.Getenv("ACTIONLOG_TOOLS"), "`folder` that tools.sh has filled; the variable ACTIONLOG_TOOLS names it too")
	only := flags.String("only", strings.Join(compare.Tools, ","), "`tools` to compare, with commas between")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	opts.Only = strings.Split(*only, ",")
	began := time.Now()
	opts.Log = func(format string, args ...any) {
		fmt.Fprintf(stderr, "%4.0f s: %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	report, err := measure(ctx, flags, opts)
	switch {
	case ctx.Err() != nil:
		return 130
	case err != nil:
		fmt.Fprintf(stderr, "compare: %v\n", err)
		return 2
	}
	if _, err := io.WriteString(stdout, report.Markdown()); err != nil {
		fmt.Fprintf(stderr, "compare: %v\n", err)
		return 2
	}
	if len(report.Differences) > 0 {
		return 1
	}
	return 0
}

func measure(ctx context.Context, flags *flag.FlagSet, opts compare.Options) (*compare.Report, error) {
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag; compare --help lists those that there are", flags.Arg(0))
	}
	if opts.Data == "" {
		return nil, errors.New("no folder is named; say --data FOLDER")
	}
	if opts.Dataset.Count < 1000 {
		return nil, fmt.Errorf("flag --count is %d; allowed is a whole number from 1000 up", opts.Dataset.Count)
	}
	if _, err := os.Stat(opts.Data); errors.Is(err, fs.ErrNotExist) {
		opts.Log("write %s", opts.Data)
		if err := dataset.Write(ctx, opts.Data, opts.Dataset, []string{dataset.Archive, dataset.Gzip}, nil); err != nil {
			return nil, err
		}
	}
	if opts.Binary == "" {
		dir, err := os.MkdirTemp("", "compare")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		opts.Binary = filepath.Join(dir, "actionlog")
		cmd := exec.CommandContext(ctx, "go", "build", "-o", opts.Binary, "actionlog/archive/cmd/actionlog")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build actionlog: %w: %s", err, out)
		}
	}
	return compare.Run(ctx, opts)
}
