package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"slices"
	"time"

	"actionlog/storage"
)

// Stats returns the counts of what q matches. Of a query of no more than
// services, actions, status and times it reads roll-ups, and rows only of the
// minutes in which its times lie; of any other it reads the rows. Lifetime
// counts all that the database holds.
func (s *Store) Stats(ctx context.Context, q storage.Query) (storage.Stats, error) {
	var st storage.Stats
	sum, err := s.sums(ctx, q, &st)
	if err != nil {
		return storage.Stats{}, err
	}
	sum.Fill(&st)
	return st, nil
}

// Sums is [Store.Stats] before the quantiles are taken, to be added to what
// others counted.
func (s *Store) Sums(ctx context.Context, q storage.Query) (*storage.Summer, error) {
	var st storage.Stats
	return s.sums(ctx, q, &st)
}

func (s *Store) sums(ctx context.Context, q storage.Query, stats *storage.Stats) (*storage.Summer, error) {
	q.Cursor, q.Sort, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	sum := storage.NewSummer()
	err = s.question(ctx, func(l link) error {
		return l.snapshot(ctx, func() error {
			st, err := readState(ctx, l)
			if err != nil {
				return err
			}
			stats.Since = time.Unix(0, st.since).UTC()
			if stats.Lifetime, err = s.lifetime(ctx, l, &st); err != nil {
				return err
			}
			if !rollable(&q) {
				return sumRows(ctx, l, m, sum)
			}
			from, to := m.Bounds()
			t := tallies{q: &q, at: map[int64]*counted{}}
			for _, part := range cover(max(from, st.floor), to, days) {
				if part.rows {
					err = sumRows(ctx, l, within(m, part.from, part.to), sum)
				} else {
					err = rolled(ctx, l, st.epoch, part, func(_ int64, summary []byte) error { return t.add(summary) })
				}
				if err != nil {
					return err
				}
			}
			return s.fill(ctx, l, &t, sum)
		})
	})
	return sum, err
}

// rollable reports whether roll-ups know what a query asks for.
func rollable(q *storage.Query) bool {
	rest := *q
	rest.Services, rest.Actions, rest.Status = nil, nil, ""
	rest.From, rest.To = time.Time{}, time.Time{}
	return len(rest.Values()) == 0
}

// within is a matcher of a part of its times.
func within(m *storage.Matcher, from, to int64) *storage.Matcher {
	q := m.Query()
	q.Cursor = ""
	if from != math.MinInt64 {
		q.From = time.Unix(0, from)
	}
	if to != math.MaxInt64 {
		q.To = time.Unix(0, to)
	}
	part, err := q.Compile()
	if err != nil {
		panic(err) // a part of what was valid is valid
	}
	return part
}

// sumRows counts the rows that match.
func sumRows(ctx context.Context, l link, m *storage.Matcher, sum *storage.Summer) error {
	p, err := l.plan(ctx, m)
	if err != nil {
		return err
	}
	return l.query(ctx, func(row []driver.Value) error {
		r := rowReader{from: row}
		a := storage.Action{Service: r.text(0), Action: r.text(1), Status: storage.Status(r.text(2)), Duration: time.Duration(r.integer(3))}
		sum.Add(&a)
		if r.bad {
			return errRow
		}
		return nil
	}, "SELECT service, action, status, duration_ns"+p.from, p.args...)
}

// part is a part of a range of times: rows, or whole steps that are rolled up.
type part struct {
	from, to int64
	step     step
	rows     bool
}

// cover divides a range into steps, as long as may be, but none longer than
// longest, and rows at its ends.
func cover(from, to int64, longest step) []part {
	if from >= to {
		return nil
	}
	front, back := []part{}, []part{}
	if from != math.MinInt64 {
		if up := upTo(minutes, from); up >= to {
			return []part{{from: from, to: to, rows: true}}
		} else if up > from {
			front, from = append(front, part{from: from, to: up, rows: true}), up
		}
	}
	if to != math.MaxInt64 {
		if down := minutes.start(max(to, 0)); down < to {
			back, to = append(back, part{from: max(down, from), to: to, rows: true}), down
		}
	}
	for s := minutes; s <= longest && from < to; s++ {
		if s == longest {
			front = append(front, part{from: from, to: to, step: s})
			break
		}
		if from != math.MinInt64 {
			if up := min(upTo(s+1, from), to); up > from {
				front, from = append(front, part{from: from, to: up, step: s}), up
			}
		}
		if to != math.MaxInt64 && from < to {
			if down := max((s + 1).start(to), from); down < to {
				back, to = append(back, part{from: down, to: to, step: s}), down
			}
		}
	}
	slices.Reverse(back)
	return append(front, back...)
}

// upTo returns when the first step begins that does not begin before a moment.
func upTo(s step, moment int64) int64 {
	if start := s.start(moment); start < moment {
		return start + lengths[s]
	}
	return moment
}

// rolled visits the roll-ups of a part.
func rolled(ctx context.Context, l link, epoch int64, p part, visit func(start int64, summary []byte) error) error {
	low, high := rollupKey(epoch, p.step, max(p.from, 0)), rollupKey(epoch, p.step+1, 0)
	if p.to != math.MaxInt64 {
		high = rollupKey(epoch, p.step, max(p.to, 0))
	}
	return l.query(ctx, func(row []driver.Value) error {
		key, _ := row[0].(int64)
		summary, _ := row[1].([]byte)
		return visit(keyStart(key), summary)
	}, "SELECT key, summary FROM action_rollups WHERE key >= ? AND key < ?", low, high)
}

// counted is what was counted of a service, action and status.
type counted struct {
	count     uint64
	longest   int64
	durations storage.Histogram
}

// tallies adds summaries up, by the keys of their tallies.
type tallies struct {
	q  *storage.Query
	at map[int64]*counted
}

func (t *tallies) add(summary []byte) error {
	return visitSummary(summary, func(key int64, count uint64, longest int64, _ int) func(bucket) {
		c := t.at[key]
		if c == nil {
			c = &counted{}
			t.at[key] = c
		}
		c.count += count
		c.longest = max(c.longest, longest)
		return func(b bucket) { c.durations.AddBucket(b.number, b.count) }
	})
}

// fill adds what was counted to sum, under its names, as far as it is asked for.
func (s *Store) fill(ctx context.Context, l link, t *tallies, sum *storage.Summer) error {
	for key, c := range t.at {
		p, err := s.names.at(ctx, l, key/2)
		if err != nil {
			return err
		}
		if asked(t.q, p, key%2 == 1) {
			sum.Merge(p.service, p.action, countsOf(key, c.count), &c.durations, time.Duration(c.longest))
		}
	}
	return nil
}

func countsOf(key int64, count uint64) storage.Counts {
	n := storage.Counts{Total: int64(count)}
	if key%2 == 1 {
		n.Failed = n.Total
	}
	return n
}

// asked reports whether a query of nothing more asks for a service, action and
// status.
func asked(q *storage.Query, p pair, failed bool) bool {
	if q.Status != "" && failed != (q.Status == storage.Failed) {
		return false
	}
	return (len(q.Services) == 0 || slices.Contains(q.Services, p.service)) && (len(q.Actions) == 0 || slices.Contains(q.Actions, p.action))
}

// lifetime counts all that counts.
func (s *Store) lifetime(ctx context.Context, l link, st *state) (all storage.Counts, err error) {
	for _, p := range cover(st.floor, math.MaxInt64, days) {
		err := rolled(ctx, l, st.epoch, p, func(_ int64, summary []byte) error {
			return visitSummary(summary, func(key int64, count uint64, _ int64, _ int) func(bucket) {
				if all.Total += int64(count); key%2 == 1 {
					all.Failed += int64(count)
				}
				return nil
			})
		})
		if err != nil {
			return all, err
		}
	}
	return all, nil
}
