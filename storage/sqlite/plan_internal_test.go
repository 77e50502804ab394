package sqlite

import (
	"database/sql/driver"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
)

// explain returns what SQLite does to answer a query, a step a line.
func explain(t *testing.T, s *Store, q storage.Query) string {
	t.Helper()
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	err = s.read(t.Context(), func(l link) error {
		p, err := l.plan(t.Context(), m)
		if err != nil {
			return err
		}
		return l.query(t.Context(), func(row []driver.Value) error {
			step, _ := row[3].(string)
			steps = append(steps, step)
			return nil
		}, "EXPLAIN QUERY PLAN SELECT "+readColumns+p.from+p.order, p.args...)
	})
	if err != nil {
		t.Fatalf("%v: %v", q.Values(), err)
	}
	return strings.Join(steps, "\n")
}

// TestPlans looks at how each kind of query is answered. None may sort, and none
// but a search of text and one for the slowest of all times may read all rows.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "actions.sqlite"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	process := storage.NewProcess(time.Now())
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	hour := storage.Query{From: time.Now().Add(-time.Hour), To: time.Now()}
	slow := hour
	slow.MinDuration = time.Second
	slowest := hour
	slowest.Sort = storage.SlowestFirst
	const (
		byTime    = "SEARCH action_logs USING INDEX idx_action_logs_timestamp (timestamp>?"
		byService = "SEARCH action_logs USING INDEX idx_action_logs_service (service=? AND time_ns>?"
		byStatus  = "SEARCH action_logs USING INDEX idx_action_logs_status (status=? AND time_ns>?"
		byRow     = "SEARCH action_logs USING INTEGER PRIMARY KEY (rowid=?)"
		byID      = "SEARCH action_logs USING COVERING INDEX idx_action_logs_action_id (action_id=?)"
		byRun     = "SEARCH action_runs USING INDEX idx_action_runs_process (process=? AND number<?)"
	)
	for _, test := range []struct {
		name  string
		q     storage.Query
		steps []string
		all   bool // rows are read
	}{
		{"recent", storage.Query{}, []string{byTime}, false},
		{"oldest", storage.Query{Sort: storage.OldestFirst}, []string{byTime}, false},
		{"times", hour, []string{byTime + " AND timestamp<?)"}, false},
		{"slow", slow, []string{byTime + " AND timestamp<?)"}, false},
		{"slowest-of-an-hour", slowest, []string{byTime + " AND timestamp<?)"}, false},
		{"slowest", storage.Query{Sort: storage.SlowestFirst}, []string{"SEARCH action_logs USING INTEGER PRIMARY KEY (rowid>?)"}, true},
		{"failed", storage.Query{Status: storage.Failed}, []string{byStatus}, false},
		{"service", storage.Query{Services: []string{"a"}}, []string{byService}, false},
		{"services", storage.Query{Services: []string{"a", "b"}}, []string{byTime}, false},
		{"failed-of-service", storage.Query{Services: []string{"a"}, Status: storage.Failed}, []string{byStatus}, false},
		{"id", storage.Query{ID: process.ID(7)}, []string{byRow, byID, byRun}, false},
		{"other-id", storage.Query{ID: "x"}, []string{byRow, byID}, false},
		{"request-id", storage.Query{RequestID: "x"}, []string{byRow, byID}, false},
		{"request-id-of-failures", storage.Query{RequestID: string(process.ID(7)), Status: storage.Failed}, []string{byRow, byID, byRun}, false},
		{"trace-id", storage.Query{TraceID: trace}, []string{byRow}, false},
		{"trace-id-of-service", storage.Query{TraceID: trace, Services: []string{"a"}}, []string{byRow}, false},
		{"text", storage.Query{Text: "time"}, []string{byTime}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := explain(t, s, test.q)
			for _, step := range test.steps {
				if !strings.Contains(got, step) {
					t.Errorf("want the step %s in\n%s", step, got)
				}
			}
			if !test.all && (strings.Contains(got, "SCAN action_logs") || strings.Contains(got, "SCAN action_runs") || strings.Contains(got, "PRIMARY KEY (rowid>?)")) {
				t.Errorf("all rows are read:\n%s", got)
			}
			if strings.Contains(got, "TEMP B-TREE") && !test.q.Sort.ByDuration() {
				t.Errorf("rows are sorted:\n%s", got)
			}
		})
	}
	var steps []string
	err = s.read(t.Context(), func(l link) error {
		return l.query(t.Context(), func(row []driver.Value) error {
			step, _ := row[3].(string)
			steps = append(steps, step)
			return nil
		}, "EXPLAIN QUERY PLAN SELECT id FROM action_logs WHERE time_ns IS NULL AND id > ? ORDER BY id LIMIT 500", int64(0))
	})
	if got := strings.Join(steps, "\n"); err != nil || !strings.Contains(got, "idx_action_logs_inserted") {
		t.Errorf("to find inserted rows all are read, %v:\n%s", err, got)
	}
}
