package storage

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Tiered answers a query from several stores that hold the same actions for
// different times: a ring, a database, an archive. Make one with [Tiers]. Its
// methods are safe for concurrent use.
type Tiered struct {
	hot  Searcher
	cold []Searcher
	line atomic.Int64 // of the last clear in this process, nanoseconds since 1970
}

// Tiers returns the stores as one. hot has what is newest, each of cold more of
// what is older, and all that is written to hot and is gone from it is in the
// first of cold.
//
// What else a tier can do is found by type assertion:
//
//   - Since(ctx) (time.Time, error): from when on it holds everything. Tiers
//     behind it are asked only for what is older.
//   - Cleared(ctx) (time.Time, error): when it was last cleared, as it knows
//     after a restart; zero for never.
//   - Clear: a tier without it is asked only for what ended after the line.
//   - Sums, Series, Errors and Actions, with the meanings that they have in
//     package archive; where it has not, its pages are read instead.
func Tiers(hot Searcher, cold ...Searcher) *Tiered { return &Tiered{hot: hot, cold: cold} }

type (
	sinceTier interface {
		Since(context.Context) (time.Time, error)
	}
	clearedTier interface {
		Cleared(context.Context) (time.Time, error)
	}
)

// tier is a store with the times that it is asked for.
type tier struct {
	Searcher
	from, to int64 // nanoseconds since 1970, from inclusive
}

// lineOf returns when the tiers were last cleared, as far as they know; 0 for
// never.
func (t *Tiered) lineOf(ctx context.Context) (int64, error) {
	line := t.line.Load()
	for _, store := range t.all() {
		if c, ok := store.(clearedTier); ok {
			cleared, err := c.Cleared(ctx)
			if err != nil {
				return 0, err
			}
			if !cleared.IsZero() {
				line = max(line, cleared.UnixNano())
			}
		}
	}
	return line, nil
}

// cold returns a cold tier, asked for all that it may be asked for.
func (t *Tiered) coldTier(i int, line int64) tier {
	one := tier{t.cold[i], minInt64, maxInt64}
	if _, ok := one.Searcher.(Clearer); !ok && line != 0 {
		one.from = line
	}
	return one
}

// since returns from when on the tiers behind a cold tier need not be asked, if
// it knows.
func (t *Tiered) since(ctx context.Context, i int) (int64, error) {
	s, ok := t.cold[i].(sinceTier)
	if !ok || i == len(t.cold)-1 {
		return maxInt64, nil
	}
	since, err := s.Since(ctx)
	return since.UnixNano(), err
}

// apart returns the tiers that hold everything, the newest first. Their times
// don't overlap.
func (t *Tiered) apart(ctx context.Context) ([]tier, error) {
	if len(t.cold) == 0 {
		return []tier{{t.hot, minInt64, maxInt64}}, nil
	}
	line, err := t.lineOf(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]tier, 0, len(t.cold))
	to := int64(maxInt64)
	for i := range t.cold {
		one := t.coldTier(i, line)
		one.to = to
		since, err := t.since(ctx, i)
		if err != nil {
			return nil, err
		}
		to = min(to, since)
		if since != maxInt64 && line < to { // else there is nothing behind it
			one.from = max(one.from, to)
		}
		list = append(list, one)
	}
	return list, nil
}

func (t *Tiered) all() []Searcher { return append([]Searcher{t.hot}, t.cold...) }

// narrow returns the query within the tier's times, and false if nothing of
// them is asked for. The moments are those of m, the cursor is dropped.
func (t *tier) narrow(m *Matcher) (Query, bool) {
	q := m.q
	q.Cursor, q.fromText, q.toText = "", "", ""
	from, to := max(m.from, t.from), min(m.to, t.to)
	if from >= to || to <= 0 {
		return q, false
	}
	q.From, q.To = moment(from), time.Time{}
	if to != maxInt64 {
		q.To = moment(to)
	}
	return q, true
}

// Search returns one page of what all tiers hold, each action once. A cursor
// says no more than the place after which to go on, so that it is good on
// whatever tier the next action is by then, and after a restart; what has come
// in meanwhile is on the pages that follow if it belongs there.
func (t *Tiered) Search(ctx context.Context, q Query) (Page, error) {
	m, err := q.Compile()
	if err != nil {
		return Page{}, err
	}
	m.after.upper = ""
	line, err := t.lineOf(ctx)
	if err != nil {
		return Page{}, err
	}
	c := NewCollector(m)
	seen := map[ID]bool{}
	more := false
	one := tier{t.hot, minInt64, maxInt64}
	to := int64(maxInt64)
	for i := -1; i < len(t.cold); i++ {
		if i >= 0 {
			one = t.coldTier(i, line)
			one.to = to
		}
		if q.order() == NewestFirst && c.Full() && c.Worst().Time.UnixNano() >= one.to {
			break // it holds nothing as late
		}
		page, err := one.page(ctx, m)
		if err != nil {
			return Page{}, err
		}
		more = more || page.Next != ""
		for j := range page.Actions {
			if a := &page.Actions[j]; !seen[a.ID] {
				seen[a.ID] = true
				c.Offer(a)
			}
		}
		if i >= 0 { // only now: what it lets go of meanwhile is asked of the next
			since, err := t.since(ctx, i)
			if err != nil {
				return Page{}, err
			}
			to = min(to, since)
		}
	}
	page := c.Page("")
	if limit := m.Limit(); more && page.Next == "" && len(page.Actions) == limit {
		page.Next = m.cursorAfter(&page.Actions[limit-1], "")
	}
	return page, nil
}

// page asks the tier for the page that m asks for.
func (t *tier) page(ctx context.Context, m *Matcher) (Page, error) {
	q, ok := t.narrow(m)
	if !ok {
		return Page{}, nil
	}
	if m.paged {
		first, err := q.Compile()
		if err != nil {
			return Page{}, err
		}
		q.Cursor = first.cursorAt(m.after)
	}
	return t.Search(ctx, q)
}

// Clear clears the tiers that can be cleared, and draws a line before which the
// others are not asked any more.
func (t *Tiered) Clear(ctx context.Context) error {
	errs := []error{}
	for _, store := range t.all() {
		if c, ok := store.(Clearer); ok {
			errs = append(errs, c.Clear(ctx))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clear the tiers: %w", err)
	}
	t.line.Store(time.Now().UnixNano())
	return nil
}
