package cli_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// TestGolden holds what each command prints, and its exit status.
func TestGolden(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	tests := []struct {
		name   string
		status int
		args   []string
	}{
		{"search-table", 0, []string{"search", "--format", "table", "--status", "failed", "--limit", "5"}},
		{"search-tz", 0, []string{"search", "--format", "table", "--tz", "America/New_York", "--limit", "3", "--from", "2026-11-21", "--to", "2026-11-22"}},
		{"search-jsonl", 0, []string{"search", "--service", "ChatService", "--min-duration", "300ms", "--sort", "duration", "--limit", "3"}},
		{"search-csv", 0, []string{"search", "--format", "csv", "-q", "CMD", "--code", "5xx"}},
		{"search-logfmt", 0, []string{"search", "--format", "logfmt", "--limit", "3"}},
		{"search-all-oldest", 0, []string{"search", "--format", "table", "--all", "--sort", "timestamp", "--to", "2026-11-22"}},
		{"search-nothing", 1, []string{"search", "--service", "Nobody"}},
		{"search-nothing-csv", 1, []string{"search", "--service", "Nobody", "--format", "csv"}},
		{"stats", 0, []string{"stats", "--format", "table"}},
		{"stats-service", 0, []string{"stats", "--format", "table", "--by", "service"}},
		{"stats-none", 0, []string{"stats", "--format", "table", "--by", "none"}},
		{"stats-code", 0, []string{"stats", "--format", "csv", "--by", "code,method"}},
		{"stats-jsonl", 0, []string{"stats", "--by", "service"}},
		{"stats-logfmt", 0, []string{"stats", "--format", "logfmt", "--by", "service"}},
		{"stats-step", 0, []string{"stats", "--format", "table", "--step", "12h"}},
		{"stats-step-tz", 0, []string{"stats", "--format", "csv", "--step", "1d", "--tz", "Asia/Tokyo"}},
		{"stats-step-jsonl", 0, []string{"stats", "--step", "1d"}},
		{"slow", 0, []string{"slow", "--format", "table", "--limit", "4"}},
		{"slow-each", 0, []string{"slow", "--format", "table", "--each", "--service", "CaseService"}},
		{"errors", 0, []string{"errors", "--format", "table"}},
		{"errors-jsonl", 0, []string{"errors", "--limit", "1"}},
		{"errors-nothing", 1, []string{"errors", "--status", "success"}},
		{"tail", 0, []string{"tail", "--format", "table", "-n", "3"}},
		{"compare", 0, []string{"compare", "--format", "table", "--all", "2026-11-21", "2026-11-23"}},
		{"compare-jsonl", 0, []string{"compare", "60h..24h", "24h..0s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, append(test.args, dir)...)
			if r.status != test.status {
				t.Errorf("status is %d, not %d; it says: %s", r.status, test.status, r.stderr)
			}
			golden(t, test.name+".txt", r.stdout)
		})
	}
}

// TestShow finds an action by each of its ids.
func TestShow(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	for name, id := range map[string]string{
		"id": string(sample()[59].ID), "request": "req-003", "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, "show", "--format", "table", id, dir)
			if r.status != 0 {
				t.Errorf("status is %d: %s", r.status, r.stderr)
			}
			golden(t, "show-"+name+".txt", r.stdout)
		})
	}
	if r := run(t, "show", "nobody", dir); r.status != 1 || r.stdout != "" {
		t.Errorf("an id that there is not: %+v", r)
	}
}

// TestSameActions holds that pages, the order of time and the formats all tell
// of the same actions.
func TestSameActions(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	want := map[string]bool{}
	for _, a := range sample() {
		want[string(a.ID)] = true
	}
	for _, args := range [][]string{
		{"search", "--all"},
		{"search", "--all", "--sort", "timestamp"},
		{"search", "--limit", "60"},
		{"search", "--limit", "5000", "--sort", "-duration"},
		{"export"},
		{"tail", "-n", "1000"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			r := run(t, append(args, dir)...)
			got := map[string]bool{}
			for line := range strings.Lines(r.stdout) {
				var a storage.Action
				if err := storage.DecodeJSON([]byte(line), &a); err != nil {
					t.Fatal(err)
				}
				got[string(a.ID)] = true
			}
			if diff := cmp.Diff(want, got); diff != "" || r.status != 0 {
				t.Errorf("status %d, actions (-want +got):\n%s", r.status, diff)
			}
		})
	}
}

// TestAllOfMany holds that all that match, beyond the first page, are what the
// pages are.
func TestAllOfMany(t *testing.T) {
	t.Parallel()
	dir := bigArchive(t)
	for _, sort := range []string{"-timestamp", "timestamp", "-duration", "duration"} {
		t.Run(sort, func(t *testing.T) {
			t.Parallel()
			whole := run(t, "search", "--all", "--sort", sort, dir)
			if n := strings.Count(whole.stdout, "\n"); n != 5000 || whole.status != 0 || whole.stderr != "" {
				t.Errorf("%d actions, status %d: %s", n, whole.status, whole.stderr)
			}
			var pages strings.Builder
			args := []string{"search", "--limit", "900", "--sort", sort}
			for {
				r := run(t, append(args, dir)...)
				pages.WriteString(r.stdout)
				_, cursor, more := strings.Cut(strings.TrimSpace(r.stderr), "--cursor ")
				if !more {
					break
				}
				args = append(args[:5], "--cursor", cursor)
			}
			if pages.String() != whole.stdout {
				t.Error("the pages are not what --all lists")
			}
			if r := runIn(t, strings.NewReader(whole.stdout), "search", "--all", "--sort", sort, "-"); r != whole {
				t.Error("standard input is not listed as the folder is")
			}
			if r := runIn(t, strings.NewReader(whole.stdout), "search", "--limit", "1234", "--sort", sort, "-"); r.stdout != firstLines(whole.stdout, 1234) {
				t.Error("the first of standard input are not those of the folder")
			}
			inTime := run(t, "export", dir)
			if r := runIn(t, strings.NewReader(whole.stdout), "export", "-"); r != inTime {
				t.Error("an export of standard input is not in the order of time")
			}
		})
	}
}

func firstLines(s string, n int) string {
	end := 0
	for range n {
		end += strings.IndexByte(s[end:], '\n') + 1
	}
	return s[:end]
}

// TestCursor follows pages of the newest actions by what standard error tells.
func TestCursor(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	args := []string{"search", "--limit", "25", dir}
	seen := map[string]bool{}
	for pages := 1; ; pages++ {
		r := run(t, args...)
		for line := range strings.Lines(r.stdout) {
			if seen[line] {
				t.Errorf("twice: %s", line)
			}
			seen[line] = true
		}
		_, cursor, more := strings.Cut(strings.TrimSpace(r.stderr), "--cursor ")
		if !more {
			if pages != 3 || len(seen) != 60 {
				t.Errorf("%d pages with %d actions, not 3 with 60; the last says %q", pages, len(seen), r.stderr)
			}
			return
		}
		args = []string{"search", "--limit", "25", "--cursor", cursor, dir}
	}
}

// TestTrouble holds that what is wrong is told in one line and the status is 2.
func TestTrouble(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	tests := map[string]struct {
		args []string
		says string
	}{
		"index-of-stdin":   {[]string{"index", "-"}, "standard input has no index"},
		"url-elsewhere":    {[]string{"search", "http://localhost:8000"}, "actionlog tail"},
		"no-folder":        {[]string{"search", filepath.Join(dir, "nowhere")}, "nowhere"},
		"hostile-path":     {[]string{"search", "no\x1b[31mwhere"}, `no\x1b[31mwhere`},
		"default-folder":   {[]string{"search"}, "ACTIONLOG_DIR"},
		"two-folders":      {[]string{"search", dir, dir}, "one folder"},
		"status":           {[]string{"search", "--status", "maybe", dir}, "success or failed"},
		"from":             {[]string{"search", "--from", "yesterday", dir}, "parameter from"},
		"repeated":         {[]string{"search", "--code", "500", "--code", "404", dir}, "parameter code"},
		"empty":            {[]string{"search", "-q", "", dir}, "parameter q"},
		"limit":            {[]string{"search", "--limit", "0", dir}, "from 1 up"},
		"limit-and-all":    {[]string{"search", "--limit", "1", "--all", dir}, "flags --limit and --all are both given"},
		"format":           {[]string{"search", "--format", "xml", dir}, "table, jsonl, csv, logfmt"},
		"tz":               {[]string{"search", "--tz", "Mars/Base", dir}, "Europe/Berlin"},
		"flag":             {[]string{"search", "--nonsense", dir}, "search --help"},
		"command":          {[]string{"serach"}, "there is no command"},
		"no-id":            {[]string{"show"}, "ID is missing"},
		"by":               {[]string{"stats", "--by", "colour", dir}, "service, action"},
		"by-twice":         {[]string{"stats", "--by", "code,code", dir}, "service, action"},
		"step":             {[]string{"stats", "--step", "1ms", dir}, "from 1s up"},
		"too-many-steps":   {[]string{"stats", "--step", "1s", dir}, "parameter step"},
		"export-format":    {[]string{"export", "--format", "xml", dir}, "parquet"},
		"lines":            {[]string{"tail", "-n", "-1", dir}, "0 to 1000"},
		"url":              {[]string{"tail", "http://", dir + "x"}, "is a URL"},
		"stretch":          {[]string{"compare", "monday", "2026-11-21", dir}, "14d..7d"},
		"stretch-moment":   {[]string{"compare", "monday..now", "2026-11-21", dir}, "14d..7d"},
		"stretch-backward": {[]string{"compare", "7d..14d", "2026-11-21", dir}, "after from"},
		"no-stretch":       {[]string{"compare", "2026-11-21"}, "two stretches"},
		"address":          {[]string{"serve", "--addr", "nonsense", dir}, "listen on nonsense"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, test.args...)
			if r.status != 2 || r.stdout != "" || !strings.Contains(r.stderr, test.says) {
				t.Errorf("%+v does not say %q with status 2", r, test.says)
			}
		})
	}
}

// TestEmptyFolder holds that people learn why nothing was found.
func TestEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.log"), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"search"}, {"stats"}, {"errors"}, {"export"}, {"verify"}, {"show", "x"}, {"tail"}} {
		if r := run(t, append(args, dir)...); r.status != 1 || r.stdout != "" || !strings.Contains(r.stderr, "holds no archive") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if r := run(t, "search", "--service", "Nobody", newArchive(t)); r.status != 1 || r.stderr != "" {
		t.Errorf("an archive without a match: %+v", r)
	}
}

// TestDamage holds that a damaged line costs that line, is named, and makes
// the status 2.
func TestDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "foreign.jsonl")
	good := `{"status":"failed", "service":"S", "timestamp":"2026-11-22T10:00:00Z", "action":"a", "duration":7, "error":"boom", "extra":[1]}` + "\n"
	if err := os.WriteFile(path, []byte(good+"{\x1b[31mbroken}\n"+good), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"search"}, {"search", "--all", "--sort", "timestamp"}, {"export"}, {"stats"}} {
		r := run(t, append(args, path)...)
		if r.status != 2 || strings.Count(r.stdout, "\n") == 0 || !strings.Contains(r.stderr, "foreign.jsonl:2") {
			t.Errorf("%v: %+v", args, r)
		}
		noControls(t, r.stdout+r.stderr)
	}
}

// TestNoControls holds that no form lets control characters through.
func TestNoControls(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	for _, args := range [][]string{
		{"search", "--format", "table"}, {"search", "--format", "jsonl"}, {"search", "--format", "logfmt"},
		{"show", "--format", "table", string(sample()[59].ID)}, {"tail", "--format", "table"}, {"slow", "--format", "table"},
	} {
		noControls(t, run(t, append(args, dir)...).stdout)
	}
}

// noControls looks for what steers a terminal.
func noControls(t *testing.T, s string) {
	t.Helper()
	for i, r := range s {
		if unicode.IsControl(r) && r != '\n' {
			t.Fatalf("control character %U at %q", r, s[max(i-20, 0):min(i+20, len(s))])
		}
	}
}

// TestFormulas holds that no cell of CSV is a formula, and that a reader of CSV
// finds the texts.
func TestFormulas(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	rows, err := csv.NewReader(strings.NewReader(run(t, "export", "--format", "csv", dir).stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 61 || rows[60][5] != "'"+hostile {
		t.Errorf("%d rows; the last error is %q", len(rows), rows[len(rows)-1][5])
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("cell %q is a formula", cell)
			}
		}
	}
}
