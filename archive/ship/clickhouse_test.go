//go:build unix

package ship_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"actionlog/archive/ship/internal/receiver"
	"actionlog/storage"
	"actionlog/storage/clickhouse"
)

const (
	clickhouseConfig = `<yandex>
<logger><level>warning</level><log>%[1]s/server.log</log><errorlog>%[1]s/errors.log</errorlog></logger>
<listen_host>127.0.0.1</listen_host><tcp_port>%[2]s</tcp_port>
<path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path><format_schema_path>%[1]s/</format_schema_path>
<users_config>%[1]s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>67108864</mark_cache_size>
</yandex>`
	clickhouseUsers = `<yandex><profiles><default><max_threads>2</max_threads></default></profiles><quotas><default/></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>`
)

// startClickHouse starts a server, which stops with the test, and returns its
// address. Without the program the test is skipped, or fails in the full check.
func startClickHouse(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("clickhouse-server")
	if err != nil {
		const how = "there is no clickhouse-server; storage/clickhouse/tools.sh FOLDER brings it"
		if os.Getenv("ACTIONLOG_FULL") == "1" {
			t.Fatal("full check: " + how)
		}
		t.Skip(how)
	}
	dir, addr := t.TempDir(), receiver.FreeAddr(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.xml")
	writeFile(t, config, fmt.Sprintf(clickhouseConfig, dir, port))
	writeFile(t, filepath.Join(dir, "users.xml"), clickhouseUsers)
	cmd := exec.Command(program, "--config-file="+config)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	receiver.Until(t, "ClickHouse listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return addr
}

// TestOnceAtClickHouse delivers as TestProof does to a real far side that drops
// repeats by the id: there, every id is once.
func TestOnceAtClickHouse(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some twenty seconds")
	}
	const count = 100_000
	addr := startClickHouse(t)
	prove(t, proof{name: "clickhouse", url: "clickhouse://ADDR/default"}, addr, count, func(m *maker) {
		store, err := clickhouse.Open(t.Context(), "clickhouse://"+addr+"/default", clickhouse.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		st, err := store.Stats(t.Context(), storage.Query{})
		if err != nil || st.Total != count {
			t.Errorf("the stats count %d, %v", st.Total, err)
		}
		seen := map[storage.ID]int{}
		for a, err := range store.Actions(t.Context(), storage.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			seen[a.ID]++
		}
		for i := range count {
			if id := m.process.ID(uint64(i) + 1); seen[id] != 1 {
				t.Fatalf("%s is there %d times", id, seen[id])
			}
		}
		t.Logf("%d ids are there, each once", len(seen))
	})
}
