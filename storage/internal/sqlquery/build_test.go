package sqlquery_test

import (
	"fmt"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"

	"github.com/google/go-cmp/cmp"
)

// plain is a dialect that keeps ids as they are.
type plain struct{}

func (plain) ID(id storage.ID) any          { return string(id) }
func (plain) TraceID(t storage.TraceID) any { return t.String() }
func (plain) RequestID(id string) sqlquery.Cond {
	return sqlquery.Cond{SQL: "request_id = ?", Args: []any{id}}
}
func (plain) Text(text string) sqlquery.Cond {
	return sqlquery.Cond{SQL: "(action LIKE ? OR error LIKE ?)", Args: []any{text, text}}
}

var noon = time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)

func build(t *testing.T, q storage.Query) sqlquery.Clause {
	t.Helper()
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return sqlquery.Build(m, plain{})
}

func TestBuild(t *testing.T) {
	t.Parallel()
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	const newest = "time_ns DESC, action_id DESC"
	tests := []struct {
		name  string
		q     storage.Query
		where string
		args  []any
		order string
	}{
		{"empty", storage.Query{}, "", nil, newest},
		{"oldest", storage.Query{Sort: storage.OldestFirst}, "", nil, "time_ns ASC, action_id ASC"},
		{"slowest", storage.Query{Sort: storage.SlowestFirst}, "", nil, "duration_ns DESC, action_id DESC"},
		{"fastest", storage.Query{Sort: storage.FastestFirst}, "", nil, "duration_ns ASC, action_id ASC"},
		{"service", storage.Query{Services: []string{"'; DROP TABLE action_logs"}}, " WHERE service = ?", []any{"'; DROP TABLE action_logs"}, newest},
		{"services-and-actions", storage.Query{Services: []string{"a", "b"}, Actions: []string{"c", "d", "e"}}, " WHERE service IN (?, ?) AND action IN (?, ?, ?)", []any{"a", "b", "c", "d", "e"}, newest},
		{"status", storage.Query{Status: storage.Failed}, " WHERE status = 'failed'", nil, newest},
		{"times", storage.Query{From: noon, To: noon.Add(1)}, " WHERE time_ns >= ? AND time_ns < ?", []any{noon.UnixNano(), noon.UnixNano() + 1}, newest},
		{"durations", storage.Query{MinDuration: 1, MaxDuration: 2}, " WHERE duration_ns >= ? AND duration_ns <= ?", []any{int64(1), int64(2)}, newest},
		{"class", storage.Query{Code: storage.Class(5)}, " WHERE http_code BETWEEN ? AND ?", []any{int64(500), int64(599)}, newest},
		{"ids", storage.Query{ID: "i", TraceID: trace, RequestID: "r", Instance: "x"}, " WHERE instance = ? AND action_id = ? AND trace_id = ? AND request_id = ?", []any{"x", "i", trace.String(), "r"}, newest},
		{"text", storage.Query{Text: "t"}, " WHERE (action LIKE ? OR error LIKE ?)", []any{"t", "t"}, newest},
	}
	for _, test := range tests {
		c := build(t, test.q)
		if diff := cmp.Diff(test.where, c.WhereSQL()); diff != "" {
			t.Errorf("%s: conditions (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.args, c.Args()); diff != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", test.name, diff)
		}
		if c.Order != test.order {
			t.Errorf("%s: order is %s, want %s", test.name, c.Order, test.order)
		}
	}
}

// TestBuildBehindAPage goes on where a page ended.
func TestBuildBehindAPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		order storage.Sort
		where string
		key   int64
	}{
		{storage.NewestFirst, " WHERE time_ns <= ? AND (time_ns < ? OR action_id < ?)", noon.UnixNano()},
		{storage.OldestFirst, " WHERE time_ns >= ? AND (time_ns > ? OR action_id > ?)", noon.UnixNano()},
		{storage.SlowestFirst, " WHERE duration_ns <= ? AND (duration_ns < ? OR action_id < ?)", 7},
		{storage.FastestFirst, " WHERE duration_ns >= ? AND (duration_ns > ? OR action_id > ?)", 7},
	} {
		q := storage.Query{Sort: test.order, Limit: 1}
		m, err := q.Compile()
		if err != nil {
			t.Fatal(err)
		}
		pages := storage.NewCollector(m)
		for i := range 2 {
			pages.Offer(&storage.Action{Time: noon, Duration: 7, ID: storage.ID(fmt.Sprint("id", i))})
		}
		page := pages.Page("")
		q.Cursor = page.Next
		c := build(t, q)
		if diff := cmp.Diff(test.where, c.WhereSQL()); diff != "" {
			t.Errorf("%s: conditions (-want +got):\n%s", test.order, diff)
		}
		if diff := cmp.Diff([]any{test.key, test.key, string(page.Actions[0].ID)}, c.Args()); diff != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", test.order, diff)
		}
	}
}
