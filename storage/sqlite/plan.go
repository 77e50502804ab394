package sqlite

import (
	"math"
	"strconv"
	"strings"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// dialect is what SQLite does its own way.
type dialect struct{}

func (dialect) ID(id storage.ID) any { return appendKey(nil, id) }

func (dialect) TraceID(t storage.TraceID) any { return t[:] }

func (dialect) RequestID(id string) sqlquery.Cond {
	return sqlquery.Cond{
		SQL:  "http_code IS NOT NULL AND (request_id = ? OR request_id IS NULL AND action_id = ?)",
		Args: []any{id, appendKey(nil, storage.ID(id))},
	}
}

// Text compares bytes. A route that is not there is a part of the action; a
// request id that is not there is the id.
func (dialect) Text(text string) sqlquery.Cond {
	lower := foldASCII(text)
	var c sqlquery.Cond
	for _, column := range []string{"error", "action", "service", "http_route", "request_id"} {
		c.SQL += "instr(CAST(lower(" + column + ") AS BLOB), ?) OR "
		c.Args = append(c.Args, lower)
	}
	c.SQL = "(" + c.SQL + "http_code IS NOT NULL AND request_id IS NULL AND instr(" + idFunction + "(action_id), ?))"
	c.Args = append(c.Args, lower)
	return c
}

// foldASCII returns the bytes of s with its ASCII letters in lower case.
func foldASCII(s string) []byte {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return b
}

// plan is a query as SQL behind FROM.
type plan struct {
	from  string
	order string
	args  []any
}

// The least that counts; evaluated once in a statement.
const (
	overLine = "id > (SELECT line_id FROM action_state)"
	overLow  = "time_ns >= (SELECT low_ns FROM action_state)"
	overText = "timestamp >= (SELECT low_text FROM action_state)"
)

// upperMark begins the newest id that a cursor carries where it stands for the
// number of a row. No id begins with it, or is greater.
const upperMark = "\xff"

// makePlan chooses the index: the one whose order is the page's, or that leaves
// the least.
func makePlan(m *storage.Matcher) plan {
	q := m.Query()
	c := sqlquery.Build(m, dialect{})
	c.Conds = append(c.Conds, sqlquery.Cond{SQL: overLine}, sqlquery.Cond{SQL: overLow})
	if upper := m.Upper(); upper != "" {
		if number, ok := strings.CutPrefix(string(upper), upperMark); ok {
			n, _ := strconv.ParseInt(number, 10, 64)
			c.Conds = append(c.Conds, sqlquery.Cond{SQL: "id <= ?", Args: []any{n}})
		} else {
			c.Conds = append(c.Conds, sqlquery.Cond{SQL: "action_id <= ?", Args: []any{appendKey(nil, upper)}})
		}
	}
	from, to := m.Bounds()
	var index string
	switch {
	case q.ID != "":
		index = "idx_action_logs_action_id"
	case q.Status == storage.Failed:
		index = "idx_action_logs_status"
	case len(q.Services) == 1:
		index = "idx_action_logs_service"
	case q.Sort.ByDuration() && from == math.MinInt64 && to == math.MaxInt64:
	default:
		index = "idx_action_logs_timestamp"
		c.Conds = append(c.Conds, timestampConds(m)...)
		if !q.Sort.ByDuration() {
			c.Order = sqlquery.Order("timestamp, time_ns", q.Sort)
		}
	}
	p := plan{from: " FROM action_logs NOT INDEXED", order: " ORDER BY " + c.Order, args: c.Args()}
	if index != "" {
		p.from = " FROM action_logs INDEXED BY " + index
	}
	p.from += c.WhereSQL()
	return p
}

// timestampConds says of timestamps what the query says of times, so that their
// index serves.
func timestampConds(m *storage.Matcher) []sqlquery.Cond {
	low, high := m.Bounds()
	if q := m.Query(); !q.Sort.ByDuration() {
		least, most := m.Keys()
		low, high = max(low, least), min(high, most)
	}
	conds := []sqlquery.Cond{{SQL: overText}}
	if low != math.MinInt64 {
		conds = append(conds, sqlquery.Cond{SQL: "timestamp >= ?", Args: []any{timestamp(low)}})
	}
	if high != math.MaxInt64 {
		conds = append(conds, sqlquery.Cond{SQL: "timestamp <= ?", Args: []any{timestamp(high)}})
	}
	return conds
}
