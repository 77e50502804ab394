package cli_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/storage/clickhouse"
)

// TestDatabaseRefused names a database that is not there, and one to a command
// that reads files.
func TestDatabaseRefused(t *testing.T) {
	t.Parallel()
	const dsn = "clickhouse://me:hunter2@127.0.0.1:1/logs"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"search", dsn}, "cannot be reached"},
		{[]string{"stats", dsn}, "cannot be reached"},
		{[]string{"tail", dsn}, "cannot be reached"},
		{[]string{"serve", dsn}, "cannot be reached"},
		{[]string{"show", "x", dsn}, "cannot be reached"},
		{[]string{"verify", dsn}, "is a database, and this command reads folders and files"},
		{[]string{"index", dsn}, "is a database"},
		{[]string{"search", dsn, dsn}, "is a database"},
	} {
		got := run(t, test.args...)
		if got.status != 2 || !strings.Contains(got.stderr, test.want) || !strings.Contains(got.stderr, "127.0.0.1:1") {
			t.Errorf("%s: status %d and %q, want 2 and %q", test.args, got.status, got.stderr, test.want)
		}
		if strings.Contains(got.stderr, "hunter2") {
			t.Errorf("%s: the password is in %q", test.args, got.stderr)
		}
	}
}

// newDatabase starts a ClickHouse server, and returns the DSN of a database of
// it that holds the sample.
func newDatabase(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("clickhouse-server")
	if err != nil {
		const how = "there is no clickhouse-server; storage/clickhouse/tools.sh FOLDER brings it"
		if os.Getenv("ACTIONLOG_FULL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config.xml": fmt.Sprintf(`<yandex><logger><level>warning</level><log>%[1]s/server.log</log><errorlog>%[1]s/errors.log</errorlog></logger>
<listen_host>127.0.0.1</listen_host><tcp_port>%[2]d</tcp_port><path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path>
<users_config>%[1]s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>67108864</mark_cache_size></yandex>`, dir, addr.Port),
		"users.xml": `<yandex><profiles><default/></profiles><quotas><default/></quotas><users>
<default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<me><password>hunter2</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></me></users></yandex>`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A shell kills the server when its own standard input is closed, also when
	// this process ends otherwise.
	cmd := exec.Command("sh", "-c", `"$0" --config-file="$1" </dev/null >/dev/null 2>&1 & cat >/dev/null; kill -9 $! 2>/dev/null; wait`, program, filepath.Join(dir, "config.xml"))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait() // which says that it was killed
	})
	dsn := fmt.Sprintf("clickhouse://%s/default", addr)
	opts := clickhouse.Options{MaxAge: -1, House: -1, Instance: clickhouse.NoInstance}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		db, err := clickhouse.Open(context.Background(), dsn, opts)
		if err == nil {
			if err := db.Write(context.Background(), sample()); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return strings.Replace(dsn, "://", "://me@", 1)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestDatabase gives the same answers from a database as from an archive.
func TestDatabase(t *testing.T) {
	t.Parallel()
	dsn, dir := newDatabase(t), newArchive(t)
	env := map[string]string{"ACTIONLOG_CLICKHOUSE_PASSWORD": "hunter2"}
	for _, args := range [][]string{
		{"search"}, {"search", "--status", "failed", "--sort", "-duration"}, {"search", "--all", "-q", "e"},
		{"stats"}, {"stats", "--step", "1h"}, {"stats", "--by", "code,method"}, {"errors"}, {"slow"}, {"slow", "--each", "--limit", "5"},
		{"show", "4bf92f3577b34da6a3ce929d0e0e4736"}, {"export", "--format", "csv"}, {"tail", "-n", "3"},
		{"compare", "2026-11-21..2026-11-22", "2026-11-22..2026-11-23"}, {"search", "--service", "nobody"},
	} {
		want, got := runEnv(t, env, append(args, dir)...), runEnv(t, env, append(args, dsn)...)
		if got.stdout != want.stdout || got.status != want.status {
			t.Errorf("%s: status %d, want %d, and %s%s\nwant %s", args, got.status, want.status, got.stdout, got.stderr, want.stdout)
		}
	}
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := runEnv(t, map[string]string{"ACTIONLOG_CLICKHOUSE_PASSWORD_FILE": secret}, "stats", dsn); got.status != 0 {
		t.Errorf("with the password in a file: %s", got.stderr)
	}
	if got := runEnv(t, map[string]string{"ACTIONLOG_CLICKHOUSE_PASSWORD": "wrong"}, "stats", dsn); got.status != 2 || !strings.Contains(got.stderr, "does not let the user me in") {
		t.Errorf("with a wrong password: status %d and %s", got.status, got.stderr)
	}
	if got := runEnv(t, env, "stats", "--step", "1h", "--tz", "Europe/Berlin", dsn); got.status != 2 || !strings.Contains(got.stderr, "steps of UTC") {
		t.Errorf("steps of a zone: status %d and %s", got.status, got.stderr)
	}
}
