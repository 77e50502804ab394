package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"actionlog/storage"
)

// seriesLister is a store that describes its actions step by step.
type seriesLister interface {
	Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error)
}

func needsSeries(s Store) string {
	if _, ok := s.Searcher.(seriesLister); !ok {
		return "the store has no Series"
	}
	return ""
}

func checkSeries(c *check) {
	store := c.store.Searcher.(seriesLister)
	if got, err := store.Series(c.Context(), storage.Query{}, time.Minute); err != nil || got == nil || len(got) != 0 {
		c.failf("series of an empty store: got %v, %v; want a list that is empty and not nil", got, err)
	}
	long := c.fill(250)
	c.compareSeries(long, time.Hour, 24*time.Hour, 7*time.Minute)
	all := append(long, c.put(c.recent(250)...)...)
	recent := all[len(long):]
	first, middle, last := recent[0].Time, recent[len(recent)/2].Time, recent[len(recent)-1].Time
	steps := []time.Duration{time.Minute, time.Hour, 90 * time.Second}
	for _, q := range []storage.Query{
		{From: first}, {From: middle}, {From: middle.Truncate(time.Minute)}, {From: first, To: middle}, {From: first, To: last.Add(time.Hour)},
		{From: first, Services: []string{"CaseService", "服务"}}, {From: first, Services: []string{"nobody"}},
		{From: first, Actions: []string{"createCase"}, Services: []string{"CaseService"}},
		{From: first, Status: storage.Failed}, {From: middle, Status: storage.Success, Actions: []string{"sendMessage"}},
		{From: first, Code: storage.Class(5)}, {From: first, Text: "timeout", MinDuration: time.Microsecond},
		{From: first, Limit: 3, Sort: storage.SlowestFirst},
	} {
		c.compareSeriesOf(q, all, steps...)
	}
	c.compareSeriesOf(storage.Query{From: last.Add(-10 * time.Minute)}, all, time.Second, 250*time.Millisecond)
	c.badSeries()
}

// recent makes actions of the last 20 hours, more of them the nearer to now.
func (c *check) recent(n int) []storage.Action {
	list := c.data.take(n)
	now := time.Now()
	for i := range list {
		back := time.Duration(n-1-i) * time.Second
		if i < n/2 {
			back = 20 * time.Hour * time.Duration(n-i) / time.Duration(n)
		}
		list[i].Time = now.Add(-back)
	}
	return list
}

func (c *check) compareSeries(all []storage.Action, steps ...time.Duration) {
	c.Helper()
	c.compareSeriesOf(storage.Query{}, all, steps...)
	c.compareSeriesOf(storage.Query{Services: []string{"CaseService"}, From: all[len(all)/2].Time}, all, steps...)
}

// compareSeriesOf compares the series of a query with a count of the actions.
func (c *check) compareSeriesOf(q storage.Query, all []storage.Action, steps ...time.Duration) {
	c.Helper()
	for _, step := range steps {
		got, err := c.store.Searcher.(seriesLister).Series(c.Context(), q, step)
		if err != nil {
			c.fatalf("series %s by %v: %v", describe(q), step, err)
		}
		byStep := map[int64][]storage.Action{}
		first, last := int64(1), int64(0)
		for _, a := range c.naive(q, all) {
			n := a.Time.UnixNano() / int64(step)
			if byStep[n] = append(byStep[n], a); len(byStep) == 1 && len(byStep[n]) == 1 {
				first, last = n, n
			}
			first, last = min(first, n), max(last, n)
		}
		if int64(len(got)) != last-first+1 {
			c.failf("series %s by %v: got %d points, want %d", describe(q), step, len(got), last-first+1)
			return
		}
		for i := range got {
			c.comparePoint(q, step, &got[i], first+int64(i), byStep[first+int64(i)])
		}
	}
}

func (c *check) comparePoint(q storage.Query, step time.Duration, got *storage.Point, n int64, list []storage.Action) {
	c.Helper()
	if want := time.Unix(0, n*int64(step)); !got.Time.Equal(want) {
		c.failf("series %s by %v: got a point at %v, want it at %v", describe(q), step, got.Time, want.UTC())
	}
	var buckets []int64
	for i := range list {
		bucket, _ := slices.BinarySearch(storage.PointBounds(), list[i].Duration+1)
		for len(buckets) <= bucket {
			buckets = append(buckets, 0)
		}
		buckets[bucket]++
	}
	if !slices.Equal(got.Buckets, buckets) {
		c.failf("series %s by %v: the point at %v has the buckets %v, want %v", describe(q), step, got.Time, got.Buckets, buckets)
	}
	if len(list) == 0 {
		if got.Summary != (storage.Summary{}) {
			c.failf("series %s by %v: the point at %v is %+v, want an empty one", describe(q), step, got.Time, got.Summary)
		}
		return
	}
	c.compareSummary(q, fmt.Sprintf("the step of %v at %v", step, got.Time), got.Summary, list)
}

// badSeries asks for series that must be refused.
func (c *check) badSeries() {
	store := c.store.Searcher.(seriesLister)
	for _, step := range []time.Duration{0, -time.Second, time.Nanosecond} {
		_, err := store.Series(c.Context(), storage.Query{}, step)
		c.wantParamError("series by "+step.String(), err, "step")
	}
	_, err := store.Series(c.Context(), storage.Query{From: day, To: day}, time.Minute)
	c.wantParamError("series with from after to", err, "to")
	ctx, cancel := cancelled(c.Context())
	defer cancel()
	if _, err := store.Series(ctx, storage.Query{}, time.Hour); !errors.Is(err, ctx.Err()) {
		c.failf("series: got the error %v, want one that wraps %v", err, ctx.Err())
	}
}
