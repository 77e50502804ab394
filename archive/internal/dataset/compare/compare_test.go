package compare_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"actionlog/archive/internal/dataset"
	"actionlog/archive/internal/dataset/compare"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// built returns the path of the command line.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "actionlog")
	if out, err := exec.Command("go", "build", "-o", path, "actionlog/archive/cmd/actionlog").CombinedOutput(); err != nil {
		t.Fatalf("build actionlog: %v: %s", err, out)
	}
	return path
}

func written(t *testing.T, opts dataset.Options) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "set")
	if err := dataset.Write(t.Context(), dir, opts, []string{dataset.Archive, dataset.Gzip}, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

var small = dataset.Options{Count: 20_000, Days: 2}

// TestAllAnswersAgree asks every tool that is there.
func TestAllAnswersAgree(t *testing.T) {
	t.Parallel()
	report, err := compare.Run(t.Context(), compare.Options{
		Data: written(t, small), Dataset: small, Binary: built(t), Folder: os.Getenv("ACTIONLOG_TOOLS"), Runs: 1, Log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range report.Differences {
		t.Errorf("another answer: %s", d)
	}
	text := report.Markdown()
	rows := regexp.MustCompile(`(?m)^\| [^|]+ \|( [\d.]+ m?s \([\d.]+ m?s\)(, \d+ MB)? \|| – \|){1,6}$`).FindAllString(text, -1)
	if want := 6; len(rows) < want || !strings.Contains(text, "All gave the same answers") {
		t.Errorf("%d rows of times in:\n%s", len(rows), text)
	}
	if len(report.Missing) == 0 {
		return
	}
	why := "missing are " + strings.Join(report.Missing, ", ") + "; archive/internal/dataset/tools.sh FOLDER brings them, and ACTIONLOG_TOOLS=FOLDER names it"
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		t.Fatal("full check: " + why)
	}
	t.Skip(why)
}

// TestOtherAnswersAreTold asks about a data set that is another than it is
// said to be, and has a program answer nothing.
func TestOtherAnswersAreTold(t *testing.T) {
	t.Parallel()
	other := small
	other.FailShare = 0.03
	report, err := compare.Run(t.Context(), compare.Options{Data: written(t, small), Dataset: other, Binary: built(t), Only: []string{"actionlog"}, Runs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Differences) < 3 || !strings.Contains(report.Markdown(), "**another answer**: actionlog, stats: ") {
		t.Errorf("the differences are %q", report.Differences)
	}

	silent := filepath.Join(t.TempDir(), "silent")
	if err := os.WriteFile(silent, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	report, err = compare.Run(t.Context(), compare.Options{Data: written(t, small), Dataset: small, Binary: silent, Only: []string{"actionlog"}, Runs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Differences) != 6 {
		t.Errorf("of a program that finds nothing, the differences are %q", report.Differences)
	}
}

func TestTroubleIsTold(t *testing.T) {
	t.Parallel()
	data := written(t, small)
	for _, c := range []struct {
		name string
		opts compare.Options
		want string
	}{
		{"unknown-tool", compare.Options{Only: []string{"awk"}}, `tool "awk" is unknown; allowed are actionlog, ripgrep, ugrep, duckdb, jq, victorialogs`},
		{"runs", compare.Options{Runs: -1}, "the number of runs is -1; allowed is 1 to 100"},
		{"data-set", compare.Options{Dataset: dataset.Options{Days: -1}}, "data set option Days is -1"},
		{"no-data", compare.Options{Data: t.TempDir(), Dataset: small}, "has no files *.jsonl.gz"},
		{"too-small", compare.Options{Data: data, Dataset: dataset.Options{Count: 1}}, "a data set of 1 actions is too small to ask about"},
		{"no-program", compare.Options{Data: data, Dataset: small, Binary: "/no/such/program", Only: []string{"actionlog"}}, "ask actionlog for id: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := compare.Run(t.Context(), c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
	report, err := compare.Run(t.Context(), compare.Options{Data: data, Dataset: small, Only: []string{"duckdb", "victorialogs"}})
	if err != nil || len(report.Missing) != 2 || !strings.Contains(report.Markdown(), "not to be had here: duckdb: it is not in the folder of tools") {
		t.Errorf("%+v, %v", report, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := compare.Run(ctx, compare.Options{Data: data, Dataset: small, Binary: "/bin/true", Only: []string{"actionlog"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}
