package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"actionlog/archive/internal/s3test"
)

// bucketEnv is the environment of who may use the server of a test.
func bucketEnv(server *s3test.Server) map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": s3test.AccessKey, "AWS_SECRET_ACCESS_KEY": s3test.SecretKey, "AWS_ENDPOINT_URL": server.URL,
	}
}

// TestPush pushes, pushes again, and pulls what verify and search are content
// with.
func TestPush(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	server.MakeBucket(t, "backups")
	env, dir, back := bucketEnv(server), bigArchive(t), filepath.Join(t.TempDir(), "back")
	const place = "s3://backups/web-1"
	for _, step := range []struct {
		args   []string
		status int
		out    string // stands in standard output twice, for the file and its index
		err    string
	}{
		{[]string{"push", "--dry-run", place, dir}, 0, `"state":"to be pushed"`, "2 to be pushed; 0 B over the wire"},
		{[]string{"push", place, dir}, 0, `"state":"pushed"`, place + ": 2 pushed; "},
		{[]string{"push", "--once", place, dir}, 0, `"state":"there"`, "2 there; 0 B over the wire"},
		{[]string{"pull", "--dry-run", place, back}, 0, `"state":"to be pulled"`, "2 to be pulled"},
		{[]string{"pull", place, back}, 0, `"state":"pulled"`, "2 pulled; "},
		{[]string{"pull", place, back}, 0, `"state":"there"`, "2 there; 0 B"},
		{[]string{"verify", back}, 0, "", "1 files, 5000 lines"},
	} {
		r := runEnv(t, env, step.args...)
		if r.status != step.status || step.out != "" && strings.Count(r.stdout, step.out) != 2 || !strings.Contains(r.stderr, step.err) {
			t.Errorf("%v: %+v", step.args, r)
		}
	}
	if a, b := run(t, "search", "--all", dir), run(t, "search", "--all", back); a != b || a.status != 0 {
		t.Error("what was pulled is searched otherwise")
	}

	sealed := filepath.Join(back, "actions-2026-11-21.jsonl.gz")
	flip(t, sealed)
	r := runEnv(t, env, "push", "--format", "table", place, back)
	if r.status != 2 || !strings.Contains(r.stdout, "differs") || !strings.Contains(r.stdout, "SHA-256") {
		t.Errorf("what differs: %+v", r)
	}
	r = runEnv(t, env, "push", "s3://backups/web-2", back)
	if r.status != 2 || !strings.Contains(r.stdout, `"state":"damaged"`) || !strings.Contains(r.stdout, "actions-2026-11-21.jsonl.gz, byte") {
		t.Errorf("what is damaged: %+v", r)
	}
	if r := runEnv(t, env, "pull", place, back); r.status != 2 || !strings.Contains(r.stdout, `"state":"differs"`) {
		t.Errorf("pulling what differs: %+v", r)
	}
}

// TestPushRefuses holds that the exit status and a sentence tell what is wrong.
func TestPushRefuses(t *testing.T) {
	t.Parallel()
	dir, empty := bigArchive(t), t.TempDir()
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "s3cr3t", "ACTIONLOG_DIR": empty}
	none := map[string]string{"HOME": empty, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
	for name, c := range map[string]struct {
		env    map[string]string
		args   []string
		status int
		says   string
	}{
		"empty-folder":   {env, []string{"push", "s3://backups", empty}, 1, "has no sealed file"},
		"default-folder": {env, []string{"push", "s3://backups"}, 1, "has no sealed file"},
		"no-place":       {env, []string{"push"}, 2, "push wants the URL of a bucket"},
		"no-url":         {env, []string{"push", "backups", dir}, 2, "allowed is s3://bucket"},
		"no-folder":      {env, []string{"push", "s3://backups", filepath.Join(dir, "none")}, 2, "none"},
		"a-file":         {env, []string{"push", "s3://backups", filepath.Join(dir, "actions-2026-11-21.jsonl.gz")}, 2, "push takes one folder"},
		"part-size":      {env, []string{"push", "--part-size", "1", "s3://backups", dir}, 2, `flag --part-size is "1"; allowed is 5 to 5120`},
		"format":         {env, []string{"push", "--format", "xml", "s3://backups", dir}, 2, "--format"},
		"both":           {env, []string{"push", "--once", "--watch", "s3://backups", dir}, 2, "once"},
		"no-credentials": {none, []string{"push", "s3://backups", dir}, 2, "there are no credentials"},
		"no-way":         {env, []string{"push", "--endpoint", "http://nowhere.invalid", "s3://backups", dir}, 2, "nowhere.invalid cannot be reached"},
		"pull-no-folder": {env, []string{"pull", "s3://backups"}, 2, "and one folder"},
		"pull-no-way":    {env, []string{"pull", "--endpoint", "http://nowhere.invalid", "s3://backups", empty}, 2, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runEnv(t, c.env, c.args...)
			if r.status != c.status || !strings.Contains(r.stderr, c.says) || strings.Contains(r.stderr+r.stdout, "s3cr3t") {
				t.Errorf("%+v", r)
			}
		})
	}
	if r := run(t, "__complete", "push", ""); !strings.Contains(r.stdout, "s3://") {
		t.Errorf("completion: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(empty, ".actions-pushed")); err == nil {
		t.Error("a push without --note leaves notes")
	}
}
