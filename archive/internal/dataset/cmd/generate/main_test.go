package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		name, args     string
		status         int
		stdout, stderr string
	}{
		{"help", "--help", 0, "", "-count number\n    \tnumber of actions (default 5000000)"},
		{"small", "--out DIR/small --count 2000 --days 2 --forms archive,lines", 0, "small: 2000 actions, in ", ""},
		{"without-failures", "--out DIR/sound --count 10 --fail 0 --forms lines", 0, "sound: 10 actions, in ", ""},
		{"no-folder", "--count 5", 2, "", "generate: no folder is named; say --out FOLDER\n"},
		{"there-already", "--out DIR", 2, "", "it is there already; name another, or remove it\n"},
		{"no-flag", "--out DIR/x y", 2, "", `generate: "y" is no flag; generate --help lists those that there are` + "\n"},
		{"unknown-flag", "--speed 5", 2, "", "flag provided but not defined: -speed"},
		{"no-day", "--out DIR/x --start today", 2, "", `generate: flag --start is "today"; allowed is a day such as 2026-11-16` + "\n"},
		{"zero", "--out DIR/x --count 0", 2, "", "generate: flag --count is 0; allowed is a whole number from 1 up\n"},
		{"negative", "--out DIR/x --count -3", 2, "", "generate: data set option Count is -3; allowed is 1 to 1099511627776\n"},
		{"unknown-form", "--out DIR/x --forms zip", 2, "", `generate: form "zip" is unknown; allowed are archive, lines, gzip` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), &stdout, &stderr, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir)))
			if status != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("status %d, %q, %q; want %d, %q, %q", status, &stdout, &stderr, c.status, c.stdout, c.stderr)
			}
			if (status == 0) != (stderr.Len() == 0) && c.name != "help" {
				t.Errorf("status %d with %q on standard error", status, &stderr)
			}
		})
	}
}

func TestInterruptLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if status := run(ctx, &stdout, &stderr, []string{"--out", filepath.Join(dir, "x")}); status != 130 || stdout.Len() > 0 {
		t.Errorf("status %d, %q, %q; want 130", status, &stdout, &stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v was left, %v", left, err)
	}
}
