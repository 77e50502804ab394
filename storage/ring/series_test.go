package ring

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// naivePoints counts a list.
func naivePoints(t *testing.T, list []storage.Action, q storage.Query, step time.Duration) []storage.Point {
	t.Helper()
	q.Sort, q.Limit = "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	byStep := map[int64][]storage.Action{}
	for _, a := range list {
		if m.Match(&a) {
			n := a.Time.UnixNano() / int64(step)
			byStep[n] = append(byStep[n], a)
		}
	}
	points := []storage.Point{}
	if len(byStep) == 0 {
		return points
	}
	first, last := int64(1<<62), int64(0)
	for n := range byStep {
		first, last = min(first, n), max(last, n)
	}
	for n := first; n <= last; n++ {
		var counts storage.Counts
		var durations storage.Histogram
		var longest time.Duration
		for _, a := range byStep[n] {
			if counts.Total++; a.Failed() {
				counts.Failed++
			}
			durations.Add(a.Duration)
			longest = max(longest, a.Duration)
		}
		points = append(points, storage.NewPoint(time.Unix(0, n*int64(step)).UTC(), counts, &durations, longest))
	}
	return points
}

func compareSeries(t *testing.T, r *Ring, list []storage.Action, q storage.Query, step time.Duration) {
	t.Helper()
	got, err := r.Series(t.Context(), q, step)
	if err != nil {
		t.Fatal(err)
	}
	if want := naivePoints(t, list, q, step); !reflect.DeepEqual(want, got) {
		t.Fatalf("series %v by %v at %v (-want +got):\n%s", q.Values(), step, time.Now().UTC(), cmp.Diff(want, got))
	}
}

// traffic makes actions about a moment.
type traffic struct{ *rand.Rand }

func (tr traffic) action(now time.Time) storage.Action {
	a := storage.Action{
		Time: now, Service: fmt.Sprint("S", tr.IntN(3)), Action: fmt.Sprint("a", tr.IntN(3)),
		Status: storage.Success, Duration: time.Duration(tr.Int64() >> (20 + tr.IntN(40))),
	}
	if tr.IntN(4) == 0 {
		a.Status, a.Error = storage.Failed, "broken"
	}
	switch tr.IntN(40) {
	case 0:
		a.Time = now.Add(-tr.span(30 * time.Hour))
	case 1:
		a.Time = now.Add(-tr.span(20 * time.Minute))
	case 2:
		a.Time = now.Add(tr.span(time.Hour))
	case 3, 4, 5:
		a.Time = now.Add(-tr.span(3 * time.Second))
	}
	return a
}

func (tr traffic) span(most time.Duration) time.Duration {
	return time.Duration(tr.Int64N(int64(most)))
}

// query asks for nothing that the time line does not know.
func (tr traffic) query() (q storage.Query) {
	if tr.IntN(3) == 0 {
		q.Services = []string{fmt.Sprint("S", tr.IntN(4)), "S1"}[:1+tr.IntN(2)]
	}
	if tr.IntN(3) == 0 {
		q.Actions = []string{fmt.Sprint("a", tr.IntN(3))}
	}
	if tr.IntN(3) == 0 {
		q.Status = []storage.Status{storage.Success, storage.Failed}[tr.IntN(2)]
	}
	return q
}

// TestSeriesOfADay compares series over thirty hours with a count of all that
// was recorded: of a ring whose window is a fraction of it, and of one whose
// window has it all, which is to be right for any question.
func TestSeriesOfADay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		synctest.Test(t, func(t *testing.T) {
			tr := traffic{rand.New(rand.NewPCG(seed, 1))}
			small, large := New(Options{Window: 50, Backlog: 1}), New(Options{Window: 1 << 16})
			var all []storage.Action
			end := time.Now().Add(30 * time.Hour)
			for round := 0; time.Now().Before(end); round++ {
				time.Sleep(tr.span([]time.Duration{time.Second, time.Minute, time.Hour}[tr.IntN(3)]))
				for range tr.IntN(200) {
					time.Sleep(tr.span(20 * time.Millisecond))
					a := tr.action(time.Now())
					small.Record(a)
					large.Record(a)
					all = append(all, a)
				}
				if round == 20 {
					for _, r := range []*Ring{small, large} {
						if err := r.Clear(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					all = nil
				}
				if round%8 != 0 {
					continue
				}
				now := time.Now()
				q := tr.query()
				q.From = now.Truncate(time.Minute).Add(-time.Duration(tr.IntN(24*60)) * time.Minute)
				compareSeries(t, small, all, q, time.Duration(1+tr.IntN(90))*time.Minute)
				q.To = now.Truncate(time.Minute)
				compareSeries(t, small, all, q, time.Minute)
				q.From, q.To = now.Truncate(time.Minute).Add(-15*time.Minute), time.Time{}
				if !slices.ContainsFunc(all, func(a storage.Action) bool { return a.Time.After(now) }) {
					compareSeries(t, small, all, q, time.Duration(1+tr.IntN(90))*time.Second)
				}
				for range 3 {
					q = tr.query()
					if q.From = now.Add(-tr.span(26 * time.Hour)); tr.IntN(2) == 0 {
						q.To = q.From.Add(1 + tr.span(26*time.Hour))
					}
					if len(all) > 0 && tr.IntN(3) == 0 { // an end that is the moment of an action
						q.From, q.To = time.Time{}, all[tr.IntN(len(all))].Time
					}
					if tr.IntN(3) == 0 {
						q.Text = "BROKEN"
					}
					compareSeries(t, large, all, q, 2*time.Second+tr.span(3*time.Hour))
				}
			}
		})
	}
}

// TestSeriesOfAQueryThatWasParsed has a moment that is relative to now.
func TestSeriesOfAQueryThatWasParsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 10, Backlog: 1})
		for range 100 {
			r.Log("S", "a", storage.Success, 1, nil)
			time.Sleep(time.Second)
		}
		q, err := storage.ParseQuery(url.Values{"from": {"15m"}, "service": {"S"}}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		points, err := r.Series(t.Context(), q, time.Hour)
		if err != nil || len(points) != 1 || points[0].Total != 100 {
			t.Errorf("got %+v, %v; want all 100, which are no longer in the window", points, err)
		}
	})
}

// TestCountsOfAnOverrun records whole rings while nobody can count, with times
// of now and of any other moment.
func TestCountsOfAnOverrun(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		synctest.Test(t, func(t *testing.T) {
			tr := traffic{rand.New(rand.NewPCG(seed, 2))}
			r := New(Options{Window: 50, Backlog: 1})
			var all []storage.Action
			for range 2 {
				overrun(r, func() {
					for range len(r.slots) + tr.IntN(len(r.slots)) {
						a := tr.action(time.Now()) // the clock stands still: who waits for a mutex is awake
						r.Record(a)
						all = append(all, a)
					}
				})
				time.Sleep(tr.span(time.Minute))
				q := tr.query()
				q.From = time.Now().Truncate(time.Minute).Add(-24 * time.Hour)
				compareSeries(t, r, all, q, time.Minute)
				compareTotals(t, r, all)
				if len(r.spill.unhooked) != 0 {
					t.Errorf("%d tables are not given up although nobody is writing", len(r.spill.unhooked))
				}
			}
			if err := r.Clear(t.Context()); err != nil {
				t.Fatal(err)
			}
			compareSeries(t, r, nil, storage.Query{}, time.Minute)
			compareTotals(t, r, all)
			again := tr.action(time.Now())
			r.Record(again)
			compareSeries(t, r, []storage.Action{again}, storage.Query{}, time.Minute)
			compareTotals(t, r, append(all, again))
		})
	}
}

// compareTotals compares with a count of all that was recorded.
func compareTotals(t *testing.T, r *Ring, all []storage.Action) {
	t.Helper()
	type total struct {
		success, failed int64
		sum             time.Duration
		durations       map[int]uint64
	}
	want, got := map[string]*total{}, map[string]*total{}
	for _, a := range all {
		w := want[a.Service+" "+a.Action]
		if w == nil {
			w = &total{durations: map[int]uint64{}}
			want[a.Service+" "+a.Action] = w
		}
		if a.Failed() {
			w.failed++
		} else {
			w.success++
		}
		w.sum += a.Duration
		w.durations[storage.Bucket(a.Duration)]++
	}
	list, err := r.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		g := &total{v.Success, v.Failed, v.Sum, map[int]uint64{}}
		for bucket, n := range v.Durations.All() {
			g.durations[bucket] = n
		}
		got[v.Service+" "+v.Action] = g
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(total{})); diff != "" {
		t.Fatalf("totals (-want +got):\n%s", diff)
	}
}

// TestCountsInAFlood has writers outrun the counting, readers and clears among
// them, and compares with a count of all stamps.
func TestCountsInAFlood(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 8_000
	r := New(Options{Window: 50, Backlog: 1})
	var handles []storage.Handle
	for i := range 6 {
		handles = append(handles, r.Intern(fmt.Sprint("S", i%2), fmt.Sprint("a", i/2), "", ""))
	}
	var stop atomic.Bool
	var readers, wg sync.WaitGroup
	for g := range 3 {
		readers.Go(func() {
			before := map[string]storage.Total{}
			for !stop.Load() {
				list, err := r.Totals(t.Context())
				if err != nil {
					t.Error(err)
				}
				for _, v := range list {
					old := before[v.Service+v.Action]
					if v.Success < old.Success || v.Failed < old.Failed || v.Sum < old.Sum || v.Durations.Count() != uint64(v.Success+v.Failed) {
						t.Errorf("a total went back, or does not agree with its durations: %+v after %+v", v, old)
					}
					before[v.Service+v.Action] = v
				}
				if _, err := r.Series(t.Context(), storage.Query{Services: []string{"S1"}}, time.Second); err != nil {
					t.Error(err)
				}
				if g == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	lists := make([][]storage.Action, writers)
	for w := range writers {
		wg.Go(func() {
			tr := traffic{rand.New(rand.NewPCG(uint64(w), 3))}
			for i := range each {
				if i%400 == 0 {
					r.counts.mu.Lock() // so that others surely outrun the counting
					time.Sleep(100 * time.Microsecond)
					r.counts.mu.Unlock()
				}
				h := handles[tr.IntN(len(handles))]
				nm := r.names.at(h)
				a := storage.Action{Service: nm.service, Action: nm.action, Status: storage.Success}
				if i%50 == 0 {
					a.Time, a.Duration = time.Now().Add(-tr.span(time.Hour)), time.Duration(i)
					r.Record(a)
				} else {
					f := storage.Finish{Handle: h, Failed: i%5 == 0}
					stamp := r.End(storage.Active{Mono: r.clock.mono() - tr.Int64N(1<<30)}, &f)
					if a.Time, a.Duration = time.Unix(0, stamp.UnixNano), stamp.Duration; f.Failed {
						a.Status = storage.Failed
					}
				}
				lists[w] = append(lists[w], a)
			}
		})
	}
	wg.Wait()
	stop.Store(true)
	readers.Wait()
	all := slices.Concat(lists...)
	compareTotals(t, r, all)
	compareSeries(t, r, all, storage.Query{}, time.Minute)
	from := time.Now().Truncate(time.Minute).Add(-15 * time.Minute)
	compareSeries(t, r, all, storage.Query{From: from}, time.Second)
	compareSeries(t, r, all, storage.Query{From: from, Services: []string{"S1"}, Status: storage.Failed}, 3*time.Second)
	st, err := r.Stats(t.Context(), storage.Query{})
	if err != nil || st.Lifetime.Total != writers*each {
		t.Errorf("lifetime is %+v, %v; want %d in all", st.Lifetime, err, writers*each)
	}
}

// totalOf returns how many actions a series counts.
func totalOf(t *testing.T, r *Ring, q storage.Query, step time.Duration) (total int64) {
	t.Helper()
	points, err := r.Series(t.Context(), q, step)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		total += p.Total
	}
	return total
}

func TestFinestStep(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	now := time.Now()
	for _, tt := range []struct {
		from time.Time
		want time.Duration
	}{
		{time.Time{}, time.Minute}, {now.Add(-24 * time.Hour), time.Minute}, {now.Add(-17 * time.Minute), time.Minute},
		{now.Add(-15 * time.Minute), time.Second}, {now, time.Second}, {now.Add(time.Hour), time.Second},
	} {
		if got := r.FinestStep(tt.from); got != tt.want {
			t.Errorf("from %v: %v, want %v", tt.from, got, tt.want)
		}
	}
}
