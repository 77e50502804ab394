package sqlquery

import (
	"math"
	"slices"
	"strings"

	"actionlog/storage"
)

// Dialect is what databases do differently.
type Dialect interface {
	// ID returns an id as the column action_id holds it. Its order there is
	// the order of the ids' bytes.
	ID(storage.ID) any

	// TraceID returns a trace id as the column trace_id holds it.
	TraceID(storage.TraceID) any

	// RequestID returns the condition that an action is a request with this
	// request id.
	RequestID(string) Cond

	// Text returns the condition that error, action, service, route or
	// request id contain a text, the case of ASCII letters ignored.
	Text(string) Cond
}

// Finder is a [Dialect] that finds an id otherwise than by what its column
// action_id holds.
type Finder interface {
	// FindID returns the condition that an action has this id.
	FindID(storage.ID) Cond
}

// Cond is a condition with its arguments.
type Cond struct {
	SQL  string
	Args []any
}

// Clause is a query as SQL.
type Clause struct {
	Conds []Cond // all must hold
	Times []Cond // these too: the bounds of time_ns, which a store may put otherwise
	Place int    // how many of Conds, the last, are of where the page before ended
	Order string // what stands behind ORDER BY
}

// Build returns what m asks for. Ids compare as the database orders what
// [Dialect.ID] returns.
func Build(m *storage.Matcher, d Dialect) Clause {
	q := m.Query()
	b := builder{d: d}
	b.names("service", q.Services)
	b.names("action", q.Actions)
	if q.Status != "" {
		// The text itself, so that a partial index can be seen to apply.
		b.add("status = '" + string(q.Status) + "'")
	}
	if q.Instance != "" {
		b.add("instance = ?", q.Instance)
	}
	if f, ok := d.(Finder); q.ID != "" && ok {
		b.conds = append(b.conds, f.FindID(q.ID))
	} else if q.ID != "" {
		b.add("action_id = ?", d.ID(q.ID))
	}
	if !q.TraceID.IsZero() {
		b.add("trace_id = ?", d.TraceID(q.TraceID))
	}
	if q.RequestID != "" {
		b.conds = append(b.conds, d.RequestID(q.RequestID))
	}
	if !q.Code.IsZero() {
		b.add("http_code BETWEEN ? AND ?", int64(q.Code.Low), int64(q.Code.High))
	}
	if q.MinDuration > 0 {
		b.add("duration_ns >= ?", int64(q.MinDuration))
	}
	if q.MaxDuration > 0 {
		b.add("duration_ns <= ?", int64(q.MaxDuration))
	}
	if q.Text != "" {
		b.conds = append(b.conds, d.Text(q.Text))
	}
	place := len(b.conds)
	b.position(m, q.Sort)
	c := Clause{Conds: b.conds, Place: len(b.conds) - place, Order: Order(Key(q.Sort), q.Sort)}
	from, to := m.Bounds()
	if from != math.MinInt64 {
		c.Times = append(c.Times, Cond{"time_ns >= ?", []any{from}})
	}
	if to != math.MaxInt64 {
		c.Times = append(c.Times, Cond{"time_ns < ?", []any{to}})
	}
	return c
}

// Key returns the column that an order sorts by before the id.
func Key(s storage.Sort) string {
	if s.ByDuration() {
		return "duration_ns"
	}
	return "time_ns"
}

// Order returns columns and then the id in the direction of an order.
func Order(columns string, s storage.Sort) string {
	direction := " ASC"
	if s.Descending() {
		direction = " DESC"
	}
	return strings.ReplaceAll(columns, ", ", direction+", ") + direction + ", action_id" + direction
}

// WhereSQL returns the conditions behind a WHERE, or "" if there are none.
func (c *Clause) WhereSQL() string {
	var sql strings.Builder
	for i, cond := range c.all() {
		if i == 0 {
			sql.WriteString(" WHERE ")
		} else {
			sql.WriteString(" AND ")
		}
		sql.WriteString(cond.SQL)
	}
	return sql.String()
}

func (c *Clause) all() []Cond { return slices.Concat(c.Times, c.Conds) }

// Args returns the arguments of all conditions, in their order.
func (c *Clause) Args() []any {
	var args []any
	for _, cond := range c.all() {
		args = append(args, cond.Args...)
	}
	return args
}

type builder struct {
	d     Dialect
	conds []Cond
}

func (b *builder) add(sql string, args ...any) { b.conds = append(b.conds, Cond{sql, args}) }

// names adds the condition that a column is one of a list; an empty list is
// no condition.
func (b *builder) names(column string, list []string) {
	switch len(list) {
	case 0:
		return
	case 1:
		b.add(column+" = ?", list[0])
		return
	}
	args := make([]any, len(list))
	for i := range list {
		args[i] = list[i]
	}
	b.add(column+" IN (?"+strings.Repeat(", ?", len(list)-1)+")", args...)
}

// position adds the conditions that an action lies behind the page before.
func (b *builder) position(m *storage.Matcher, s storage.Sort) {
	if key, id, paged := m.After(); paged {
		b.conds = append(b.conds, Behind(b.d, s, key, id)...)
	}
}

// Behind returns the conditions that an action comes after a place in an order:
// the key and the id of the last before it. The first is implied by the second;
// an index can use it.
func Behind(d Dialect, s storage.Sort, key int64, id storage.ID) []Cond {
	column, less := Key(s), ">"
	if s.Descending() {
		less = "<"
	}
	return []Cond{
		{column + " " + less + "= ?", []any{key}},
		{"(" + column + " " + less + " ? OR action_id " + less + " ?)", []any{key, d.ID(id)}},
	}
}
