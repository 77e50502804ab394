package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// child is how the command starts itself, so that each row has a process of
// its own.
func child(ctx context.Context, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// row is the command of a child: it measures one row and writes the result as
// go test does.
func row(w io.Writer, slug, benchtime string) error {
	p, ok := find(slug)
	if !ok {
		return fmt.Errorf("there is no row %q; there are %s", slug, slugs())
	}
	testing.Init()
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		return fmt.Errorf("set the time of a benchmark to %q: %w", benchtime, err)
	}
	err := errors.New("nothing was measured")
	result := testing.Benchmark(func(b *testing.B) { err = measure(b, p) })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "BenchmarkPeers/%s %s %s\n", slug, result, result.MemString())
	return err
}

// measured are the samples of a row.
type measured struct {
	seconds, allocs, bytes []float64
	median                 benchmath.Summary
}

// benchmarks runs every row once a round, and copies the results to keep as
// go test would have printed them.
func benchmarks(ctx context.Context, rows []peer, opts options, keep io.Writer) (map[string]*measured, error) {
	var results bytes.Buffer
	for round := range opts.count {
		for _, p := range rows {
			progress("speed: round %d of %d, %s", round+1, opts.count, p.slug)
			cmd, err := child(ctx, "row", p.slug, opts.benchtime)
			if err != nil {
				return nil, err
			}
			out, err := cmd.Output()
			if err != nil {
				return nil, fmt.Errorf("measure %s: %w", p.slug, err)
			}
			results.Write(out)
		}
	}
	progress("")
	if _, err := keep.Write(results.Bytes()); err != nil {
		return nil, fmt.Errorf("keep the results: %w", err)
	}
	return gather(&results)
}

// gather reads results as benchstat does.
func gather(r io.Reader) (map[string]*measured, error) {
	all := map[string]*measured{}
	reader := benchfmt.NewReader(r, "results")
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, fmt.Errorf("read the results: %w", rec)
		case *benchfmt.Result:
			_, slug, _ := strings.Cut(string(rec.Name.Full()), "/")
			m := all[slug]
			if m == nil {
				m = &measured{}
				all[slug] = m
			}
			for unit, into := range map[string]*[]float64{"sec/op": &m.seconds, "allocs/op": &m.allocs, "B/op": &m.bytes} {
				if v, ok := rec.Value(unit); ok {
					*into = append(*into, v)
				}
			}
		}
	}
	if err := reader.Err(); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	for slug, m := range all {
		if len(m.seconds) == 0 {
			return nil, fmt.Errorf("read the results: %s has no time", slug)
		}
		m.median = summary(m.seconds)
	}
	return all, nil
}

// summary returns the median and, from six samples on, where it lies with a
// confidence of 95 %.
func summary(values []float64) benchmath.Summary {
	return benchmath.AssumeNothing.Summary(benchmath.NewSample(values, &benchmath.DefaultThresholds), 0.95)
}

// printSpeed measures and writes the table.
func printSpeed(ctx context.Context, w io.Writer, opts options) error {
	keep := io.Discard
	if opts.keep != "" {
		f, err := os.Create(opts.keep)
		if err != nil {
			return fmt.Errorf("keep the results: %w", err)
		}
		defer f.Close()
		buffered := bufio.NewWriter(f)
		defer buffered.Flush()
		fmt.Fprintf(buffered, "goos: %s\ngoarch: %s\npkg: actionlog/middleware/peers\ncpu: %s\n", goos, goarch, processor())
		keep = buffered
	}
	began := time.Now()
	results, err := benchmarks(ctx, opts.rows, opts, keep)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Medians of %d rounds of %s, with their confidence interval of 95 %%, in %.0f s.\n\n", opts.count, opts.benchtime, time.Since(began).Seconds())
	speedTable(w, opts.rows, results)
	fmt.Fprintln(w)
	bounds(w, opts.rows, results)
	return nil
}
