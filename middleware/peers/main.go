package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	count     int           // rounds of benchmarks
	benchtime string        // of one benchmark, as go test takes it
	rounds    int           // of wrk
	load      time.Duration // of one wrk
	keep      string        // file for the results of benchmarks
	rows      []peer
}

// run is the command, or the child that it starts.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 3 && args[0] == "row":
		return row(out, args[1], args[2])
	case len(args) == 2 && args[0] == "serve":
		return serve(in, out, args[1])
	}
	var opts options
	var only string
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.IntVar(&opts.count, "count", 7, "rounds of benchmarks; at least 6 for an interval")
	flags.StringVar(&opts.benchtime, "benchtime", "200ms", "how long one benchmark runs, as go test takes it")
	flags.IntVar(&opts.rounds, "rounds", 3, "rounds of wrk")
	flags.DurationVar(&opts.load, "load", 2*time.Second, "how long wrk loads one server, in whole seconds")
	flags.StringVar(&opts.keep, "keep", "", "file for the results of the benchmarks, for benchstat")
	flags.StringVar(&only, "only", "", "rows to measure, as a regular expression over "+slugs())
	if err := flags.Parse(args); err != nil {
		return err
	}
	if opts.count < 1 || opts.rounds < 1 || opts.load < time.Second {
		return errors.New("-count and -rounds have to be at least 1, -load at least 1s")
	}
	pattern, err := regexp.Compile("^(" + only + ")$")
	if err != nil {
		return fmt.Errorf("-only %q is no regular expression: %w", only, err)
	}
	for _, p := range peers() {
		if only == "" || pattern.MatchString(p.slug) {
			opts.rows = append(opts.rows, p)
		}
	}
	if len(opts.rows) == 0 {
		return fmt.Errorf("-only %q is none of the rows: %s", only, slugs())
	}
	return printParts(ctx, out, opts, flags.Args())
}

// printParts writes the parts that are asked for, all if none is.
func printParts(ctx context.Context, w io.Writer, opts options, parts []string) error {
	known := []struct {
		name  string
		print func() error
	}{
		{"speed", func() error { return printSpeed(ctx, w, opts) }},
		{"wire", func() error { return printWire(ctx, w, opts) }},
		{"situations", func() error { return printSituations(w) }},
	}
	asked := map[string]bool{}
	for _, name := range parts {
		asked[name] = true
	}
	fmt.Fprintf(w, "Measured on %s on %s, %d processors, %s %s/%s.\n", time.Now().UTC().Format(time.DateOnly), processor(), runtime.NumCPU(), runtime.Version(), goos, goarch)
	for _, part := range known {
		if len(parts) > 0 && !asked[part.name] {
			continue
		}
		delete(asked, part.name)
		fmt.Fprintln(w)
		if err := part.print(); err != nil {
			return err
		}
	}
	for name := range asked {
		return fmt.Errorf("there is no part %q; there are speed, wire and situations", name)
	}
	fmt.Fprintln(w)
	notes(w, opts.rows)
	return nil
}

// processor names the machine's, where the system tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unknown processor"
}

// progress tells a terminal what is being done, on one line.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}
