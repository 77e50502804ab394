package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be the child that the command starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "row" || os.Args[1] == "serve") {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// command runs the command and returns what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(context.Background(), args, strings.NewReader(""), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSpeed(t *testing.T) {
	keep := t.TempDir() + "/results"
	got := command(t, "-count", "1", "-benchtime", "10x", "-only", "bare|ring|hlog", "-keep", keep, "speed")
	for _, want := range []string{
		`(?m)^Measured on \d{4}-\d\d-\d\d on .*, \d+ processors, go1\.`,
		`(?m)^\| \*\*actionlog\*\*, ring \| \d+ ns \| of 1 \| -?\d+ ns \| \d+, \d+ B \| 1\.00 \| – \|$`,
		`(?m)^\| ring, of the cheapest logger \(hlog\) \| 0\.15 \| \d`,
		`(?m)^- zerolog's hlog, AccessHandler \(github.com/rs/zerolog v`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	kept, err := os.ReadFile(keep)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^BenchmarkPeers/hlog .* ns/op`).Match(kept) {
		t.Errorf("kept were\n%s", kept)
	}
}

func TestOverLoopback(t *testing.T) {
	if _, err := exec.LookPath("wrk"); err != nil {
		const missing = "wrk is missing; Debian's package wrk brings it"
		if os.Getenv("ACTIONLOG_FULL") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	got := command(t, "-rounds", "1", "-load", "1s", "-only", "ring", "wire")
	if !regexp.MustCompile(`(?m)^\| \*\*actionlog\*\*, ring \| [1-9]\d* \| \d+–\d+ \| – \| \d+\.\d µs \|$`).MatchString(got) {
		t.Errorf("it printed\n%s", got)
	}
}

func TestWithoutWrk(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if got := command(t, "wire"); !strings.Contains(got, "skipped, wrk is missing") {
		t.Errorf("it printed\n%s", got)
	}
}

func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"row":     {[]string{"-only", "nobody"}, `-only "nobody" is none of the rows: bare, floor, ring`},
		"pattern": {[]string{"-only", "("}, `-only "(" is no regular expression`},
		"part":    {[]string{"-only", "bare", "speeds"}, `there is no part "speeds"; there are speed, wire and situations`},
		"count":   {[]string{"-count", "0"}, "-count and -rounds have to be at least 1"},
		"child":   {[]string{"row", "nobody", "1x"}, `there is no row "nobody"; there are bare`},
		"server":  {[]string{"serve", "nobody"}, `there is no row "nobody"; there are bare`},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(context.Background(), tt.args, strings.NewReader(""), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, want %q in it", err, tt.want)
			}
		})
	}
}

// TestModule holds that nobody who uses the main module downloads the peers,
// but for those that it stands on itself.
func TestModule(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	shared := []string{"github.com/rs/zerolog", "github.com/uptrace/bunrouter", "github.com/prometheus/client_golang", "golang.org/x/net"}
	for _, p := range peers() {
		if p.module != "" && !slices.Contains(shared, p.module) && strings.Contains(string(text), p.module+" ") {
			t.Errorf("%s is in the go.mod of the main module", p.module)
		}
	}
}
