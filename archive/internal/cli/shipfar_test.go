package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestShipFarDryRun shows what each destination would be sent, without a far side.
func TestShipFarDryRun(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("hunter2-of-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"elasticsearch", "--token-file", token, "https://es.example:9200?apikey=hunter2-of-the-url"},
		{"splunk", "--token-file", token, "--index", "web", "--fields", "service,route", "https://splunk.example:8088"},
		{"loki", "--tenant", "team-a", "--label", "environment=staging", "http://localhost:3100"},
		{"clickhouse", "--password-file", token, "clickhouse://writer@one:9000,two:9000/logs?secure=true"},
		{"otlp", "--resource", "deployment.environment.name=staging", "--header", "x-api-key=file:" + token, "http://localhost:4318"},
	} {
		r := run(t, append(append([]string{"ship"}, args...), "--dry-run", dir)...)
		if r.status != 0 || r.stderr != "" || strings.Contains(r.stdout, "hunter2") {
			t.Errorf("%v: %+v", args, r)
		}
		out := strings.ReplaceAll(r.stdout, dir, "ACTIONS")
		if args[0] == "otlp" { // holds the moment at which it was observed
			out = regexp.MustCompile(`base64: .*`).ReplaceAllString(out, "base64: …")
		}
		golden(t, "ship-dry-run-"+args[0]+".txt", out)
		golden(t, "ship-"+args[0]+"-help.txt", run(t, "ship", args[0], "--help").stdout)
	}
}

// TestShipFarRefuses tells what is wrong with a far side before anything is sent,
// and shows no secret.
func TestShipFarRefuses(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"a URL is missing; actionlog ship loki --help", []string{"loki"}},
		{"URL holds a user or a password", []string{"loki", "https://me:hunter2@loki.example"}},
		{"neither http:// nor https://", []string{"otlp", "ftp://hunter2.example"}},
		{"its token is missing", []string{"splunk", "https://splunk.example"}},
		{"which others see", []string{"otlp", "--header", "Authorization=Bearer hunter2", "http://localhost"}},
		{"NAME=VALUE", []string{"otlp", "--header", "hunter2", "http://localhost"}},
		{"NAME=VALUE", []string{"otlp", "--resource", "hunter2", "http://localhost"}},
		{"NAME=VALUE", []string{"loki", "--label", "=hunter2", "http://localhost"}},
		{"the action's with InstanceLabel", []string{"loki", "--instance-label", "--label", "instance=web-7", "http://localhost"}},
		{`the password of the user "me" is missing`, []string{"elasticsearch", "--user", "me", "http://localhost"}},
		{"the DSN holds a password", []string{"clickhouse", "clickhouse://me:hunter2@db.example:9000/logs"}},
		{"the DSN holds a password", []string{"clickhouse", "clickhouse://db.example:9000/logs?username=me&password=hunter2"}},
		{"the DSN is not understood", []string{"clickhouse", "hunter2"}},
		{"read the password", []string{"clickhouse", "--password-file", filepath.Join(dir, "none"), "clickhouse://db.example:9000/logs"}},
		{"holds no password", []string{"clickhouse", "--password-file", filepath.Join(dir, "actions-2026-11-23.jsonl"), "clickhouse://db.example:9000/logs"}},
		{"deliver to ClickHouse", []string{"clickhouse", "--table", "no table", "clickhouse://db.example:9000/logs"}},
		{"DataStream and Index", []string{"elasticsearch", "--index", "a", "--data-stream", "b", "http://localhost"}},
		{"no such file", []string{"elasticsearch", "--ca-file", filepath.Join(dir, "none"), "https://es.example"}},
	} {
		args := append([]string{"ship"}, c.args...)
		if len(c.args) > 1 {
			args = append(args, dir)
		}
		r := run(t, args...)
		if r.status != 2 || !strings.Contains(r.stderr, c.want) || strings.Contains(r.stderr, "hunter2") || r.stdout != "" {
			t.Errorf("ship %v: %+v; want %q", c.args, r, c.want)
		}
	}
}
