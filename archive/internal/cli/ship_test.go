package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"actionlog/storage"
)

// shippedIDs returns the ids of the lines of a file.
func shippedIDs(t *testing.T, text string) (list []storage.ID) {
	t.Helper()
	for line := range strings.Lines(text) {
		var a storage.Action
		if err := storage.DecodeJSON([]byte(line), &a); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, a.ID)
	}
	return list
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestShipFile delivers an archive to a file, tells what it did, and the second
// time has nothing to deliver.
func TestShipFile(t *testing.T) {
	t.Parallel()
	dir, path := newArchive(t), filepath.Join(t.TempDir(), "copy.jsonl")
	r := run(t, "ship", "file", "--once", path, dir)
	if r.status != 0 || r.stdout != "" || !strings.Contains(r.stderr, "2026-11-23T12:00:00Z file: delivers to the file "+path+", from the beginning of the archive") || !strings.Contains(r.stderr, "file: 60 delivered\n") {
		t.Errorf("%+v", r)
	}
	list := shippedIDs(t, readText(t, path))
	for i, a := range sample() {
		if len(list) != 60 || list[i] != a.ID {
			t.Fatalf("%d lines; line %d is %s", len(list), i+1, list[i])
		}
	}
	r = run(t, "ship", "file", "--once", path, dir)
	if r.status != 0 || !strings.Contains(r.stderr, "on from actions-2026-11-23.jsonl, line 20") || !strings.Contains(r.stderr, "file: 0 delivered\n") {
		t.Errorf("%+v", r)
	}
	if len(shippedIDs(t, readText(t, path))) != 60 {
		t.Error("lines were written again")
	}
}

// TestShipStdout writes an archive, or what of it ended since, to standard output.
func TestShipStdout(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	r := run(t, "ship", "stdout", "--once", dir)
	if r.status != 0 || len(shippedIDs(t, r.stdout)) != 60 {
		t.Errorf("%+v", r)
	}
	r = run(t, "ship", "stdout", "--once", "--name", "since", "--since", "2026-11-22", dir)
	if r.status != 0 || len(shippedIDs(t, r.stdout)) != 40 || !strings.Contains(r.stderr, "since: delivers to standard output, what ended at 2026-11-22T00:00:00Z or later") {
		t.Errorf("%+v", r)
	}
	r = run(t, "ship", "stdout", "--once", "--name", "now", "--from", "now", dir)
	if r.status != 0 || r.stdout != "" {
		t.Errorf("%+v", r)
	}
}

// TestShipDamage names what is damaged, and the exit status says so.
func TestShipDamage(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	path := filepath.Join(dir, "actions-2026-11-23.2.jsonl")
	if err := os.WriteFile(path, []byte("no action\x1b[31m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "ship", "stdout", "--once", dir)
	if r.status != 2 || len(shippedIDs(t, r.stdout)) != 60 || !strings.Contains(r.stderr, "actions-2026-11-23.2.jsonl:1: ") || !strings.Contains(r.stderr, "60 delivered, 1 damaged and passed over") || strings.Contains(r.stderr, "\x1b") {
		t.Errorf("%+v", r)
	}
}

// TestShipMuchDamage tells of much damage, but not of each place.
func TestShipMuchDamage(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	path := filepath.Join(dir, "actions-2026-11-23.2.jsonl")
	if err := os.WriteFile(path, []byte(strings.Repeat("no action\n", 300)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "ship", "stdout", "--once", "--batch", "7", dir)
	if r.status != 2 || strings.Count(r.stderr, "passed over: ") != 20 || strings.Count(r.stderr, "there is more of that") != 1 || !strings.Contains(r.stderr, ", 300 damaged and passed over") {
		t.Errorf("%+v", r)
	}
}

// TestShipDryRun tells what would be sent, and moves nothing.
func TestShipDryRun(t *testing.T) {
	t.Parallel()
	dir, path := newArchive(t), filepath.Join(t.TempDir(), "copy.jsonl")
	place := strings.NewReplacer(dir, "ACTIONS", path, "COPY").Replace
	golden(t, "ship-dry-run.txt", place(run(t, "ship", "file", "--dry-run", path, dir).stdout))
	if _, err := os.Stat(path); err == nil {
		t.Error("the dry run made the file")
	}
	if list, err := filepath.Glob(filepath.Join(dir, ".ship*")); len(list) > 0 || err != nil {
		t.Errorf("the dry run made %v, %v", list, err)
	}
	if r := run(t, "ship", "file", "--once", path, dir); r.status != 0 {
		t.Fatalf("%+v", r)
	}
	golden(t, "ship-dry-run-after.txt", place(run(t, "ship", "file", "--dry-run", path, dir).stdout))
	golden(t, "ship-dry-run-from.txt", place(run(t, "ship", "stdout", "--dry-run", "--from", "24h", dir).stdout))
	golden(t, "ship-dry-run-now.txt", place(run(t, "ship", "stdout", "--dry-run", "--from", "now", dir).stdout))
}

// TestShipHelp tells of all flags.
func TestShipHelp(t *testing.T) {
	t.Parallel()
	golden(t, "ship-help.txt", run(t, "ship", "--help").stdout)
	golden(t, "ship-file-help.txt", run(t, "ship", "file", "--help").stdout)
}

// TestShipRefuses tells what is wrong with a command line before anything is done.
func TestShipRefuses(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	out := filepath.Join(t.TempDir(), "copy.jsonl")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"a destination is missing; allowed is ", nil},
		{`there is no destination "kafka"; allowed is `, []string{"kafka"}},
		{"a FILE is missing", []string{"file"}},
		{"allowed is one folder", []string{"file", out, dir, dir}},
		{"is no folder", []string{"file", out, filepath.Join(dir, "actions-2026-11-23.jsonl")}},
		{"no such file", []string{"file", out, filepath.Join(dir, "none")}},
		{"is no folder", []string{"stdout", "-"}},
		{"a file of the archive itself", []string{"file", filepath.Join(dir, "actions-2026-11-24.jsonl"), dir}},
		{`flag --from is "yesterday"`, []string{"stdout", "--from", "yesterday", dir}},
		{`flag --batch is "0"`, []string{"stdout", "--batch", "0", dir}},
		{`flag --metrics is "0.0.0.0:9464"`, []string{"stdout", "--metrics", "0.0.0.0:9464", dir}},
		{`flag --metrics is "9464"`, []string{"stdout", "--metrics", "9464", dir}},
		{"ship option Name", []string{"stdout", "--name", "a/b", dir}},
	} {
		r := run(t, append([]string{"ship"}, c.args...)...)
		if r.status != 2 || !strings.Contains(r.stderr, c.want) || r.stdout != "" {
			t.Errorf("ship %v: %+v; want %q", c.args, r, c.want)
		}
	}
	bad := filepath.Join(dir, ".ship-bad.checkpoint")
	if err := os.WriteFile(bad, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "ship", "stdout", "--name", "bad", dir); r.status != 2 || !strings.Contains(r.stderr, "the checkpoint "+bad+" is refused") {
		t.Errorf("%+v", r)
	}
}
