package archive

import (
	"context"
	"slices"
	"sync"
	"time"

	"actionlog/storage"
)

const (
	slowPerAction = 10 // how many actions of each service and action Slow returns
)

// Errors returns the failures that q matches, grouped by the template of their
// errors, the greatest group first. Of q's order, limit and cursor only the
// limit counts: so many groups, and zero is all. What is damaged is treated as
// Search treats it.
func (a *Archive) Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	if q.Status == storage.Success {
		return []storage.ErrorGroup{}, nil
	}
	if q.Status == "" {
		q.Status = storage.Failed
	}
	limit := q.Limit
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	sums := perWorker(storage.NewErrorSummer)
	s := newScan(a, m)
	s.found = func(worker int, actions []storage.Action) {
		for i := range actions {
			sums[worker].Add(&actions[i])
		}
	}
	whole := storage.NewErrorSummer()
	if len(q.Actions) == 0 && rollable(&q) {
		s.rolled = func(x *index, of extent) (timeRange, error) {
			return x.rollErrors(&q, of, whole.Merge)
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	sums[0].Join(whole)
	for _, other := range sums[1:] {
		sums[0].Join(other)
	}
	groups := sums[0].Groups()
	if limit > 0 {
		groups = groups[:min(limit, len(groups))]
	}
	return groups, nil
}

// Series describes the actions that q matches step by step. Steps begin at
// whole multiples of step since 1970 in UTC; the points are from the first to
// the last step with an action in it, and those between without one are there
// too. q's order, limit and cursor are ignored. A step must be positive, and so
// long that there are at most 100,000 points.
func (a *Archive) Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error) {
	return a.SeriesIn(ctx, q, step, time.UTC)
}

// SeriesIn is [Archive.Series] with steps that begin when the clocks of loc show
// a whole multiple of step, so that a step that divides a day begins at
// midnight there. A step in which the clocks are changed is longer or shorter
// by as much, and an hour that they show twice is two hours.
func (a *Archive) SeriesIn(ctx context.Context, q storage.Query, step time.Duration, loc *time.Location) ([]storage.Point, error) {
	if step <= 0 {
		return nil, &storage.ParamError{Param: "step", Value: step.String(), Allowed: "a duration greater than zero"}
	}
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	in := steps{step, loc}
	var mu sync.Mutex
	all := newSeries(in) // one for all workers, for there may be many steps
	s := newScan(a, m)
	s.found = func(_ int, actions []storage.Action) {
		mu.Lock()
		defer mu.Unlock()
		for i := range actions {
			all.at(actions[i].Time.UnixNano()).add(&actions[i])
			if err := all.check(); err != nil {
				s.cancel(err)
				return
			}
		}
	}
	if q.Status == "" && step%time.Hour == 0 && rollable(&q) {
		s.rolled = func(x *index, of extent) (timeRange, error) {
			if !in.ofHours(x.times()) {
				return noTime, nil
			}
			mu.Lock()
			defer mu.Unlock()
			return x.roll(&q, of, true, func(hour int64, _ pair, r *roll) {
				all.at(hour * nanosPerHour).merge(r)
			})
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return all.points()
}

// Slow returns the slowest actions of each service and action that match q, at
// most ten of each, slowest first. Of q's order, limit and cursor only the
// limit counts.
func (a *Archive) Slow(ctx context.Context, q storage.Query) ([]storage.Action, error) {
	q.Sort, q.Cursor = storage.SlowestFirst, ""
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	sums := perWorker(func() slowest { return slowest{} })
	s := newScan(a, m)
	s.found = func(worker int, actions []storage.Action) {
		for i := range actions {
			sums[worker].offer(m, &actions[i])
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	for _, other := range sums[1:] {
		for _, list := range other {
			for i := range list {
				sums[0].offer(m, &list[i])
			}
		}
	}
	list := []storage.Action{}
	for _, some := range sums[0] {
		list = append(list, some...)
	}
	slices.SortFunc(list, func(x, y storage.Action) int { return m.Compare(&x, &y) })
	if limit := m.Limit(); limit != storage.NoLimit {
		list = list[:min(limit, len(list))]
	}
	return list, nil
}

// slowest holds the slowest actions of each service and action, in order.
type slowest map[[2]string][]storage.Action

func (s slowest) offer(m *storage.Matcher, a *storage.Action) {
	key := [2]string{a.Service, a.Action}
	list := s[key]
	if len(list) == slowPerAction && m.Compare(a, &list[slowPerAction-1]) >= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(list, a, func(x storage.Action, a *storage.Action) int { return m.Compare(&x, a) })
	list = slices.Insert(list, at, *a)
	s[key] = list[:min(len(list), slowPerAction)]
}
