package clickhouse

import (
	"context"
	"fmt"
	"math"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// Series describes the actions that q matches step by step. Steps begin at
// whole multiples of step since 1970 in UTC; the points are from the first to
// the last step with an action in it, and those between without one are there
// too. q's order, limit and cursor are ignored. A step must be positive, and so
// long that there are at most [storage.MaxPoints]. Where it is whole minutes,
// and the query one that [Store.Stats] answers from roll-ups, so does Series.
func (s *Store) Series(ctx context.Context, q storage.Query, length time.Duration) ([]storage.Point, error) {
	if length <= 0 {
		return nil, &storage.ParamError{Param: "step", Value: length.String(), Allowed: "a duration greater than zero"}
	}
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	var all *series
	err = s.read(ctx, func(ctx context.Context) error {
		all = &series{length: int64(length), at: map[int64]*point{}}
		st, err := s.state(ctx)
		if err != nil || !st.rows {
			return err
		}
		return s.fill(ctx, m, &st, all)
	})
	if err != nil {
		return nil, err
	}
	return all.points()
}

// fill adds what a query matches.
func (s *Store) fill(ctx context.Context, m *storage.Matcher, st *state, all *series) error {
	q := m.Query()
	if all.length%minute != 0 || !rollable(&q) {
		c := sqlquery.Build(m, dialect{})
		return s.addRows(ctx, append(append(c.Times, c.Conds...), behind(st.line)...), all)
	}
	longest := int64(1)
	if all.length%(hour*minute) == 0 {
		longest = hour
	}
	from, to := m.Bounds()
	c, err := s.cover(ctx, st, from, to, longest)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		step  int
		spans []span
	}{{stepHour, c.hours}, {stepMinute, c.minutes}} {
		step := part.step
		if len(q.Services) == 0 && len(q.Actions) == 0 {
			step += stepTotals
		}
		for cond := range spanConds("start", part.spans) {
			if err := s.addRollups(ctx, s.whereRollups(&q, st, step, cond), all); err != nil {
				return err
			}
		}
	}
	for cond := range spanConds("time_ns", c.rows) {
		if err := s.addRows(ctx, append(append([]sqlquery.Cond{cond}, sqlquery.Build(m, dialect{}).Conds...), behind(st.line)...), all); err != nil {
			return err
		}
	}
	return nil
}

// addRows counts rows by id.
func (s *Store) addRows(ctx context.Context, conds []sqlquery.Cond, all *series) error {
	where := condSQL(conds)
	if err := s.checkLength(ctx, where, all); err != nil {
		return err
	}
	var start, longest int64
	var status string
	var bucket uint16
	var n uint64
	return s.count(ctx, bind("SELECT intDiv(time_ns, ?) * ? AS start, status, duration_bucket, count(), max(duration_ns) FROM ", all.length, all.length)+
		s.tables.allLogs+" FINAL"+where+" GROUP BY start, status, duration_bucket", func() error {
		p := all.of(start)
		p.add(countsOf(status == string(storage.Failed), n), time.Duration(longest))
		p.durations.AddBucket(int(bucket), n)
		return all.check()
	}, &start, &status, &bucket, &n, &longest)
}

// checkLength refuses a length that makes too many points before the server makes
// them.
func (s *Store) checkLength(ctx context.Context, where string, all *series) error {
	var first, last int64
	var n uint64
	err := s.query(ctx, "SELECT min(time_ns), max(time_ns), count() FROM "+s.tables.allLogs+where, func() error { return nil }, &first, &last, &n)
	if err != nil || n == 0 {
		return err
	}
	all.reach(first)
	all.reach(last)
	return all.check()
}

// addRollups adds roll-ups up.
func (s *Store) addRollups(ctx context.Context, where string, all *series) error {
	var start, longest int64
	var failed uint8
	var total uint64
	var buckets, counts string
	steps := all.length / minute
	return s.count(ctx, bind("SELECT toInt64(intDiv(start, ?) * ?) AS begin, failed, "+rolledUp+" FROM ", steps, steps)+
		s.tables.allRollups+" FINAL"+where+" GROUP BY begin, failed", func() error {
		p := all.of(start * minute)
		p.add(countsOf(failed != 0, total), time.Duration(longest))
		if err := addBuckets(&p.durations, buckets, counts); err != nil {
			return err
		}
		return all.check()
	}, &start, &failed, &total, &longest, &buckets, &counts)
}

// series is the points by when they begin.
type series struct {
	length      int64
	at          map[int64]*point
	first, last int64 // of all that was reached
	reached     bool
}

type point struct {
	counts    storage.Counts
	durations storage.Histogram
	longest   time.Duration
}

func (p *point) add(n storage.Counts, longest time.Duration) {
	p.counts.Total += n.Total
	p.counts.Failed += n.Failed
	p.longest = max(p.longest, longest)
}

// reach notes that there is a point at a moment.
func (s *series) reach(moment int64) (start int64) {
	start = moment - moment%s.length
	if !s.reached {
		s.first, s.last, s.reached = start, start, true
	}
	s.first, s.last = min(s.first, start), max(s.last, start)
	return start
}

// of returns the point of a moment.
func (s *series) of(moment int64) *point {
	start := s.reach(moment)
	p := s.at[start]
	if p == nil {
		p = &point{}
		s.at[start] = p
	}
	return p
}

// check refuses a length that makes too many points.
func (s *series) check() error {
	if !s.reached || (s.last-s.first)/s.length < storage.MaxPoints {
		return nil
	}
	return &storage.ParamError{Param: "step", Value: time.Duration(s.length).String(), Allowed: fmt.Sprintf("one that makes at most %d points", storage.MaxPoints)}
}

func (s *series) points() ([]storage.Point, error) {
	list := []storage.Point{}
	if !s.reached {
		return list, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	for start := s.first; start <= s.last && start <= math.MaxInt64-s.length; start += s.length {
		point := storage.Point{Time: time.Unix(0, start).UTC()}
		if p := s.at[start]; p != nil {
			point = storage.NewPoint(point.Time, p.counts, &p.durations, p.longest)
		}
		list = append(list, point)
	}
	return list, nil
}
