package ring

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"actionlog/storage"
)

// Series describes the actions that q matches step by step. Steps begin at
// whole multiples of step since 1970 in UTC; the points are from the first to
// the last step with an action in it, and those between without one are there
// too. q's order, limit and cursor are ignored. A step must be positive, and so
// long that there are at most [storage.MaxPoints] points.
//
// Where q asks for nothing but services, actions, a status and a range of time,
// a series counts all actions since the last clear, whether or not they are
// still in the window: of the last 15 minutes if the step is whole seconds, of
// the last 24 hours if it is whole minutes. It counts in window and keeps what
// is older, what other filters ask for, and what a step or an end of the range
// cuts in two of what was counted together. See the package's caveats for how
// far back services and actions are told apart.
func (r *Ring) Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error) {
	if r.closed.Load() {
		return nil, storage.ErrClosed
	}
	if step <= 0 {
		return nil, &storage.ParamError{Param: "step", Value: step.String(), Allowed: "a duration greater than zero"}
	}
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	s := series{m: m, f: r.newFilter(m), step: int64(step), sums: map[int64]*stepSum{}}
	others := q.Values()
	for _, known := range []string{"service", "action", "status", "from", "to"} {
		others.Del(known)
	}
	s.plain = len(others) == 0
	if !s.plain || s.addCells(r) {
		if err := s.addRest(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.points()
}

// FinestStep returns the shortest step by which [Ring.Series] counts all actions
// of the last 24 hours that ended at from or later.
func (r *Ring) FinestStep(from time.Time) time.Duration {
	const late = int64(30 * time.Second) // between the choice of from, this call and Series
	if now := r.clock.wall(r.clock.mono()); nanosOf(from) < now-secondsPromised-late {
		return time.Minute
	}
	return time.Second
}

// series is being summed up.
type series struct {
	m     *storage.Matcher
	f     filter
	plain bool // the filter knows all that the matcher asks
	step  int64
	sums  map[int64]*stepSum // by number of the step

	counted map[int64]bool // cells that exist, by where they begin, and whether they were added
	minutes map[int64]bool // those of them that are minutes
}

// stepSum counts the actions of a step.
type stepSum struct {
	counts    storage.Counts
	longest   int64
	durations storage.Histogram
}

func (s *series) at(n int64) *stepSum {
	sum := s.sums[n]
	if sum == nil {
		sum = &stepSum{}
		s.sums[n] = sum
	}
	return sum
}

func (t *stepSum) add(hasFailed bool, longest int64, bucket int, n uint64) {
	t.counts.Total += int64(n)
	if hasFailed {
		t.counts.Failed += int64(n)
	}
	t.longest = max(t.longest, longest)
	t.durations.AddBucket(bucket, n)
}

// addCells adds what the time line has counted, and reports whether there may be
// more.
func (s *series) addCells(r *Ring) (rest bool) {
	d := &r.counts
	d.mu.Lock()
	r.catchUp()
	cells := d.times.cells(s.f.from, s.f.to)
	rest = d.times.strays || s.f.from < d.times.tick-minutesKept
	d.mu.Unlock()

	named := s.f.services != nil || s.f.actions != nil
	pairs := s.f.pairs()
	s.counted, s.minutes = make(map[int64]bool, len(cells)), map[int64]bool{}
	for i := range cells {
		c := &cells[i]
		within := s.f.from <= c.first && c.last < s.f.to && c.first/s.step == c.last/s.step && !(named && c.whole)
		s.counted[c.start] = within
		if c.width == time.Minute {
			s.minutes[c.start] = true
		}
		if !within {
			rest = true
			continue
		}
		eachRun(c.log, func(k kind, longest int64, bucket int, n uint64) {
			if s.f.status != "" && k.failed() != (s.f.status == storage.Failed) || named && !pairs[k.pair()] {
				return
			}
			s.at(c.first/s.step).add(k.failed(), longest, bucket, n)
		})
	}
	return rest
}

// cells returns copies of the cells that have a part in the range of time,
// with what is counted in open ones. Their logs are not to be appended to.
func (l *timeLine) cells(from, to int64) (list []cell) {
	for _, cells := range []map[int64]*cell{l.seconds, l.minutes} {
		for _, c := range cells {
			if c.start >= to || c.start+int64(c.width) <= from {
				continue
			}
			one := *c
			for i := range l.open {
				if o := &l.open[i]; o.cell == c && len(o.kinds) > 0 {
					one.span(o.first, o.last)
					one.log = o.appendTo(slices.Clip(one.log), c)
				}
			}
			if len(one.log) > 0 {
				list = append(list, one)
			}
		}
	}
	return list
}

// pairs says by index which services and actions the filter names.
func (f *filter) pairs() []bool {
	wants := make([]bool, kinds/2)
	for _, nm := range *f.names.all.Load() {
		wants[nm.pair] = (f.services == nil || f.services[nm.service]) && (f.actions == nil || f.actions[nm.action])
	}
	return wants
}

// addRest adds those of window and keeps that no cell has counted.
func (s *series) addRest(ctx context.Context, r *Ring) error {
	list, err := r.gather(ctx, s.m, func(rec *record) bool { return s.f.wants(rec) && !s.has(rec.time) })
	if err != nil {
		return err
	}
	rd := reader{r: r}
	var a storage.Action
	for i := range list {
		rec := &list[i].rec
		if !s.plain {
			if rd.action(list[i].number, rec, []byte(list[i].side), &a); !s.m.Match(&a) {
				continue
			}
		}
		s.at(rec.time/s.step).add(rec.flags&failed != 0, rec.duration, storage.Bucket(durationOf(rec.duration)), 1)
	}
	return nil
}

// has reports whether the actions of a moment have been added.
func (s *series) has(at int64) bool {
	if minute := floor(at, time.Minute); s.minutes[minute] {
		return s.counted[minute]
	}
	return s.counted[floor(at, time.Second)]
}

func (s *series) points() ([]storage.Point, error) {
	list := []storage.Point{}
	if len(s.sums) == 0 {
		return list, nil
	}
	first, last := int64(math.MaxInt64), int64(0)
	for n := range s.sums {
		first, last = min(first, n), max(last, n)
	}
	if last-first >= storage.MaxPoints {
		return nil, &storage.ParamError{Param: "step", Value: durationOf(s.step).String(), Allowed: fmt.Sprintf("one that makes at most %d points", storage.MaxPoints)}
	}
	for n := first; n <= last; n++ {
		p := storage.Point{Time: time.Unix(0, n*s.step).UTC()}
		if sum := s.sums[n]; sum != nil {
			p = storage.NewPoint(p.Time, sum.counts, &sum.durations, durationOf(sum.longest))
		}
		list = append(list, p)
	}
	return list, nil
}
