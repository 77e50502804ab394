package cli_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"actionlog/archive/internal/cli"
)

// runIn runs a command line with a standard input.
func runIn(t *testing.T, in io.Reader, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := cli.Run(t.Context(), cli.Env{
		Stdin: in, Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return now },
	}, args)
	return result{stdout.String(), stderr.String(), status}
}

// TestStdin holds that standard input answers as a folder does.
func TestStdin(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	var text []byte
	for _, a := range sample() {
		text = append(a.AppendJSON(text), '\n')
	}
	for _, args := range [][]string{
		{"search", "--status", "failed"},
		{"search", "--all"},
		{"search", "--limit", "2000", "--sort", "duration"},
		{"search", "--all", "--sort", "timestamp", "-q", "refused"},
		{"stats"},
		{"stats", "--by", "code"},
		{"stats", "--step", "1h"},
		{"errors"},
		{"slow"},
		{"slow", "--each"},
		{"export", "--format", "csv"},
		{"tail"},
		{"show", string(sample()[5].ID)},
		{"show", "req-003"},
		{"show", "4BF92F3577B34DA6A3CE929D0E0E4736"},
		{"show", "nobody"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			want := run(t, append(args, dir)...)
			got := runIn(t, bytes.NewReader(text), append(args, "-")...)
			if got != want {
				t.Errorf("%+v\nis not what the folder answers:\n%+v", got, want)
			}
		})
	}
	for _, args := range [][]string{{"compare", "2026-11-21", "2026-11-22", "-"}, {"serve", "-"}, {"search", "-", "-"}} {
		if r := runIn(t, bytes.NewReader(text), args...); r.status != 2 || !strings.Contains(r.stderr, "standard input") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

// TestStdinFollow gives out what comes before the end.
func TestStdinFollow(t *testing.T) {
	t.Parallel()
	var text []byte
	for _, a := range sample()[:3] {
		text = append(a.AppendJSON(text), '\n')
	}
	if r := runIn(t, bytes.NewReader(text), "tail", "-f", "-"); r.status != 0 || r.stdout != string(text) {
		t.Errorf("%+v", r)
	}
}

// TestStdinInterrupted ends while standard input keeps it waiting.
func TestStdinInterrupted(t *testing.T) {
	t.Parallel()
	in, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	status := cli.Run(ctx, cli.Env{Stdin: in, Stdout: io.Discard, Stderr: io.Discard}, []string{"stats", "-"})
	if status != cli.StatusInterrupted {
		t.Errorf("status %d", status)
	}
}
