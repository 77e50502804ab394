package sqlite

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// dialect is what SQLite does its own way.
type dialect struct{ request, trace found }

// ID is what stands in a row that no run says the id of.
func (dialect) ID(id storage.ID) any { return string(id) }

func (dialect) FindID(id storage.ID) sqlquery.Cond {
	c := rowsOf(id)
	c.SQL = "id IN (" + c.SQL + ")"
	return c
}

func (dialect) TraceID(t storage.TraceID) any { return t[:] }

func (d dialect) RequestID(id string) sqlquery.Cond {
	own := rowsOf(storage.ID(id))
	if d.request.known {
		return sqlquery.Cond{
			SQL:  "id IN (" + own.SQL + " UNION ALL " + d.request.values() + ") AND http_code IS NOT NULL AND ifnull(request_id, ?) = ?",
			Args: append(own.Args, id, id),
		}
	}
	return sqlquery.Cond{
		SQL:  "http_code IS NOT NULL AND (request_id = ? OR request_id IS NULL AND id IN (" + own.SQL + "))",
		Args: append([]any{id}, own.Args...),
	}
}

// rowsOf selects the row of an action, whether a run says its id or the row
// itself.
func rowsOf(id storage.ID) sqlquery.Cond {
	c := sqlquery.Cond{SQL: "SELECT id FROM action_logs INDEXED BY idx_action_logs_action_id WHERE action_id = ?", Args: []any{string(id)}}
	if process, number, ok := splitID(id); ok {
		c.SQL += " UNION ALL SELECT * FROM (SELECT CASE WHEN last_id - first_id >= ? - number THEN first_id + ? - number END" +
			" FROM action_runs WHERE process = ? AND number <= ? ORDER BY number DESC LIMIT 1)"
		c.Args = append(c.Args, number, number, string(process[:]), number)
	}
	return c
}

// Text compares bytes. A route that is not there is a part of the action; a
// request id that is not there is the id. Names are few, and looked at once.
func (dialect) Text(text string) sqlquery.Cond {
	const contains = "instr(CAST(lower(%) AS BLOB), ?)"
	lower := foldASCII(text)
	var c sqlquery.Cond
	or := func(sql, column string) {
		c.SQL += strings.ReplaceAll(sql, "%", column) + " OR "
		c.Args = append(c.Args, lower)
	}
	for _, column := range []string{"service", "action"} {
		const names = "FROM action_names WHERE " + contains
		or("(SELECT count(*) "+names+") > 0 AND % IN (SELECT % "+names+")", column)
		c.Args = append(c.Args, lower) // which is there twice
	}
	for _, column := range []string{"error", "http_route", "request_id"} {
		or("% IS NOT NULL AND "+contains, column)
	}
	const own = "http_code IS NOT NULL AND request_id IS NULL AND "
	or(own+"% IS NOT NULL AND "+contains, "action_id")
	if isPartOfID(lower) {
		or(own+"% IS NULL AND instr((SELECT "+idFunction+"(process, number + action_logs.id - first_id) FROM action_runs"+
			" WHERE first_id <= action_logs.id ORDER BY first_id DESC LIMIT 1), ?)", "action_id")
	}
	c.SQL = "(" + strings.TrimSuffix(c.SQL, " OR ") + ")"
	return c
}

// isPartOfID reports whether an id of this module's form can contain a text.
func isPartOfID(text []byte) bool {
	for _, c := range text {
		if digits[c] < 0 {
			return false
		}
	}
	return len(text) <= idChars
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

// plan is a query as SQL behind SELECT and its columns.
type plan struct {
	from  string
	order string // in which an index gives the rows; "" for none
	ends  bool   // whether that is the page's, to the millisecond
	args  []any
}

// overLine is true of the rows behind the last clear.
var overLine = sqlquery.Cond{SQL: "id > (SELECT line_id FROM action_state)"}

// upperMark begins the newest id that a cursor carries where it stands for the
// number of a row. No id begins with it, or is greater.
const upperMark = "\xff"

// makePlan chooses the index: the one whose order is the page's, or that leaves
// the least. What it finds is what matches, and may be more: of other pages
// what ended in the same millisecond, or took as long, as this one's first.
func makePlan(m *storage.Matcher, d dialect) plan {
	q := m.Query()
	c := sqlquery.Build(m, d)
	c.Conds = append(c.Conds[:len(c.Conds)-c.Place], overLine) // for the place see timeConds, and longest
	if number, ok := strings.CutPrefix(string(m.Upper()), upperMark); ok {
		n, _ := strconv.ParseInt(number, 10, 64)
		c.Conds = append(c.Conds, sqlquery.Cond{SQL: "id <= ?", Args: []any{n}})
	}
	from, to := m.Bounds()
	index, order := "", "time_ns"
	c.Times = timeConds(m)
	switch {
	case q.ID != "" || d.request.known:
		order = "" // the few rows are looked up by their numbers
	case d.trace.known:
		order = ""
		c.Conds = append(c.Conds, sqlquery.Cond{SQL: "id IN (" + d.trace.values() + ")"})
	case q.Status == storage.Failed:
		index = "idx_action_logs_status"
	case len(q.Services) == 1:
		index = "idx_action_logs_service"
	case q.Sort.ByDuration() && from == math.MinInt64 && to == math.MaxInt64:
	default:
		index, order, c.Times = "idx_action_logs_timestamp", "timestamp", timestampConds(m)
	}
	c.Conds = append(c.Conds, sqlquery.Cond{SQL: "time_ns IS NOT NULL"}) // as rows of other programs are not at first
	p := plan{from: " FROM action_logs NOT INDEXED", args: c.Args()}
	if index != "" {
		p.from = " FROM action_logs INDEXED BY " + index
	}
	p.from += c.WhereSQL()
	switch {
	case q.Sort.ByDuration():
		p.longest(m)
	case order != "":
		p.order, p.ends = " ORDER BY "+order+" "+direction(q.Sort), true
	}
	return p
}

func direction(s storage.Sort) string {
	if s.Descending() {
		return "DESC"
	}
	return "ASC"
}

// longest leaves of the rows those that can be on the page: one that is as long
// as the last of them is among them whatever its id.
func (p *plan) longest(m *storage.Matcher) {
	last, other, end := "min", ">", "0"
	if !m.Query().Sort.Descending() {
		last, other, end = "max", "<", strconv.Itoa(math.MaxInt64)
	}
	from, args := p.from, slices.Clone(p.args)
	if key, _, paged := m.After(); paged {
		less := map[string]string{">": "<", "<": ">"}[other]
		p.from += " AND duration_ns " + less + "= ?"
		p.args = append(p.args, key)
		from += " AND duration_ns " + less + " ?"
		args = append(args, key)
	}
	if limit := m.Limit(); limit != storage.NoLimit {
		p.from += " AND duration_ns " + other + "= ifnull((SELECT " + last + "(duration_ns) FROM (SELECT duration_ns" + from +
			" ORDER BY duration_ns " + direction(m.Query().Sort) + " LIMIT " + strconv.Itoa(limit+1) + ")), " + end + ")"
		p.args = append(p.args, args...)
	}
}

// timeConds bounds times, also by the least that counts, and by where the page
// before ended.
func timeConds(m *storage.Matcher) []sqlquery.Cond {
	from, to := m.Bounds()
	conds := []sqlquery.Cond{}
	if !m.Query().Sort.ByDuration() {
		low, high := m.Keys()
		from = max(from, low)
		if high != math.MaxInt64 {
			conds = append(conds, sqlquery.Cond{SQL: "time_ns <= ?", Args: []any{high}})
		}
	}
	conds = append(conds, sqlquery.Cond{SQL: "time_ns >= max(?, (SELECT low_ns FROM action_state))", Args: []any{from}})
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
