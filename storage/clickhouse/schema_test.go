package clickhouse_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/storage/clickhouse"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// schemas are the forms of the tables, by the names of their golden files.
var schemas = map[string]struct {
	version clickhouse.Version
	opts    clickhouse.Options
}{
	"old":                {clickhouse.Version{Major: 18, Minor: 16}, clickhouse.Options{}},
	"old-shards":         {clickhouse.Version{Major: 18, Minor: 16}, clickhouse.Options{Cluster: "main", NoKeeper: true, Table: "other"}},
	"current":            {clickhouse.Version{Major: 25, Minor: 8}, clickhouse.Options{MaxAge: 90*24*time.Hour - time.Second}},
	"current-replicated": {clickhouse.Version{Major: 25, Minor: 8}, clickhouse.Options{Cluster: "main", Replicated: true, MaxAge: -1}},
	"current-copies":     {clickhouse.Version{Major: 25, Minor: 8}, clickhouse.Options{Replicated: true}},
}

func TestSchema(t *testing.T) {
	t.Parallel()
	for name, test := range schemas {
		statements, err := clickhouse.Schema("logs", test.version, test.opts)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(statements, ";\n\n") + ";\n"
		path := filepath.Join("testdata", name+".sql")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if strings.ContainsAny(strings.NewReplacer("{shard}", "", "{replica}", "").Replace(got), "{}") {
			t.Errorf("%s: a place was not filled in", name)
		}
	}
	if _, err := clickhouse.Schema("lo gs", clickhouse.Version{Major: 25}, clickhouse.Options{}); err == nil {
		t.Error("a database that is no name was not refused")
	}
}
