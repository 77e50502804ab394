package compare

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// tool is a program to ask.
type tool struct {
	name  string
	about func() string // its version, and what is to be said of its times

	// asks has a way to ask for each question that it can answer.
	asks map[string]ask
}

// ask is one way to ask one question.
type ask struct {
	args []string                              // a command
	env  []string                              // of the command, besides that of this process
	http func(context.Context) ([]byte, error) // or a request to a server
	read func(out []byte) (*answer, error)     // what it says
}

// The forms that programs without a query language make of a template.
const foldScript = `sed -E "s/'[^']*'/'<s>'/g; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<id>/g; s/[0-9]+([.:,][0-9]+)*/<n>/g"`

// countScript counts equal lines.
var countScript = fmt.Sprintf("LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2 | head -n %d", topErrors)

// shell is a pipeline; $@ are the files.
func shell(script string, files []string) []string {
	return append([]string{"bash", "-o", "pipefail", "-c", script, "-"}, files...)
}

// actionlogTool is the program that is compared.
func actionlogTool(s *subject, binary string) *tool {
	command := func(args ...string) []string { return append([]string{binary}, args...) }
	stamp := func(t time.Time) string { return t.Format(time.RFC3339) }
	return &tool{name: "actionlog", about: says("this module's command line, as `go build` makes it"), asks: map[string]ask{
		askID:     {args: command("search", "--request-id", s.requestID, s.dir), read: readActions},
		askFailed: {args: command("search", "--status", "failed", "--service", s.service, "--from", stamp(s.from), "--to", stamp(s.to), "--all", s.dir), read: readActions},
		askStats:  {args: command("stats", s.dir), read: readPairs(float64(time.Millisecond))},
		askErrors: {args: command("errors", "--limit", fmt.Sprint(topErrors), s.dir), read: readTemplates},
		askText:   {args: command("search", "-q", s.needle, "--all", s.dir), read: readActions},
		askPlain:  {args: command(append([]string{"search", "-q", s.needle, "--all"}, s.gzip...)...), read: readActions},
	}}
}

// grepTool is ripgrep or ugrep, which need the flags given to print the lines
// of packed files and nothing else.
func grepTool(s *subject, name, program string, flags ...string) (*tool, error) {
	about, err := version(program)
	if err != nil {
		return nil, err
	}
	command := func(pattern string, files []string) []string {
		return append(append(append([]string{program}, flags...), "-e", pattern), files...)
	}
	fixed := func(text string, files []string) []string {
		return append(append(append([]string{program}, flags...), "-F", "-e", text), files...)
	}
	hour := s.from.Format("2006-01-02T15:")
	script := program + " " + strings.Join(flags, " ") + ` -o -e '"error":"[^"]*"' "$@" | ` + `sed -E 's/^"error":"(.*)"$/\1/' | ` + foldScript + " | " + countScript
	return &tool{name: name, about: says(about), asks: map[string]ask{
		askID:     {args: fixed(`"requestId":"`+s.requestID+`"`, s.sealed), read: readActions},
		askFailed: {args: command(`^\{"timestamp":"`+hour+`[^"]*","service":"`+s.service+`","action":"[^"]*","status":"failed"`, s.sealed), read: readActions},
		askErrors: {args: shell(script, s.sealed), read: readCounts},
		askText:   {args: fixed(s.needle, s.sealed), read: readActions},
		askPlain:  {args: fixed(s.needle, s.gzip), read: readActions},
	}}, nil
}

// jqTool is zcat with jq behind it.
func jqTool(s *subject) (*tool, error) {
	about, err := version("jq")
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath("zcat"); err != nil {
		return nil, err
	}
	sel := func(filter string, files []string) []string {
		return shell(`zcat "$@" | jq -c '`+filter+`'`, files)
	}
	contains := fmt.Sprintf(`select(([.error, .action, .service, .http.route, .http.requestId] | any(. != null and contains(%q))))`, s.needle)
	stats := `zcat "$@" | jq -r '[.service, .action, (if .status == "failed" then 1 else 0 end), .durationNs] | @tsv' |
		LC_ALL=C sort -t "$(printf '\t')" -k1,1 -k2,2 -k4,4n -S 1G | awk -F '\t' '
		function rank(p) { return list[int((n * p + 99) / 100)] }
		function end() {
			if (n) printf "{\"service\":\"%s\",\"action\":\"%s\",\"total\":%d,\"failed\":%d,\"p50\":%s,\"p95\":%s,\"p99\":%s}\n", s, a, n, f, rank(50), rank(95), rank(99)
			n = f = 0
		}
		$1 != s || $2 != a { end(); s = $1; a = $2 }
		{ list[++n] = $4; f += $3 }
		END { end() }'`
	errors := `zcat "$@" | jq -r 'select(.status == "failed") | .error' | ` + foldScript + " | " + countScript
	return &tool{name: "zcat and jq", about: says(about + "; statistics with sort and awk behind it, exact"), asks: map[string]ask{
		askID:     {args: sel(fmt.Sprintf(`select(.http.requestId == %q)`, s.requestID), s.sealed), read: readActions},
		askFailed: {args: sel(fmt.Sprintf(`select(.status == "failed" and .service == %q and (.timestamp | startswith(%q)))`, s.service, s.from.Format("2006-01-02T15:")), s.sealed), read: readActions},
		askStats:  {args: shell(stats, s.sealed), read: readPairs(1)},
		askErrors: {args: shell(errors, s.sealed), read: readCounts},
		askText:   {args: sel(contains, s.sealed), read: readActions},
		askPlain:  {args: sel(contains, s.gzip), read: readActions},
	}}, nil
}

// says returns a function that returns the text.
func says(text string) func() string { return func() string { return text } }

// version returns the first line of what a program says of itself.
func version(program string) (string, error) {
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line), nil
}
