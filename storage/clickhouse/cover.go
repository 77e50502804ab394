package clickhouse

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"actionlog/storage/internal/sqlquery"
)

// Steps that are rolled up.
const (
	stepMinute = 0
	stepHour   = 1

	// stepTotals and the number of a step is that step without the names of
	// services and actions. It is inserted together with the step.
	stepTotals = 2
)

// covered is a range of times divided into what can be read where. Hours and
// minutes are spans of minutes since 1970, rows spans of time_ns.
type covered struct {
	hours, minutes, rows []span
}

// cover divides a range of time_ns: into hours and minutes whose roll-ups are
// right, because as many rows were inserted when they were counted as have been
// inserted until now, and rows of the others. Where nothing was inserted there is
// nothing to read. Hours are used if longest is one.
func (s *Store) cover(ctx context.Context, st *state, from, to int64, longest int64) (c covered, err error) {
	from, to = max(from, st.first*minute), min(to, (st.last+1)*minute)
	if from >= to {
		return c, nil
	}
	within := span{from, to}
	begin, end := (from+minute-1)/minute, to/minute // whole minutes
	if begin > end {                                // all within one
		begin, end = from/minute, from/minute
	}
	lookup := []span{{from / minute, (to-1)/minute + 1}}
	if longest >= hour && end-begin >= hour {
		first, last := (begin+hour-1)/hour*hour, end/hour*hour
		if first < last {
			hours, err := s.checkRollups(ctx, st, stepHour, []span{{first, last}})
			if err != nil {
				return c, err
			}
			c.hours = hours.right
			lookup = nil
			if from/minute < first {
				lookup = append(lookup, span{from / minute, first})
			}
			lookup = append(lookup, hours.wrong...)
			if last*minute < to {
				lookup = append(lookup, span{last, (to-1)/minute + 1})
			}
		}
	}
	minutes, err := s.checkRollups(ctx, st, stepMinute, join(lookup))
	if err != nil {
		return c, err
	}
	var rows []span
	for _, p := range minutes.right {
		whole := span{max(p.from, begin), min(p.to, end)}
		if whole.from >= whole.to {
			whole = span{p.from, p.from}
		} else {
			c.minutes = append(c.minutes, whole)
		}
		rows = append(rows, span{p.from * minute, whole.from * minute}, span{whole.to * minute, p.to * minute})
	}
	for _, p := range minutes.wrong {
		rows = append(rows, span{p.from * minute, p.to * minute})
	}
	for _, p := range rows {
		if p = (span{max(p.from, within.from), min(p.to, within.to)}); p.from < p.to {
			c.rows = append(c.rows, p)
		}
	}
	c.rows = join(c.rows)
	return c, nil
}

// checked are spans of minutes: with roll-ups that are right, and with none or
// with wrong ones. Those in which nothing was inserted that counts are in neither.
type checked struct{ right, wrong []span }

// ledgerEntry is what the ledger says of a step.
type ledgerEntry struct {
	start, inserted, last int64
}

// checkRollups compares what the ledger says of steps with what it said when they
// were rolled up.
func (s *Store) checkRollups(ctx context.Context, st *state, step int, parts []span) (c checked, err error) {
	entries, err := s.entries(ctx, step, parts)
	if err != nil || len(entries) == 0 {
		return c, err
	}
	counted, err := s.counted(ctx, st.line, step, parts)
	if err != nil {
		return c, err
	}
	width := widthOf(step)
	for _, e := range entries {
		switch p := (span{e.start, e.start + width}); {
		case e.last <= st.line:
		case counted[e.start] == e.inserted:
			c.right = append(c.right, p)
		default:
			c.wrong = append(c.wrong, p)
		}
	}
	c.right, c.wrong = join(c.right), join(c.wrong)
	return c, nil
}

// widthOf returns how many minutes a step has.
func widthOf(step int) int64 {
	if step == stepHour {
		return hour
	}
	return 1
}

// entries returns what the ledger says of the steps within spans of minutes, in
// their order.
func (s *Store) entries(ctx context.Context, step int, parts []span) ([]ledgerEntry, error) {
	at := map[int64]*ledgerEntry{}
	var start uint32
	var inserted uint64
	var last int64
	for cond := range spanConds("minute", parts) {
		err := s.count(ctx, bind("SELECT toUInt32(intDiv(minute, ?) * ?) AS start, countMerge(inserted), maxMerge(last) FROM "+s.tables.allLedger, widthOf(step), widthOf(step))+
			condSQL([]sqlquery.Cond{cond})+" GROUP BY start", func() error {
			e := at[int64(start)]
			if e == nil {
				e = &ledgerEntry{start: int64(start)}
				at[e.start] = e
			}
			e.inserted += int64(inserted)
			e.last = max(e.last, last)
			return nil
		}, &start, &inserted, &last)
		if err != nil {
			return nil, err
		}
	}
	list := make([]ledgerEntry, 0, len(at))
	for _, start := range slices.Sorted(maps.Keys(at)) {
		list = append(list, *at[start])
	}
	return list, nil
}

// counted returns, by the start of a step, what the ledger said when it was
// rolled up.
func (s *Store) counted(ctx context.Context, line int64, step int, parts []span) (map[int64]int64, error) {
	counted := map[int64]int64{}
	var start uint32
	var inserted uint64
	for cond := range spanConds("start", parts) {
		conds := []sqlquery.Cond{{SQL: "line = ? AND step = ?", Args: []any{line, int64(step)}}, cond}
		err := s.count(ctx, "SELECT start, max(inserted) FROM "+s.tables.allRollups+condSQL(conds)+" GROUP BY start", func() error {
			counted[int64(start)] = max(counted[int64(start)], int64(inserted))
			return nil
		}, &start, &inserted)
		if err != nil {
			return nil, err
		}
	}
	return counted, nil
}

// rangesAtOnce is how many ranges one question holds: the text of a query is
// bounded.
const rangesAtOnce = 500

// spanConds turns spans of a column into conditions.
func spanConds(column string, list []span) iter.Seq[sqlquery.Cond] {
	return func(yield func(sqlquery.Cond) bool) {
		for some := range slices.Chunk(list, rangesAtOnce) {
			var c sqlquery.Cond
			var parts []string
			for _, p := range some {
				parts = append(parts, column+" >= ? AND "+column+" < ?")
				c.Args = append(c.Args, p.from, p.to)
			}
			c.SQL = "(" + strings.Join(parts, " OR ") + ")"
			if !yield(c) {
				return
			}
		}
	}
}
