package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// Lengths of time, in nanoseconds and in minutes.
const (
	minute = int64(time.Minute)
	hour   = 60
)

// Stats returns the counts of what q matches, by id. Of a query of no more than
// services, actions, status and times it reads roll-ups, and rows only of the
// minutes that have not been rolled up since rows came, or in which its times
// lie; of any other it reads the rows. Lifetime counts all that counts.
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
	return s.sums(ctx, q, nil)
}

// sums adds up what q matches, and fills in Since and Lifetime of stats unless
// it is nil.
func (s *Store) sums(ctx context.Context, q storage.Query, stats *storage.Stats) (sum *storage.Summer, err error) {
	q.Cursor, q.Sort, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(ctx context.Context) error {
		sum = storage.NewSummer()
		st, err := s.state(ctx)
		if err != nil {
			return err
		}
		if err := s.sum(ctx, m, &st, sum); err != nil {
			return err
		}
		if stats == nil {
			return nil
		}
		stats.Since = time.Unix(0, st.since).UTC()
		all := sum
		if len(q.Values()) > 0 {
			everything, err := storage.Query{Limit: storage.NoLimit}.Compile()
			if err != nil {
				return err
			}
			all = storage.NewSummer()
			if err := s.sum(ctx, everything, &st, all); err != nil {
				return err
			}
		}
		stats.Lifetime = all.All().Counts
		return nil
	})
	return sum, err
}

// sum adds up what a query matches.
func (s *Store) sum(ctx context.Context, m *storage.Matcher, st *state, sum *storage.Summer) error {
	if !st.rows {
		return nil
	}
	q := m.Query()
	if !rollable(&q) {
		return s.sumRows(ctx, s.where(m, st), sum)
	}
	from, to := m.Bounds()
	c, err := s.cover(ctx, st, from, to, hour)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		step  int
		spans []span
	}{{stepHour, c.hours}, {stepMinute, c.minutes}} {
		for conds := range spanConds("start", part.spans) {
			if err := s.sumRollups(ctx, s.whereRollups(&q, st, part.step, conds), sum); err != nil {
				return err
			}
		}
	}
	for conds := range spanConds("time_ns", c.rows) {
		rest := append(append([]sqlquery.Cond{conds}, sqlquery.Build(m, dialect{}).Conds...), behind(st.line)...)
		if err := s.sumRows(ctx, condSQL(rest), sum); err != nil {
			return err
		}
	}
	return nil
}

// rollable reports whether roll-ups know what a query asks for.
func rollable(q *storage.Query) bool {
	rest := *q
	rest.Services, rest.Actions, rest.Status = nil, nil, ""
	rest.From, rest.To = time.Time{}, time.Time{}
	return len(rest.Values()) == 0
}

// sumRows counts rows by id: FINAL merges repeats as it reads, which takes less
// time and memory than to gather ids.
func (s *Store) sumRows(ctx context.Context, where string, sum *storage.Summer) error {
	var service, action, status string
	var bucket uint16
	var n uint64
	var longest int64
	return s.count(ctx, "SELECT service, action, status, duration_bucket, count(), max(duration_ns) FROM "+s.tables.allLogs+" FINAL"+where+
		" GROUP BY service, action, status, duration_bucket", func() error {
		var h storage.Histogram
		h.AddBucket(int(bucket), n)
		sum.Merge(service, action, countsOf(status == string(storage.Failed), n), &h, time.Duration(longest))
		return nil
	}, &service, &action, &status, &bucket, &n, &longest)
}

// sumRollups adds up roll-ups.
func (s *Store) sumRollups(ctx context.Context, where string, sum *storage.Summer) error {
	var service, action string
	var failed uint8
	var total uint64
	var longest int64
	var buckets, counts string
	return s.count(ctx, "SELECT service, action, failed, "+rolledUp+" FROM "+s.tables.allRollups+" FINAL"+where+" GROUP BY service, action, failed", func() error {
		var h storage.Histogram
		if err := addBuckets(&h, buckets, counts); err != nil {
			return err
		}
		sum.Merge(service, action, countsOf(failed != 0, total), &h, time.Duration(longest))
		return nil
	}, &service, &action, &failed, &total, &longest, &buckets, &counts)
}

// rolledUp adds up roll-ups: how many, the longest, and the buckets with their
// counts, as texts, for the driver takes its time with each element of an array.
const rolledUp = "sum(total), max(longest), toString(tupleElement(sumMap(buckets, counts), 1)), toString(tupleElement(sumMap(buckets, counts), 2))"

var errBuckets = errors.New("a roll-up has buckets that are none")

// addBuckets adds buckets, written as [1,2], with their counts.
func addBuckets(h *storage.Histogram, buckets, counts string) error {
	buckets, counts = strings.Trim(buckets, "[]"), strings.Trim(counts, "[]")
	for buckets != "" {
		var b, n string
		b, buckets, _ = strings.Cut(buckets, ",")
		n, counts, _ = strings.Cut(counts, ",")
		bucket, err := strconv.ParseUint(b, 10, 16)
		if err != nil || bucket >= storage.Buckets {
			return fmt.Errorf("%w: bucket %q", errBuckets, b)
		}
		count, err := strconv.ParseUint(n, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: count %q", errBuckets, n)
		}
		h.AddBucket(int(bucket), count)
	}
	return nil
}

func countsOf(failed bool, n uint64) storage.Counts {
	c := storage.Counts{Total: int64(n)}
	if failed {
		c.Failed = c.Total
	}
	return c
}

// whereRollups returns the conditions of the roll-ups that a query asks for.
func (s *Store) whereRollups(q *storage.Query, st *state, step int, starts sqlquery.Cond) string {
	names := storage.Query{Services: q.Services, Actions: q.Actions, Limit: storage.NoLimit}
	m, err := names.Compile()
	if err != nil {
		panic(err) // a part of what was valid is valid
	}
	conds := []sqlquery.Cond{{SQL: "line = ? AND step = ?", Args: []any{st.line, int64(step)}}, starts}
	conds = append(conds, sqlquery.Build(m, dialect{}).Conds...)
	switch q.Status {
	case storage.Failed:
		conds = append(conds, sqlquery.Cond{SQL: "failed = 1"})
	case storage.Success:
		conds = append(conds, sqlquery.Cond{SQL: "failed = 0"})
	}
	return condSQL(conds)
}

// join makes one of spans that touch, in their order.
func join(list []span) []span {
	slices.SortFunc(list, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	var joined []span
	for _, p := range list {
		if n := len(joined); n > 0 && joined[n-1].to >= p.from {
			joined[n-1].to = max(joined[n-1].to, p.to)
			continue
		}
		joined = append(joined, p)
	}
	return joined
}
