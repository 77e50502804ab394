package storetest_test

import (
	"context"
	"iter"
	"time"

	"actionlog/storage"
)

// matches answers an unlimited search, oldest first.
func (m *memory) matches(ctx context.Context, q storage.Query) ([]storage.Action, error) {
	q.Sort, q.Cursor, q.Limit = storage.OldestFirst, "", storage.NoLimit
	page, err := m.Search(ctx, q)
	return page.Actions, err
}

func (m *memory) Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	list, err := m.matches(ctx, q)
	if err != nil {
		return nil, err
	}
	sum := storage.NewErrorSummer()
	for i := range list {
		sum.Add(&list[i])
	}
	groups := sum.Groups()
	if m.flaws.groups != nil {
		m.flaws.groups(groups)
	}
	if q.Limit > 0 {
		groups = groups[:min(q.Limit, len(groups))]
	}
	return groups, nil
}

func (m *memory) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) {
		list, err := m.matches(ctx, q)
		if err != nil {
			yield(storage.Action{}, err)
			return
		}
		if q.Limit > 0 {
			list = list[:min(q.Limit, len(list))]
		}
		if m.flaws.actions != nil {
			list = m.flaws.actions(list)
		}
		for i := range list {
			if !yield(list[i], nil) {
				return
			}
		}
	}
}

func (m *memory) Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error) {
	bad := &storage.ParamError{Param: "step", Value: step.String(), Allowed: "a longer one"}
	if step <= 0 {
		if m.flaws.anyStep {
			return nil, nil
		}
		return nil, bad
	}
	list, err := m.matches(ctx, q)
	if err != nil {
		return nil, err
	}
	points := []storage.Point{}
	if m.flaws.nilSeries {
		points = nil
	}
	if len(list) == 0 {
		return points, nil
	}
	first, last := list[0].Time.UnixNano()/int64(step), list[len(list)-1].Time.UnixNano()/int64(step)
	if last-first >= storage.MaxPoints {
		return nil, bad
	}
	for n := first; n <= last; n++ {
		var counts storage.Counts
		var durations storage.Histogram
		var longest time.Duration
		for ; len(list) > 0 && list[0].Time.UnixNano()/int64(step) == n; list = list[1:] {
			counts.Total++
			if list[0].Failed() {
				counts.Failed++
			}
			durations.Add(list[0].Duration)
			longest = max(longest, list[0].Duration)
		}
		points = append(points, storage.NewPoint(time.Unix(0, n*int64(step)), counts, &durations, longest))
	}
	if m.flaws.points != nil {
		points = m.flaws.points(points)
	}
	return points, nil
}
