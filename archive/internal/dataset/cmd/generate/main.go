// Command generate writes a data set to measure with:
//
//	go run ./archive/internal/dataset/cmd/generate --out /tmp/dataset
//	go run ./archive/internal/dataset/cmd/generate --out /tmp/small --count 100000 --forms archive,lines
//
// The same flags give the same bytes. The folder appears when it is whole;
// Ctrl-C leaves nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"actionlog/archive/internal/dataset"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}

// run returns the exit status: 0, 2 for trouble, 130 for Ctrl-C.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "generate writes actions to measure with, the same for the same flags.\n\nUsage: generate --out FOLDER [flags]\n\n")
		flags.PrintDefaults()
	}
	out := flags.String("out", "", "make this `folder`, which must not be there yet, with one in it for each form")
	forms := flags.String("forms", strings.Join(dataset.Forms, ","), "`forms` to write, with commas between")
	start := flags.String("start", "2026-11-16", "`day` of the first actions")
	var opts dataset.Options
	flags.IntVar(&opts.Count, "count", 5_000_000, "`number` of actions")
	flags.IntVar(&opts.Days, "days", 5, "`number` of days")
	flags.IntVar(&opts.Services, "services", 12, "`number` of services")
	flags.IntVar(&opts.Actions, "actions", 15, "`number` of actions of each service")
	flags.Float64Var(&opts.FailShare, "fail", 0.02, "`share` of actions that fail, 0 to 1")
	flags.Uint64Var(&opts.Seed, "seed", 1, "`number` from 1 up that makes another data set of the same kind")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if err := generate(ctx, stdout, flags, *out, *forms, *start, opts); err != nil {
		fmt.Fprintf(stderr, "generate: %v\n", err)
		if ctx.Err() != nil {
			return 130
		}
		return 2
	}
	return 0
}

func generate(ctx context.Context, stdout io.Writer, flags *flag.FlagSet, out, forms, start string, opts dataset.Options) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag; generate --help lists those that there are", flags.Arg(0))
	}
	if out == "" {
		return errors.New("no folder is named; say --out FOLDER")
	}
	day, err := time.Parse(time.DateOnly, start)
	if err != nil {
		return fmt.Errorf("flag --start is %q; allowed is a day such as 2026-11-16", start)
	}
	opts.Start = day
	for _, n := range []struct {
		name string
		zero bool
	}{
		{"count", opts.Count == 0},
		{"days", opts.Days == 0},
		{"services", opts.Services == 0},
		{"actions", opts.Actions == 0},
		{"seed", opts.Seed == 0},
	} {
		if n.zero { // which the library takes for its default
			return fmt.Errorf("flag --%s is 0; allowed is a whole number from 1 up", n.name)
		}
	}
	if opts.FailShare == 0 {
		opts.FailShare = -1
	}
	began := time.Now()
	if err := dataset.Write(ctx, out, opts, strings.Split(forms, ","), nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %d actions, in %s\n", out, opts.Count, time.Since(began).Round(100*time.Millisecond))
	return err
}
