package cli

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError is the value of a flag that was refused.
type flagError struct{ flag, value, allowed string }

// Error returns one sentence.
func (e *flagError) Error() string {
	return fmt.Sprintf("flag --%s is %q; allowed is %s", e.flag, e.value, e.allowed)
}

// exclusive refuses two flags that cannot be meant together.
func exclusive(one, other string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
			return fmt.Errorf("flags --%s and --%s are both given; allowed is one of them", one, other)
		}
		return nil
	}
}

// queryFlag is a parameter of a query as a flag.
type queryFlag struct{ name, usage string }

// filterFlags are the parameters that choose actions, by the names that the
// HTTP API has for them, with hyphens.
var filterFlags = []queryFlag{
	{"service", "this `name` of a service; repeat it for any of several"},
	{"action", "this `name` of an action; repeat it for any of several"},
	{"status", "success or failed"},
	{"instance", "recorded by this `name` of a process or host"},
	{"min-duration", "at least so long: 250ms, 1.5s, or whole milliseconds"},
	{"max-duration", "at most so long"},
	{"code", "status `code` or class: 404, 5xx"},
	{"request-id", "this request `id`"},
	{"trace-id", "this trace `id`, 32 hexadecimal digits"},
	{"id", "this `id` of an action"},
}

var rangeFlags = []queryFlag{
	{"from", "not before this `moment`: 2026-11-22T09:30:00Z, 2026-11-22, or 15m, 36h, 7d before now; also --since"},
	{"to", "before this `moment`; also --until"},
}

// query holds the flags of a query.
type query struct {
	values map[string]*[]string // by flag
	text   string
	tz     string
	flags  *pflag.FlagSet
}

// addQuery gives a command the flags that choose actions.
func (s *session) addQuery(cmd *cobra.Command, withRange bool) *query {
	q := &query{values: map[string]*[]string{}, flags: cmd.Flags()}
	list := slices.Clone(filterFlags)
	if withRange {
		list = append(list, rangeFlags...)
	}
	for _, f := range list {
		q.add(f)
	}
	cmd.Flags().StringVarP(&q.text, "q", "q", "", "`text` that the error, action, service, route or request id contains, whatever the case of letters")
	cmd.Flags().StringVar(&q.tz, "tz", "UTC", "time `zone` of what is shown, and of moments without one: UTC, local, Europe/Berlin")
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		switch { // by what other programs call them
		case name == "since" && withRange:
			name = "from"
		case name == "until" && withRange:
			name = "to"
		}
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions([]string{"success", "failed"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("code", cobra.FixedCompletions([]string{"2xx", "3xx", "4xx", "5xx", "500", "404"}, cobra.ShellCompDirectiveNoFileComp))
	front := 0
	if !withRange {
		front = 2 // compare has its stretches there
	}
	s.completeNames(cmd, func(args []string) []string { return args[min(front, len(args)):] })
	return q
}

func (q *query) add(f queryFlag) {
	values := &[]string{}
	q.values[f.name] = values
	q.flags.StringArrayVar(values, f.name, nil, f.usage)
}

// addOrder gives a command the flags of a page.
func (q *query) addOrder(cmd *cobra.Command) {
	q.add(queryFlag{"sort", "`order`: -timestamp (newest first, the default), timestamp, -duration, duration"})
	q.add(queryFlag{"cursor", "`cursor` of the next page, as the page before told it"})
	cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"-timestamp", "timestamp", "-duration", "duration"}, cobra.ShellCompDirectiveNoFileComp))
}

// read returns what the flags say, and the zone of --tz.
func (q *query) read(now time.Time) (storage.Query, *time.Location, error) {
	loc, err := location(q.tz)
	if err != nil {
		return storage.Query{}, nil, err
	}
	values := url.Values{}
	for name, list := range q.values {
		for _, v := range *list {
			if name == "from" || name == "to" {
				v = inZone(v, loc)
			}
			values.Add(strings.ReplaceAll(name, "-", "_"), v)
		}
	}
	if q.flags.Changed("q") {
		values.Set("q", q.text)
	}
	parsed, err := storage.ParseQuery(values, now)
	return parsed, loc, err
}

// zoneless are the forms of moments that say no zone.
var zoneless = []string{time.DateOnly, time.DateOnly + "T15:04", time.DateOnly + "T15:04:05", time.DateOnly + " 15:04", time.DateTime}

// inZone returns a moment that says no zone as one that does.
func inZone(v string, loc *time.Location) string {
	for _, form := range zoneless {
		if t, err := time.ParseInLocation(form, v, loc); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return v
}

// limit is the flag --limit: a number of actions.
type limit int

// String returns the number, or none.
func (l *limit) String() string {
	if *l <= 0 {
		return "none"
	}
	return strconv.Itoa(int(*l))
}

// Type returns what help calls the value.
func (l *limit) Type() string { return "number" }

// Set reads the number.
func (l *limit) Set(v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || v[0] == '+' {
		return fmt.Errorf("allowed is a whole number from 1 up")
	}
	*l = limit(n)
	return nil
}
