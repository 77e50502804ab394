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
	// than a minute. The default is 5.
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
		if err := r.runTool(ctx, opts, name, s, right); err != nil {
			return nil, fmt.Errorf("ask %s: %w", name, err)
		}
	}
	return r, nil
}

// runTool asks one tool everything, if it is there.
func (r *Report) runTool(ctx context.Context, opts Options, name string, s *subject, right map[string]*answer) error {
	var t *tool
	var err error
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
		if _, err = os.Stat(program); opts.Folder == "" || err != nil {
			err = errors.New("it is not in the folder of tools")
			break
		}
		dir, err := os.MkdirTemp("", "compare")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		opts.Log("%s: import", name)
		v, err := startServer(ctx, program, dir, s)
		if err != nil {
			return err
		}
		defer v.stop()
		t = victoriaTool(s, v)
	}
	if err != nil {
		r.Missing = append(r.Missing, fmt.Sprintf("%s: %v", name, err))
		opts.Log("%s is missing: %v", name, err)
		return nil
	}
	r.tools = append(r.tools, t)
	for _, q := range questions {
		a, can := t.asks[q.key]
		if !can {
			continue
		}
		m, ans, err := measure(ctx, a, opts.Runs)
		if err != nil {
			return fmt.Errorf("%s: %w", q.title, err)
		}
		opts.Log("%s, %s: %s", name, q.title, m)
		r.add(t, q.key, m, ans, right[q.key])
	}
	return nil
}
