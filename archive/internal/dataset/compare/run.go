package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"actionlog/archive/internal/dataset"
)

// Tools are the programs that can be compared.
var Tools = []string{"actionlog", "ripgrep", "ugrep", "duckdb", "jq", "victorialogs"}

// Options says what is compared.
type Options struct {
	// Data is the folder of a data set with the forms archive and gzip, as
	// [dataset.Write] makes it of Dataset.
	Data string

	// Dataset is what Data was made of.
	Dataset dataset.Options

	// Binary is the path of the built command line, actionlog.
	Binary string

	// Folder is where tools.sh has put DuckDB and VictoriaLogs.
	Folder string

	// Only are the tools to compare; all of Tools by default.
	Only []string

	// Runs is how often each question is asked of each tool, if that takes less
	// than a minute, and four times that if it takes less than two seconds. The
	// default is 5.
	Runs int

	// Log is told what is going on; nobody by default.
	Log func(format string, args ...any)
}

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if len(o.Only) == 0 {
		o.Only = Tools
	}
	if o.Runs == 0 {
		o.Runs = 5
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return o
}

// stated is by which share our quantiles may be off.
const stated = 0.02

// Run asks everything of every tool that is there. The error is what kept it
// from going on; answers that differ are in the report.
func Run(ctx context.Context, opts Options) (_ *Report, err error) {
	opts = opts.withDefaults()
	for _, name := range opts.Only {
		if !slices.Contains(Tools, name) {
			return nil, fmt.Errorf("tool %q is unknown; allowed are %s", name, strings.Join(Tools, ", "))
		}
	}
	if opts.Runs < 1 || opts.Runs > 100 {
		return nil, fmt.Errorf("the number of runs is %d; allowed is 1 to 100", opts.Runs)
	}
	stream, err := dataset.New(opts.Dataset)
	if err != nil {
		return nil, err
	}
	opts.Log("count the right answers")
	s, right, err := newSubject(opts.Data, opts.Dataset, stream.Len())
	if err != nil {
		return nil, err
	}
	r, err := newReport(s)
	if err != nil {
		return nil, err
	}
	for _, name := range opts.Only {
		t, stop, err := newTool(ctx, opts, name, s)
		defer stop()
		var missing *missingError
		switch {
		case errors.As(err, &missing):
			r.Missing = append(r.Missing, err.Error())
			opts.Log("%v", err)
		case err != nil:
			return nil, fmt.Errorf("begin with %s: %w", name, err)
		default:
			r.tools = append(r.tools, t)
		}
	}
	for _, q := range questions {
		opts.Log("%s", q.title)
		if err := r.ask(ctx, opts, q.key, right[q.key]); err != nil {
			return nil, err
		}
	}
	for _, t := range r.tools {
		r.notes = append(r.notes, t.name+": "+t.about())
	}
	return r, nil
}

// missingError tells of a tool that is not there.
type missingError struct {
	name string
	err  error
}

func (e *missingError) Error() string { return e.name + ": " + e.err.Error() }
func (e *missingError) Unwrap() error { return e.err }

// newTool gets a tool ready. stop is to be called in the end.
func newTool(ctx context.Context, opts Options, name string, s *subject) (t *tool, stop func(), err error) {
	stop = func() {}
	switch name {
	case "actionlog":
		t = actionlogTool(s, opts.Binary)
	case "ripgrep":
		t, err = grepTool(s, "ripgrep -z", "rg", "-z", "-N", "-I", "--no-config")
	case "ugrep":
		t, err = grepTool(s, "ugrep -z", "ugrep", "-z", "-h", "--no-line-number")
	case "duckdb":
		t, err = duckTool(s, opts.Folder)
	case "jq":
		t, err = jqTool(s)
	case "victorialogs":
		program := filepath.Join(opts.Folder, "victoria-logs")
		if _, err := os.Stat(program); opts.Folder == "" || err != nil {
			return nil, stop, &missingError{name, errors.New("it is not in the folder of tools")}
		}
		dir, err := os.MkdirTemp("", "compare")
		if err != nil {
			return nil, stop, err
		}
		opts.Log("%s: import", name)
		v, err := startServer(ctx, program, dir, s)
		if err != nil {
			return nil, func() { os.RemoveAll(dir) }, err
		}
		stop = func() {
			v.stop()
			os.RemoveAll(dir)
		}
		return victoriaTool(s, v), stop, nil
	}
	if err != nil {
		err = &missingError{name, err}
	}
	return t, stop, err
}

// ask asks each tool a question, one after the other and again in turn, so that
// whatever else the machine does hinders all of them alike.
func (r *Report) ask(ctx context.Context, opts Options, key string, right *answer) error {
	asked := map[*tool]*measured{}
	for _, t := range r.tools {
		a, can := t.asks[key]
		if !can {
			continue
		}
		m, ans, err := begin(ctx, a)
		if err != nil {
			return fmt.Errorf("ask %s for %s: %w", t.name, key, err)
		}
		asked[t] = m
		r.add(t, key, m, ans, right)
	}
	for range oftener * opts.Runs {
		for _, t := range r.tools {
			if m := asked[t]; m != nil {
				if err := m.again(ctx, opts.Runs); err != nil {
					return fmt.Errorf("ask %s for %s: %w", t.name, key, err)
				}
			}
		}
	}
	for _, t := range r.tools {
		if m := asked[t]; m != nil {
			slices.Sort(m.times)
			opts.Log("… %s: %s", t.name, m)
		}
	}
	return nil
}
