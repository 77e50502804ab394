package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestHelp holds that each command has examples, and that each of them runs.
func TestHelp(t *testing.T) {
	t.Parallel()
	_, list, _ := strings.Cut(run(t, "--help").stdout, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	names := regexp.MustCompile(`(?m)^  (\w+) `).FindAllStringSubmatch(list, -1)
	if len(names) < 8 {
		t.Fatalf("only %d commands: %v", len(names), names)
	}
	for _, m := range names {
		name := m[1]
		if name == "help" || name == "completion" {
			continue
		}
		r := run(t, name, "--help")
		_, examples, ok := strings.Cut(r.stdout, "Examples:\n")
		if !ok || r.status != 0 {
			t.Errorf("%s has no example: %+v", name, r)
		}
		examples, _, _ = strings.Cut(examples, "\n\n")
		for line := range strings.SplitSeq(examples, "\n") {
			line, _, _ = strings.Cut(line, " | ")
			words := strings.Fields(line)
			if len(words) == 0 || words[0] != "actionlog" {
				continue
			}
			runExample(t, line)
		}
	}
}

// runExample runs a command line that the help shows, on an archive. What goes on
// until Ctrl-C, or wants a bucket, is only asked for its help.
func runExample(t *testing.T, line string) {
	t.Helper()
	dir, out := newArchive(t), t.TempDir()
	words := strings.Fields(line)[1:]
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "actions/"):
			words[i] = filepath.Join(dir, strings.TrimPrefix(word, "actions/"))
			if _, err := os.Stat(words[i]); err != nil { // the last days are not sealed
				words[i] = strings.TrimSuffix(words[i], ".gz")
			}
		case i > 0 && words[i-1] == "-o":
			words[i] = filepath.Join(out, word)
		}
	}
	if words[0] == "serve" || words[0] == "ship" || words[0] == "push" || words[0] == "pull" || words[0] == "tail" && words[1] == "-f" {
		words = append(words, "--help")
	}
	r := runEnv(t, map[string]string{"ACTIONLOG_DIR": dir}, words...)
	if r.status > 1 || r.status == 0 && r.stdout+r.stderr == "" {
		t.Errorf("%s: %+v", line, r)
	}
}

// TestDocComment holds that the commands in the program's doc comment run.
func TestDocComment(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../cmd/actionlog/main.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(source)) {
		if command, ok := strings.CutPrefix(line, "//\tactionlog "); ok {
			n++
			runExample(t, "actionlog "+command)
		}
	}
	if n < 4 {
		t.Errorf("only %d commands", n)
	}
}

// TestCompletion holds that each shell gets a script, and values are completed.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r := run(t, "completion", shell); r.status != 0 || !strings.Contains(r.stdout, "actionlog") {
			t.Errorf("%s: %+v", shell, r)
		}
	}
	dir := newArchive(t)
	for want, args := range map[string][]string{
		"ChatService":         {"search", dir, "--service", ""},
		"POST /cases/{id}":    {"stats", dir, "--action", ""},
		"POST /messages/{id}": {"compare", "1d..0s", "2d..1d", dir, "--action", ""},
		"failed":              {"search", "--status", ""},
		"logfmt":              {"stats", "--format", ""},
		"parquet":             {"export", "--format", ""},
		"-duration":           {"search", "--sort", ""},
		"search":              {"sea"},
		"request-id":          {"search", "--request"},
	} {
		if r := run(t, append([]string{"__complete"}, args...)...); !strings.Contains(r.stdout, want) {
			t.Errorf("completing %v does not offer %s: %+v", args, want, r)
		}
	}
}

// TestFlagNames holds that flags may be written as the HTTP API writes them.
func TestFlagNames(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	a, b := run(t, "search", "--min_duration", "400", dir), run(t, "search", "--min-duration", "400ms", dir)
	if a != b || a.status != 0 || a.stdout == "" {
		t.Errorf("%+v is not %+v", a, b)
	}
	a, b = run(t, "search", "--since", "36h", "--until", "2026-11-22T12:00", dir), run(t, "search", "--from", "36h", "--to", "2026-11-22T12:00", dir)
	if a != b || a.status != 0 || a.stdout == "" {
		t.Errorf("%+v is not %+v", a, b)
	}
	if r := run(t, "compare", "--since", "1h", "1d..0s", "2d..1d", dir); r.status != 2 || !strings.Contains(r.stderr, "--since") {
		t.Errorf("%+v", r)
	}
}

// TestDefaultFolder holds that ACTIONLOG_DIR names the archive.
func TestDefaultFolder(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	if r := runEnv(t, map[string]string{"ACTIONLOG_DIR": dir}, "stats"); r.status != 0 {
		t.Errorf("%+v", r)
	}
}

// TestBare tells what there is.
func TestBare(t *testing.T) {
	t.Parallel()
	if r := run(t); r.status != 2 || !strings.Contains(r.stdout, "Available Commands") {
		t.Errorf("%+v", r)
	}
}

// TestVersion holds that the build can be told in a report.
func TestVersion(t *testing.T) {
	t.Parallel()
	r := run(t, "--version")
	if !regexp.MustCompile(`^actionlog version \S.* go1\.\d+\S*\n$`).MatchString(r.stdout) || r.status != 0 {
		t.Errorf("--version: %+v", r)
	}
}

// TestCompletionOfUnknownShell holds that a shell without completion is
// refused by name, and that the known ones have it.
func TestCompletionOfUnknownShell(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r := run(t, "completion", shell); r.status != 0 || !strings.Contains(r.stdout, "actionlog") {
			t.Errorf("completion %s: status %d", shell, r.status)
		}
	}
	r := run(t, "completion", "tcsh")
	if r.status != 2 || r.stdout != "" || !strings.Contains(r.stderr, `"tcsh"; allowed is bash, fish, powershell, zsh`) {
		t.Errorf("completion tcsh: %+v", r)
	}
	if r := run(t, "completion"); r.status != 0 || !strings.Contains(r.stdout, "zsh") {
		t.Errorf("completion: %+v", r)
	}
}
