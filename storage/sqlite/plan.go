package sqlite

import (
	"math"
	"strconv"
	"strings"
	"time"

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

// overLine is true of the rows behind the last clear.
var overLine = sqlquery.Cond{SQL: "id > (SELECT line_id FROM action_state)"}

// upperMark begins the newest id that a cursor carries where it stands for the
// number of a row. No id begins with it, or is greater.
const upperMark = "\xff"

// makePlan chooses the index: the one whose order is the page's, or that leaves
// the least.
func makePlan(m *storage.Matcher) plan {
	q := m.Query()
	c := sqlquery.Build(m, dialect{})
	c.Conds = append(c.Conds, overLine)
	if upper := m.Upper(); upper != "" {
		if number, ok := strings.CutPrefix(string(upper), upperMark); ok {
			n, _ := strconv.ParseInt(number, 10, 64)
			c.Conds = append(c.Conds, sqlquery.Cond{SQL: "id <= ?", Args: []any{n}})
		} else {
			c.Conds = append(c.Conds, sqlquery.Cond{SQL: "action_id <= ?", Args: []any{appendKey(nil, upper)}})
		}
	}
	from, to := m.Bounds()
	index := ""
	c.Times = timeConds(from, to)
	switch {
	case q.ID != "":
		index = "idx_action_logs_action_id"
	case q.Status == storage.Failed:
		index = "idx_action_logs_status"
	case len(q.Services) == 1:
		index = "idx_action_logs_service"
	case q.Sort.ByDuration() && from == math.MinInt64 && to == math.MaxInt64:
	default:
		index, c.Times = "idx_action_logs_timestamp", timestampConds(m)
		if !q.Sort.ByDuration() {
			c.Order = sqlquery.Order("timestamp, time_ns", q.Sort)
		}
	}
	c.Conds = append(c.Conds, sqlquery.Cond{SQL: "action_id IS NOT NULL"}) // which rows of other programs are at first
	p := plan{from: " FROM action_logs NOT INDEXED", order: " ORDER BY " + c.Order, args: c.Args()}
	if index != "" {
		p.from = " FROM action_logs INDEXED BY " + index
	}
	p.from += c.WhereSQL()
	return p
}

// timeConds bounds times, also by the least that counts.
func timeConds(from, to int64) []sqlquery.Cond {
	conds := []sqlquery.Cond{{SQL: "time_ns >= max(?, (SELECT low_ns FROM action_state))", Args: []any{from}}}
	if to != math.MaxInt64 {
		conds = append(conds, sqlquery.Cond{SQL: "time_ns < ?", Args: []any{to}})
	}
	return conds
}

// timestampConds bounds timestamps as timeConds bounds times, so that their
// index serves, and times where milliseconds don't say all. What counts begins
// at a whole hour, or with a row that does.
func timestampConds(m *storage.Matcher) []sqlquery.Cond {
	var conds []sqlquery.Cond
	add := func(sql string, args ...any) { conds = append(conds, sqlquery.Cond{SQL: sql, Args: args}) }
	from, to := m.Bounds()
	low, high := from, int64(math.MaxInt64)
	if !m.Query().Sort.ByDuration() {
		least, most := m.Keys()
		low, high = max(low, least), most
	}
	if low == math.MinInt64 {
		add("timestamp >= (SELECT low_text FROM action_state)")
	} else {
		add("timestamp >= max(?, (SELECT low_text FROM action_state))", timestamp(low))
	}
	if from%int64(time.Millisecond) != 0 && from != math.MinInt64 {
		add("time_ns >= ?", from)
	}
	switch {
	case high < to:
		add("timestamp <= ?", timestamp(high))
	case to == math.MaxInt64:
	case to%int64(time.Millisecond) == 0:
		add("timestamp < ?", timestamp(to))
	default:
		add("timestamp <= ?", timestamp(to))
		add("time_ns < ?", to)
	}
	return conds
}
