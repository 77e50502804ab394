package clickhouse_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/clickhouse"
)

// TestCurrentEngine makes the tables in a current engine, and asks it all that
// the store asks a server. It is for those who name the folder of the engine:
//
//	storage/clickhouse/tools.sh FOLDER chdb
//	ACTIONLOG_CHDB=FOLDER/clickhouse go test ./storage/clickhouse -run CurrentEngine
func TestCurrentEngine(t *testing.T) {
	modules := os.Getenv("ACTIONLOG_CHDB")
	if modules == "" {
		t.Skip("ACTIONLOG_CHDB names no engine; storage/clickhouse/tools.sh FOLDER chdb brings it, half a gigabyte")
	}
	s, srv, database := openNew(t)
	list := some(newProcess(), noon, 4000)
	for i := range list[:50] {
		list[i].HTTP = &storage.HTTP{Method: "GET", Route: "/x", Code: 200, RequestID: fmt.Sprint("r-", i)}
		list[i].Attrs = []storage.Attr{{Key: "k", Value: "v"}}
	}
	write(t, s, list)
	current := clickhouse.Version{Major: 26, Minor: 7}
	var questions []string
	note := func(sql string) {
		if !slices.Contains(questions, sql) {
			questions = append(questions, sql)
		}
	}
	s.Pretend(current, note)
	askEverything(t, s, list)
	s.Pretend(clickhouse.Version{Major: 18, Minor: 16}, note) // whose settings it is
	tidy(t, s)
	s.Pretend(current, note)
	for _, q := range []storage.Query{{}, {Services: []string{"CaseService"}, Status: storage.Failed, From: noon.Add(time.Second)}} {
		if _, err := s.Stats(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Series(t.Context(), q, time.Hour); err != nil {
			t.Fatal(err)
		}
	}

	statements := []string{"CREATE DATABASE " + database}
	schema, err := clickhouse.Schema(database, current, clickhouse.Options{MaxAge: 10000 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	statements = append(append(statements, schema...), schema...) // twice, which changes nothing
	replicated, err := clickhouse.Schema(database, current, clickhouse.Options{Table: "spread", Cluster: "main", Replicated: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range replicated {
		statements = append(statements, "EXPLAIN AST "+statement) // there is no cluster to run it on
	}
	insert := insertStatement(database, list)
	statements = append(statements, insert, insert)

	b, err := json.Marshal(map[string][]string{"statements": statements, "questions": questions})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chdb.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/chdb.js", filepath.Join(modules, "node_modules/chdb"), path)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var answer struct {
		Version string
		Rows    []int
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d questions to ClickHouse %s", len(questions), answer.Version)
	for i, sql := range questions {
		if !strings.Contains(sql, "FROM "+database+".action_logs ") || strings.Contains(sql, " LIMIT ") || strings.Contains(sql, "written_ns") {
			continue // roll-ups are not there, and repeats are among the rows of a page
		}
		if !strings.Contains(sql, "FINAL") && !strings.Contains(sql, "min(time_ns)") {
			continue
		}
		if n := srv.one(t, "SELECT count() FROM ("+sql+")"); n != fmt.Sprint(answer.Rows[i]) {
			t.Errorf("%d rows, and %s of the old server: %s", answer.Rows[i], n, sql)
		}
	}
}

// askEverything asks all that a store can be asked.
func askEverything(t *testing.T, s *clickhouse.Store, list []storage.Action) {
	t.Helper()
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	for _, q := range []storage.Query{
		{}, {Sort: storage.OldestFirst}, {Sort: storage.SlowestFirst}, {Sort: storage.FastestFirst}, {Services: []string{"CaseService", "x'y"}, Actions: []string{"action1"}},
		{Status: storage.Failed, From: noon, To: noon.Add(time.Hour)}, {Instance: "a"}, {ID: list[7].ID}, {TraceID: trace}, {RequestID: "r-7"},
		{Code: storage.Class(2)}, {MinDuration: 1, MaxDuration: time.Hour}, {Text: "Error\x00'"},
	} {
		q.Limit = 10
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if q.Cursor = page.Next; q.Cursor != "" {
			if _, err := s.Search(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		q.Cursor, q.Sort = "", ""
		if _, err := s.Stats(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Errors(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Series(t.Context(), q, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	cur := s.Follow(list[3990].ID)
	if _, _, err := cur.Next(context.Background(), make([]storage.Action, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Since(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// insertStatement inserts the actions as a statement of text.
func insertStatement(database string, list []storage.Action) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + database + ".action_logs (action_id, time_ns, written_ns, service, action, status, duration_ns, duration_bucket, error, http_code, request_id, attr_keys, attr_values) VALUES ")
	for i := range list {
		a := &list[i]
		code, request := -1, ""
		if a.HTTP != nil {
			code, request = a.HTTP.Code, a.HTTP.RequestID
		}
		fmt.Fprintf(&b, "(%s, %d, 1, %s, %s, '%s', %d, %d, %s, %d, '%s', ['k'], ['v'])", clickhouse.Quoted(string(a.ID)), a.Time.UnixNano(), clickhouse.Quoted(a.Service),
			clickhouse.Quoted(a.Action), a.Status, a.Duration, storage.Bucket(a.Duration), clickhouse.Quoted(a.Error), code, request)
		if i < len(list)-1 {
			b.WriteString(", ")
		}
	}
	return b.String()
}
