package clickhouse

import (
	"context"
	"iter"
	"math"
	"strconv"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// spareRows are asked for beyond a page, for repeats among its rows.
const spareRows = 8

// Search returns one page. What is written meanwhile is on the pages that follow
// if it belongs there.
func (s *Store) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	m, err := q.Compile()
	if err != nil {
		return storage.Page{}, err
	}
	var page storage.Page
	err = s.read(ctx, func(ctx context.Context) error {
		st, err := s.state(ctx)
		if err != nil {
			return err
		}
		page, err = s.search(ctx, m, &st)
		return err
	})
	return page, err
}

func (s *Store) search(ctx context.Context, m *storage.Matcher, st *state) (storage.Page, error) {
	c := storage.NewCollector(m)
	p := pager{s: s, m: m, left: m.Limit(), visit: func(a *storage.Action) { c.Offer(a) }}
	if p.left != storage.NoLimit {
		p.left++ // to know whether another page follows
	}
	if st.rows {
		q := m.Query()
		p.conds = sqlquery.Build(m, dialect{}).Conds
		p.conds = append(p.conds, behind(st.line)...)
		for _, part := range s.slices(m, st) {
			if err := p.part(ctx, part, q.Sort); err != nil {
				return storage.Page{}, err
			}
			if p.left == 0 {
				break
			}
		}
	}
	return c.Page(""), nil
}

// behind are the conditions of a row that counts.
func behind(line int64) []sqlquery.Cond {
	if line == 0 {
		return nil
	}
	return []sqlquery.Cond{{SQL: "written_ns > ?", Args: []any{line}}}
}

// span is a range of time_ns, from inclusive, to exclusive.
type span struct{ from, to int64 }

// times are the conditions of a span.
func (p span) times() []sqlquery.Cond {
	var conds []sqlquery.Cond
	if p.from > 0 {
		conds = append(conds, sqlquery.Cond{SQL: "time_ns >= ?", Args: []any{p.from}})
	}
	if p.to != math.MaxInt64 {
		conds = append(conds, sqlquery.Cond{SQL: "time_ns < ?", Args: []any{p.to}})
	}
	return conds
}

// slices divides the times of a query, in its order, so that a page of the newest
// or the oldest need not read all. New servers read in the order of the key and
// stop by themselves.
func (s *Store) slices(m *storage.Matcher, st *state) []span {
	from, to := m.Bounds()
	sort := m.Query().Sort
	if sort.ByDuration() || m.Limit() == storage.NoLimit || s.ready.Load().modern() {
		return []span{{from, to}}
	}
	low, high := m.Keys()
	from, to = max(from, low, st.first*minute), min(to, (st.last+1)*minute)
	if high < to {
		to = high + 1
	}
	var list []span
	for width := int64(minute); from < to; width *= 16 {
		if width > math.MaxInt64/32 || to-from <= width {
			return append(list, span{from, to})
		}
		if sort.Descending() {
			list, to = append(list, span{to - width, to}), to-width
		} else {
			list, from = append(list, span{from, from + width}), from+width
		}
	}
	return list
}

// pager reads rows in the order of a query, each id once: repeats have the same
// key, so that they follow one another.
type pager struct {
	s     *Store
	m     *storage.Matcher
	conds []sqlquery.Cond
	left  int // how many are still wanted, or NoLimit
	visit func(a *storage.Action)
}

// part reads what lies in a part of the times.
func (p *pager) part(ctx context.Context, part span, sort storage.Sort) error {
	key := sqlquery.Key(sort)
	var last row
	begun := false
	for p.left != 0 {
		conds := append(part.times(), p.conds...)
		if begun {
			conds = append(conds, sqlquery.Behind(dialect{}, sort, keyOf(&last, sort), storage.ID(last.id))...)
		}
		sql := "SELECT " + readColumns + " FROM " + p.s.tables.allLogs + condSQL(conds) + " ORDER BY " + sqlquery.Order(key, sort)
		limit := p.left + spareRows
		if p.left != storage.NoLimit {
			sql += " LIMIT " + strconv.Itoa(limit)
		}
		read := 0
		var r row
		err := p.s.query(ctx, sql, func() error {
			read++
			if begun && r.id == last.id || p.left == 0 {
				return nil
			}
			begun = true
			last = r
			var a storage.Action
			if err := r.whole(&a); err != nil {
				return err
			}
			p.visit(&a)
			if p.left > 0 {
				p.left--
			}
			return nil
		}, r.dest()...)
		if err != nil {
			return err
		}
		if p.left == storage.NoLimit || read < limit {
			return nil
		}
	}
	return nil
}

func keyOf(r *row, sort storage.Sort) int64 {
	if sort.ByDuration() {
		return r.duration
	}
	return r.time
}

// Actions ranges over the actions that match q, oldest first and then by id.
// The query's Sort and Cursor are ignored, and a Limit of zero is none; any
// other ends the range after so many actions. It reads page by page. An error
// comes with the zero Action and is the last.
func (s *Store) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return sqlquery.Pages(ctx, q, s.Search)
}

// Errors returns the failures that q matches, grouped by the template of their
// errors, the greatest group first. Of q's order, limit and cursor only the
// limit counts: so many groups, and zero is all.
func (s *Store) Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	limit, none := q.Limit, q.Status == storage.Success
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	if q.Status == "" {
		q.Status = storage.Failed
	}
	m, err := q.Compile()
	if err != nil || none {
		return []storage.ErrorGroup{}, err
	}
	sum := storage.NewErrorSummer()
	err = s.read(ctx, func(ctx context.Context) error {
		st, err := s.state(ctx)
		if err != nil || !st.rows {
			return err
		}
		sum = storage.NewErrorSummer() // a read may be run again
		var service, text, example string
		var n uint64
		var first, last int64
		return s.count(ctx, "SELECT service, error, count(), min(time_ns), tupleElement(max((time_ns, action_id)), 1), tupleElement(max((time_ns, action_id)), 2) FROM "+
			s.tables.allLogs+" FINAL"+s.where(m, &st)+" GROUP BY service, error", func() error {
			sum.Merge(service, storage.ErrorGroup{
				Template: storage.FoldError(text), Count: int64(n), First: time.Unix(0, first).UTC(), Last: time.Unix(0, last).UTC(), Example: storage.ID(example),
			})
			return nil
		}, &service, &text, &n, &first, &last, &example)
	})
	if err != nil {
		return nil, err
	}
	groups := sum.Groups()
	if limit > 0 {
		groups = groups[:min(limit, len(groups))]
	}
	return groups, nil
}

// where returns the conditions of a query, with its times, as SQL.
func (s *Store) where(m *storage.Matcher, st *state) string {
	c := sqlquery.Build(m, dialect{})
	return condSQL(append(append(c.Times, c.Conds...), behind(st.line)...))
}

// slowOfEach is how many of each service and action Slow returns.
const slowOfEach = 10

// Slow returns the slowest actions that q matches, at most ten of each service
// and action, slowest first. The query's Sort and Cursor are ignored; its Limit
// counts.
func (s *Store) Slow(ctx context.Context, q storage.Query) ([]storage.Action, error) {
	q.Sort, q.Cursor = storage.SlowestFirst, ""
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	var list []storage.Action
	err = s.read(ctx, func(ctx context.Context) error {
		list = []storage.Action{} // a read may be run again
		st, err := s.state(ctx)
		if err != nil || !st.rows {
			return err
		}
		sql := "SELECT " + readColumns + " FROM " + s.tables.allLogs + " FINAL" + s.where(m, &st) +
			" ORDER BY duration_ns DESC, action_id DESC LIMIT " + strconv.Itoa(slowOfEach) + " BY service, action"
		if limit := m.Limit(); limit != storage.NoLimit {
			sql += " LIMIT " + strconv.Itoa(limit)
		}
		var r row
		return s.query(ctx, sql, func() error {
			var a storage.Action
			err := r.whole(&a)
			list = append(list, a)
			return err
		}, r.dest()...)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
