package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"actionlog/storage"
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
	all := series{length: int64(length), at: map[int64]*point{}}
	err = s.question(ctx, func(l link) error {
		return l.snapshot(ctx, func() error {
			st, err := readState(ctx, l)
			if err != nil {
				return err
			}
			longest, ok := longestIn(length)
			if !ok || !rollable(&q) {
				return all.addRows(ctx, l, m)
			}
			wanted := map[int64]bool{}
			from, to := m.Bounds()
			for _, part := range cover(max(from, st.floor), to, longest) {
				if part.rows {
					err = all.addRows(ctx, l, within(m, part.from, part.to))
				} else {
					err = rolled(ctx, l, st.epoch, part, func(start int64, summary []byte) error {
						return s.addSummary(ctx, l, &all, &q, wanted, start, summary)
					})
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return all.points()
}

// longestIn returns the longest step of which a length consists.
func longestIn(length time.Duration) (step, bool) {
	for s := days; s >= minutes; s-- {
		if int64(length)%lengths[s] == 0 {
			return s, true
		}
	}
	return 0, false
}

// addSummary adds a roll-up to the point in which it lies. wanted remembers
// which tallies are asked for.
func (s *Store) addSummary(ctx context.Context, l link, all *series, q *storage.Query, wanted map[int64]bool, start int64, summary []byte) error {
	var bad error
	err := visitSummary(summary, func(key int64, count uint64, longest int64, _ int) func(bucket) {
		want, known := wanted[key]
		if !known {
			var name pair
			if name, bad = s.names.at(ctx, l, key/2); bad != nil {
				return nil
			}
			want = asked(q, name, key%2 == 1)
			wanted[key] = want
		}
		if !want {
			return nil
		}
		p := all.of(start)
		p.add(countsOf(key, count), time.Duration(longest))
		return func(b bucket) { p.durations.AddBucket(b.number, b.count) }
	})
	if err := errors.Join(bad, err); err != nil {
		return err
	}
	return all.check()
}

// series is the points by when they begin.
type series struct {
	length      int64
	at          map[int64]*point
	first, last int64
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

// of returns the point of a moment.
func (s *series) of(moment int64) *point {
	start := moment - moment%s.length
	p := s.at[start]
	if p == nil {
		if len(s.at) == 0 {
			s.first, s.last = start, start
		}
		s.first, s.last = min(s.first, start), max(s.last, start)
		p = &point{}
		s.at[start] = p
	}
	return p
}

func (s *series) addRows(ctx context.Context, l link, m *storage.Matcher) error {
	p, err := l.plan(ctx, m)
	if err != nil {
		return err
	}
	return l.query(ctx, func(row []driver.Value) error {
		r := rowReader{from: row}
		n := storage.Counts{Total: 1}
		if r.text(1) == string(storage.Failed) {
			n.Failed = 1
		}
		at, duration := s.of(r.integer(0)), time.Duration(r.integer(2))
		at.add(n, duration)
		at.durations.Add(duration)
		if r.bad {
			return errRow
		}
		return s.check()
	}, "SELECT time_ns, status, duration_ns"+p.from, p.args...)
}

// check refuses a length that makes too many points.
func (s *series) check() error {
	if len(s.at) == 0 || (s.last-s.first)/s.length < storage.MaxPoints {
		return nil
	}
	return &storage.ParamError{Param: "step", Value: time.Duration(s.length).String(), Allowed: fmt.Sprintf("one that makes at most %d points", storage.MaxPoints)}
}

func (s *series) points() ([]storage.Point, error) {
	list := []storage.Point{}
	if len(s.at) == 0 {
		return list, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	for start := s.first; start <= s.last; start += s.length {
		point := storage.Point{Time: time.Unix(0, start).UTC()}
		if p := s.at[start]; p != nil {
			point = storage.NewPoint(point.Time, p.counts, &p.durations, p.longest)
		}
		list = append(list, point)
	}
	return list, nil
}
