package ring

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"actionlog/storage"
)

// aDay is a time line of a day of traffic: so many actions a second of so many
// services and actions, of which one in a hundred fails, with durations that
// spread log-normally about a median of their own.
func aDay(perSecond, pairs int) (l *timeLine, actions int) {
	r := rand.New(rand.NewPCG(1, 1))
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	l = newTimeLine(now.Add(-24 * time.Hour))
	for at := now.Add(-24 * time.Hour); at.Before(now); at = at.Add(time.Second) {
		l.advance(at.UnixNano(), false)
		for i := range perSecond {
			pair := int32(float64(pairs) * math.Pow(r.Float64(), 2)) // some are asked for more than others
			duration := int64(float64(time.Millisecond) * float64(1+pair%50) * math.Exp(r.NormFloat64()*0.7))
			l.add(kindOf(pair, r.IntN(100) == 0), at.UnixNano()+int64(i), duration, storage.Bucket(durationOf(duration)))
			actions++
		}
	}
	return l, actions
}

// BenchmarkTimeLine is one action into the time line over a day, with making
// it up, and what the line holds at the end of the day.
func BenchmarkTimeLine(b *testing.B) {
	for _, load := range []struct{ perSecond, pairs int }{{20, 20}, {200, 20}, {200, 200}} {
		b.Run(fmt.Sprintf("rate=%d/pairs=%d", load.perSecond, load.pairs), func(b *testing.B) {
			var l *timeLine
			actions := 0
			b.ReportAllocs()
			for b.Loop() {
				l, actions = aDay(load.perSecond, load.pairs)
			}
			bytes, _, whole, _ := l.held()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*actions), "ns/action")
			b.ReportMetric(float64(bytes)/1e6, "MB")
			b.ReportMetric(float64(whole), "cells-without-names")
		})
	}
}

// BenchmarkSeries is a series of the last quarter of an hour by seconds, and
// of a day by minutes, of 200 actions a second.
func BenchmarkSeries(b *testing.B) {
	r := New(Options{})
	l, _ := aDay(200, 20)
	now := time.Now()
	shift := floor(now.UnixNano(), time.Minute) - l.tick
	for i := range l.open {
		l.close(&l.open[i])
	}
	moved := newTimeLine(now)
	for _, cells := range []struct{ from, to map[int64]*cell }{{l.seconds, moved.seconds}, {l.minutes, moved.minutes}} {
		for start, c := range cells.from {
			c.start, c.first, c.last = c.start+shift, c.first+shift, c.last+shift
			cells.to[start+shift] = c
		}
	}
	r.counts.times = *moved
	for name, ask := range map[string]struct {
		back, step time.Duration
		q          storage.Query
	}{
		"seconds":         {15 * time.Minute, 3 * time.Second, storage.Query{}},
		"minutes":         {24 * time.Hour, 5 * time.Minute, storage.Query{}},
		"minutes/service": {24 * time.Hour, 5 * time.Minute, storage.Query{Services: []string{"S"}}},
	} {
		b.Run(name, func(b *testing.B) {
			ask.q.From = now.Add(-ask.back).Truncate(time.Minute)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Series(context.Background(), ask.q, ask.step); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
