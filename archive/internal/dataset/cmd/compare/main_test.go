package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, args string
		status     int
		stderr     string
	}{
		{"help", "--help", 0, "-data folder"},
		{"no-folder", "", 2, "compare: no folder is named; say --data FOLDER\n"},
		{"no-flag", "--data x y", 2, `compare: "y" is no flag; compare --help lists those that there are` + "\n"},
		{"unknown-flag", "--speed 5", 2, "flag provided but not defined: -speed"},
		{"small", "--data x --count 10", 2, "compare: flag --count is 10; allowed is a whole number from 1000 up\n"},
		{"unknown-tool", "--data DIR --count 1000 --only awk --binary x", 2, `compare: tool "awk" is unknown`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := strings.Fields(strings.ReplaceAll(c.args, "DIR", filepath.Join(t.TempDir(), "set")))
			if status := run(t.Context(), &stdout, &stderr, args); status != c.status || !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("status %d, %q; want %d, %q", status, &stderr, c.status, c.stderr)
			}
		})
	}
}

// TestMakesWhatIsMissing lets it build the program and write the data set.
func TestMakesWhatIsMissing(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), &stdout, &stderr, []string{"--data", filepath.Join(t.TempDir(), "set"), "--count", "20000", "--runs", "1", "--only", "actionlog"})
	if status != 0 || !strings.Contains(stdout.String(), "| 20,000 actions, 1 MB of gzip | actionlog |") {
		t.Errorf("status %d, %s%s", status, &stdout, &stderr)
	}
}
