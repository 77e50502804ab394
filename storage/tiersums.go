package storage

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"
)

type (
	summingTier interface {
		Sums(ctx context.Context, q Query) (*Summer, error)
	}
	seriesTier interface {
		Series(ctx context.Context, q Query, step time.Duration) ([]Point, error)
	}
	errorsTier interface {
		Errors(ctx context.Context, q Query) ([]ErrorGroup, error)
	}
	actionsTier interface {
		Actions(ctx context.Context, q Query) iter.Seq2[Action, error]
	}
)

// Stats returns the counts of the hot tier's window if q asks for everything,
// as a page of the newest does; else those of what the cold tiers hold.
// Lifetime, capacity and sinks are the hot tier's.
func (t *Tiered) Stats(ctx context.Context, q Query) (Stats, error) {
	q.Sort, q.Limit, q.Cursor = "", NoLimit, ""
	if len(q.Values()) == 0 || len(t.cold) == 0 {
		return t.hot.Stats(ctx, q)
	}
	sum, err := t.Sums(ctx, q)
	if err != nil {
		return Stats{}, err
	}
	st, err := t.hot.Stats(ctx, Query{})
	if err != nil {
		return Stats{}, err
	}
	sum.Fill(&st)
	return st, nil
}

// Sums returns what q matches, added up.
func (t *Tiered) Sums(ctx context.Context, q Query) (*Summer, error) {
	var sum *Summer
	err := t.parts(ctx, q, func() { sum = NewSummer() }, func(part tier, q Query) error {
		if s, ok := part.Searcher.(summingTier); ok {
			some, err := s.Sums(ctx, q)
			if err == nil {
				sum.Join(some)
			}
			return err
		}
		return part.each(ctx, q, func(a *Action) bool { sum.Add(a); return true })
	})
	return sum, err
}

// Errors returns the failures that q matches, grouped by the template of their
// errors, the greatest group first. Of q's order, limit and cursor only the
// limit counts: so many groups, and zero is all.
func (t *Tiered) Errors(ctx context.Context, q Query) ([]ErrorGroup, error) {
	limit := q.Limit
	var sum *ErrorSummer
	err := t.parts(ctx, q, func() { sum = NewErrorSummer() }, func(part tier, q Query) error {
		if s, ok := part.Searcher.(errorsTier); ok {
			groups, err := s.Errors(ctx, q)
			for _, g := range groups {
				into := sum.merge(g)
				for _, service := range g.Services {
					into.services[service] = struct{}{}
				}
			}
			return err
		}
		return part.each(ctx, q, func(a *Action) bool { sum.Add(a); return true })
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

// Actions ranges over the actions that match q, oldest first and then by id.
// The query's Sort and Cursor are ignored, and a Limit of zero is none; any
// other ends the range after so many actions. An error comes with the zero
// Action and is the last.
func (t *Tiered) Actions(ctx context.Context, q Query) iter.Seq2[Action, error] {
	return func(yield func(Action, error) bool) {
		left, ended := q.Limit, false
		err := t.inTurn(ctx, q, func(part tier, q Query) error {
			if ended {
				return nil
			}
			return part.each(ctx, q, func(a *Action) bool {
				left--
				ended = !yield(*a, nil) || left == 0
				return !ended
			})
		})
		if err != nil && !ended {
			yield(Action{}, err)
		}
	}
}

// inTurn calls ask with the tiers that hold what q matches, the oldest first,
// and with the part of q that each is to answer: all of it, without order. What
// a tier lets go of while an older one is asked, is asked of the older.
func (t *Tiered) inTurn(ctx context.Context, q Query, ask func(part tier, q Query) error) error {
	q.Sort, q.Limit, q.Cursor = "", NoLimit, ""
	m, err := q.Compile()
	if err != nil {
		return err
	}
	parts, err := t.apart(ctx)
	if err != nil {
		return err
	}
	done := int64(minInt64) // what ended earlier has been asked for
	for i := len(parts) - 1; i >= 0; {
		part := parts[i]
		part.from = max(part.from, done)
		if q, ok := part.narrow(m); ok {
			if err := ask(part, q); err != nil {
				return err
			}
		}
		done = max(done, part.to)
		if parts, err = t.apart(ctx); err != nil {
			return err
		}
		if parts[i].to <= done {
			i--
		}
	}
	return ctx.Err()
}

// mostTries bounds how often a question is asked again because a tier has let
// go of something meanwhile.
const mostTries = 5

// parts calls ask as inTurn does, for a question whose answer is one whole: it
// begins anew if the tiers hold other times when it has been answered.
func (t *Tiered) parts(ctx context.Context, q Query, begin func(), ask func(part tier, q Query) error) error {
	q.Sort, q.Limit, q.Cursor = "", NoLimit, ""
	m, err := q.Compile()
	if err != nil {
		return err
	}
	parts, err := t.apart(ctx)
	for try := 1; err == nil; try++ {
		begin()
		for _, part := range slices.Backward(parts) {
			if q, ok := part.narrow(m); ok {
				if err := ask(part, q); err != nil {
					return err
				}
			}
		}
		before := parts
		if parts, err = t.apart(ctx); err != nil {
			return err
		}
		same := func(x, y tier) bool { return x.from == y.from && x.to == y.to }
		if try == mostTries || slices.EqualFunc(before, parts, same) {
			return ctx.Err()
		}
	}
	return err
}

// each visits what q matches, oldest first, until visit returns false.
func (t *tier) each(ctx context.Context, q Query, visit func(a *Action) bool) error {
	if s, ok := t.Searcher.(actionsTier); ok {
		for a, err := range s.Actions(ctx, q) {
			if err != nil {
				return err
			}
			if !visit(&a) {
				return nil
			}
		}
		return nil
	}
	q.Sort, q.Limit = OldestFirst, MaxLimit
	for {
		page, err := t.Search(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Actions {
			if !visit(&page.Actions[i]) {
				return nil
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// Series describes the actions that q matches step by step. Steps begin at
// whole multiples of step since 1970 in UTC; the points are from the first to
// the last step with an action in it, and those between without one are there
// too. q's order, limit and cursor are ignored. A step in which one tier ends
// and the next begins is answered by the older. A step must be positive, and so
// long that there are at most [MaxPoints].
func (t *Tiered) Series(ctx context.Context, q Query, step time.Duration) ([]Point, error) {
	if step <= 0 {
		return nil, &ParamError{Param: "step", Value: step.String(), Allowed: "a duration greater than zero"}
	}
	q.Sort, q.Limit, q.Cursor = "", NoLimit, ""
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	var list []Point
	var begin int64 // where the tier before has ended
	err = t.parts(ctx, q, func() { list, begin = []Point{}, minInt64 }, func(part tier, q Query) error {
		if to := nanosTo(q.To); part.to != maxInt64 && to == part.to && to%int64(step) != 0 {
			q.To = moment(min(to-to%int64(step)+int64(step), m.to))
		}
		if begin > nanos(q.From) {
			q.From = moment(begin)
		}
		begin = nanosTo(q.To)
		if !q.To.IsZero() && !q.From.Before(q.To) {
			return nil
		}
		points, err := part.series(ctx, q, step)
		if err != nil {
			return err
		}
		list, err = joinPoints(list, points, step)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func nanosTo(t time.Time) int64 {
	if t.IsZero() {
		return maxInt64
	}
	return t.UnixNano()
}

// series asks the tier, or counts its actions.
func (t *tier) series(ctx context.Context, q Query, step time.Duration) ([]Point, error) {
	if s, ok := t.Searcher.(seriesTier); ok {
		return s.Series(ctx, q, step)
	}
	list := []Point{}
	var sum pairSum
	var began int64
	flush := func() (err error) {
		if sum.counts.Total > 0 {
			list, err = joinPoints(list, []Point{NewPoint(moment(began), sum.counts, &sum.durations, sum.max)}, step)
		}
		sum = pairSum{}
		return err
	}
	var bad error
	err := t.each(ctx, q, func(a *Action) bool {
		at := a.Time.UnixNano()
		if at -= at % int64(step); at != began {
			if bad = flush(); bad != nil {
				return false
			}
			began = at
		}
		sum.add(a)
		return true
	})
	if err == nil {
		err = bad
	}
	if err == nil {
		err = flush()
	}
	return list, err
}

// joinPoints appends points to those before, with empty ones between.
func joinPoints(list, points []Point, step time.Duration) ([]Point, error) {
	for _, p := range points {
		if n := len(list); n > 0 {
			if p.Time.Sub(list[0].Time)/step >= MaxPoints {
				return nil, &ParamError{Param: "step", Value: step.String(), Allowed: fmt.Sprintf("one that makes at most %d points", MaxPoints)}
			}
			for at := list[n-1].Time.Add(step); at.Before(p.Time); at = at.Add(step) {
				list = append(list, Point{Time: at})
			}
		}
		list = append(list, p)
	}
	return list, nil
}
