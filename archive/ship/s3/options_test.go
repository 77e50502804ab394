package s3_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship/s3"
)

// TestOpen holds what is refused before anything is asked of a server.
func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{
		"config":      "[default]\nregion = eu-north-1\n[profile half]\naws_access_key_id = AK\n[profile login]\nsso_role_name = r\n",
		"credentials": "# keys\n[work]\naws_access_key_id = AK\naws_secret_access_key = s3cr3t\naws_session_token = tok\n",
		"empty.pem":   "none",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := func(pairs ...string) func(string) string {
		m := map[string]string{
			"AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"), "AWS_EC2_METADATA_DISABLED": "true",
		}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return func(name string) string { return m[name] }
	}
	both := []string{"AWS_ACCESS_KEY_ID", "AK", "AWS_SECRET_ACCESS_KEY", "s3cr3t"}
	for name, c := range map[string]struct {
		place string
		opts  s3.Options
		says  string // empty where it is fine
	}{
		"environment":      {"s3://backups", s3.Options{Getenv: env(both...)}, ""},
		"prefix":           {"s3://backups/a/b/", s3.Options{Getenv: env(both...)}, ""},
		"profile":          {"s3://backups", s3.Options{Getenv: env("AWS_PROFILE", "work")}, ""},
		"login":            {"s3://backups", s3.Options{Getenv: env("AWS_PROFILE", "login")}, ""},
		"no-credentials":   {"s3://backups", s3.Options{Getenv: env()}, "there are no credentials; set AWS_ACCESS_KEY_ID"},
		"half-a-key":       {"s3://backups", s3.Options{Getenv: env("AWS_ACCESS_KEY_ID", "AK")}, "only one is set"},
		"half-a-profile":   {"s3://backups", s3.Options{Getenv: env("AWS_PROFILE", "half")}, `"half" has only one of`},
		"no-profile":       {"s3://backups", s3.Options{Getenv: env("AWS_PROFILE", "x")}, `AWS_PROFILE names "x", and there is no such profile`},
		"unreadable-files": {"s3://backups", s3.Options{Getenv: env("AWS_CONFIG_FILE", dir)}, `read the profile "default"`},
		"no-scheme":        {"backups/a", s3.Options{Getenv: env(both...)}, "allowed is s3://bucket"},
		"no-bucket":        {"s3:///a", s3.Options{Getenv: env(both...)}, "allowed is s3://bucket"},
		"no-such-name":     {"s3://Not_A_Bucket!", s3.Options{Getenv: env(both...)}, "cannot be one"},
		"dots":             {"s3://backups/a/../b", s3.Options{Getenv: env(both...)}, "the prefix"},
		"empty-part":       {"s3://backups/a//b", s3.Options{Getenv: env(both...)}, "the prefix"},
		"endpoint":         {"s3://backups", s3.Options{Getenv: env(both...), Endpoint: "ftp://x"}, "the endpoint"},
		"endpoint-of-env":  {"s3://backups", s3.Options{Getenv: env(append(both, "AWS_ENDPOINT_URL", "http://u:pass-word@h/p")...)}, `the endpoint "http://u:xxxxx@h/p"`},
		"small-parts":      {"s3://backups", s3.Options{Getenv: env(both...), PartSize: 1}, "allowed is 5242880 to"},
		"parallel":         {"s3://backups", s3.Options{Getenv: env(both...), Parallel: -1}, "Parallel is -1"},
		"patience":         {"s3://backups", s3.Options{Getenv: env(both...), Patience: -time.Second}, "Patience is -1s"},
		"stall":            {"s3://backups", s3.Options{Getenv: env(both...), Stall: -time.Second}, "Stall is -1s"},
		"no-ca-file":       {"s3://backups", s3.Options{Getenv: env(append(both, "AWS_CA_BUNDLE", filepath.Join(dir, "none"))...)}, "read the file of certificates"},
		"empty-ca-file":    {"s3://backups", s3.Options{Getenv: env(both...), CAFile: filepath.Join(dir, "empty.pem")}, "holds none in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := s3.Open(c.place, c.opts)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "pass-word")) {
				t.Errorf("%v has a secret", err)
			}
			if err == nil {
				if got := b.String(); got != strings.TrimSuffix(c.place, "/") {
					t.Errorf("%s is %s", c.place, got)
				}
				b.Close()
			}
		})
	}
}
