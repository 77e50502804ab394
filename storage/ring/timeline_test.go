package ring

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// newTimeLine returns an empty line whose time is now.
func newTimeLine(now time.Time) *timeLine {
	l := &timeLine{}
	l.clear()
	l.advance(now.UnixNano(), false)
	return l
}

func (l *timeLine) held() (bytes int, counted uint64, whole, detailed int) {
	for i := range l.open {
		l.close(&l.open[i])
	}
	for _, cells := range []map[int64]*cell{l.seconds, l.minutes} {
		for _, c := range cells {
			bytes += cap(c.log)
			if c.whole {
				whole++
			} else {
				detailed++
			}
			eachRun(c.log, func(_ kind, _ int64, _ int, n uint64) { counted += n })
		}
	}
	return bytes, counted, whole, detailed
}

// TestTimeLineIsBounded counts more services and actions than there is memory
// to tell apart for all of the time.
func TestTimeLineIsBounded(t *testing.T) {
	t.Parallel()
	tr := traffic{rand.New(rand.NewPCG(1, 1))}
	now := time.Date(2026, 11, 24, 12, 30, 15, 0, time.UTC)
	l := newTimeLine(now.Add(-3 * time.Hour))
	l.most = 1 << 20
	var want uint64
	for at := now.Add(-3 * time.Hour); at.Before(now); at = at.Add(time.Minute) {
		l.advance(at.UnixNano(), false)
		for k := range kind(kinds / 4) {
			duration := int64(1 + tr.span(time.Second))
			l.add(k, at.UnixNano(), duration, storage.Bucket(durationOf(duration)))
			want++
		}
	}
	bytes, counted, whole, detailed := l.held()
	if counted != want {
		t.Errorf("%d are counted, want %d", counted, want)
	}
	if bytes > l.most*5/4 || whole == 0 || detailed == 0 {
		t.Errorf("%d bytes in %d cells that tell names apart and %d that don't", bytes, detailed, whole)
	}
	for start, c := range l.minutes {
		if age := now.UnixNano() - start; c.whole && age < int64(30*time.Minute) {
			t.Errorf("the cell of %v before now does not tell names apart, although older ones do", durationOf(age))
			break
		}
	}
}

// TestSeriesWithoutDetail asks for a service where the time line no longer
// tells services apart.
func TestSeriesWithoutDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		for range 10 {
			for range 20 {
				r.Log("S", "a", storage.Success, 5, nil)
			}
			r.Log("T", "a", storage.Failed, 7, nil)
			time.Sleep(time.Second)
		}
		from := time.Now().Truncate(time.Minute).Add(-5 * time.Minute)
		total := func(q storage.Query) (n int64) {
			t.Helper()
			q.From = from
			points, err := r.Series(t.Context(), q, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range points {
				n += p.Total
			}
			return n
		}
		service, failed := storage.Query{Services: []string{"T"}}, storage.Query{Status: storage.Failed}
		if all, ofT, n := total(storage.Query{}), total(service), total(failed); all != 210 || ofT != 10 || n != 10 {
			t.Fatalf("%d in all, %d of T, %d failures; want 210, 10 and 10", all, ofT, n)
		}
		_ = r.Clear(t.Context())
		for range 10 {
			for range 20 {
				r.Log("T", "a", storage.Success, 5, nil)
				r.Log("S", "a", storage.Failed, 5, nil)
			}
			time.Sleep(time.Second)
		}
		_ = find(t, r, storage.Query{})
		l := &r.counts.times
		for i := range l.open {
			l.close(&l.open[i])
		}
		for _, c := range l.seconds {
			c.whole = true
			l.pack(c)
		}
		r.Log("S", "a", storage.Failed, 5, nil)
		r.Log("T", "a", storage.Success, 5, nil)
		// Of a service there are only the window of 50 and the last hundred.
		if all, ofT, n := total(storage.Query{}), total(service), total(failed); all != 402 || ofT < 100 || ofT > 150 || n != 201 {
			t.Errorf("%d in all, %d of T, %d failures; want 402, those in window and keeps, and 201", all, ofT, n)
		}
	})
}

// TestSeriesOfTheFarFuture has an action that no cell is for.
func TestSeriesOfTheFarFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		now := time.Now()
		for _, at := range []time.Time{now, now.Add(30 * time.Hour), now.Add(-30 * time.Hour)} {
			r.Record(storage.Action{Time: at, Service: "S", Action: "a"})
		}
		points, err := r.Series(t.Context(), storage.Query{From: now.Add(-time.Hour)}, time.Hour)
		if err != nil || len(points) != 31 || points[30].Total != 1 {
			t.Errorf("%d points, %v; want 31, the last with the action of tomorrow", len(points), err)
		}
	})
}

// TestTimeLineAfterTheClockWasSet sets the clock back and forth.
func TestTimeLineAfterTheClockWasSet(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 30, 15, 0, time.UTC)
	l := newTimeLine(now)
	add := func(n int) {
		for range n {
			l.add(2, l.now, 5, 5)
		}
	}
	count := func() uint64 {
		_, n, _, _ := l.held()
		return n
	}
	add(10)
	l.advance(now.Add(-10*time.Minute).UnixNano(), false)
	add(10)
	if n := count(); n != 20 {
		t.Errorf("%d after the clock was set back ten minutes, want 20", n)
	}
	l.advance(now.UnixNano(), false)
	add(10)
	if n := count(); n != 30 {
		t.Errorf("%d after the clock was set right, want 30", n)
	}
	l.advance(now.Add(-48*time.Hour).UnixNano(), false)
	add(1)
	if n := count(); n != 1 {
		t.Errorf("%d after the clock was set back two days, want the one since", n)
	}
	l.advance(now.AddDate(1, 0, 0).UnixNano(), false)
	if n := count(); n != 0 || len(l.seconds)+len(l.minutes) != 0 {
		t.Errorf("%d after a year, want none", n)
	}
}

// TestCellLog reads back what was counted, run by run and packed.
func TestCellLog(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 5))
	type key struct {
		kind   kind
		bucket int
	}
	for range 20 {
		l := newTimeLine(time.Unix(1e9, 0))
		want, longest := map[key]uint64{}, map[kind]int64{}
		for range 1 + r.IntN(5) {
			for range r.IntN(100) {
				k, duration := kind(r.IntN(6)*701), r.Int64()>>r.IntN(63)
				bucket := storage.Bucket(durationOf(duration))
				l.add(k, l.now, duration, bucket)
				want[key{k, bucket}]++
				longest[k] = max(longest[k], duration)
			}
			l.close(&l.open[l.now/1e9&1])
		}
		for _, packed := range []bool{false, true} {
			got, most := map[key]uint64{}, map[kind]int64{}
			for _, c := range l.seconds {
				if packed {
					l.pack(c)
				}
				eachRun(c.log, func(k kind, longest int64, bucket int, n uint64) {
					got[key{k, bucket}] += n
					most[k] = max(most[k], longest)
				})
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(key{})); diff != "" {
				t.Fatalf("packed %v (-want +got):\n%s", packed, diff)
			}
			if diff := cmp.Diff(longest, most); diff != "" {
				t.Fatalf("longest, packed %v (-want +got):\n%s", packed, diff)
			}
		}
	}
}

// TestSeriesAfterTheClockWasSetBack has the clock jump two days ahead and back,
// whereby all that was counted by time is forgotten.
func TestSeriesAfterTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		logMany(r, "S", 10)
		from := time.Now().Add(-time.Minute)
		_ = find(t, r, storage.Query{})
		r.counts.mu.Lock()
		r.counts.times.advance(time.Now().Add(48*time.Hour).UnixNano(), false)
		r.counts.mu.Unlock()
		if got := totalOf(t, r, storage.Query{From: from}, time.Second); got != 10 {
			t.Errorf("%d of the window are counted, want 10", got)
		}
	})
}

// TestAClockAheadTakesNoSeconds posts an action of a clock that is minutes
// ahead, and overruns the ring when that time has come.
func TestAClockAheadTakesNoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		const ahead = 10 * time.Minute
		minute := time.Now().Add(ahead).Truncate(time.Minute)
		r.Record(storage.Action{Time: minute.Add(2 * time.Second), Service: "S", Action: "a"})
		_ = find(t, r, storage.Query{})
		time.Sleep(time.Until(minute))
		for range 3 {
			overrun(r, func() { logMany(r, "S", 2*len(r.slots)) })
			_ = find(t, r, storage.Query{})
			time.Sleep(time.Second)
		}
		if got, want := totalOf(t, r, storage.Query{From: minute}, time.Second), int64(6*len(r.slots)+1); got != want {
			t.Errorf("%d are counted by seconds, want %d", got, want)
		}
	})
}

// TestDenseForgetsWhatIsIdle counts other kinds each second, never many at once.
func TestDenseForgetsWhatIsIdle(t *testing.T) {
	t.Parallel()
	var d dense
	for first := kind(0); first < kinds; first += mostIdle / 2 {
		for k := first; k < min(first+mostIdle/2, kinds); k++ {
			d.of(k).add(1000, storage.Bucket(1000))
		}
		d.reset()
	}
	held := 0
	for i := range d.by {
		if d.by[i].durations != (storage.Histogram{}) {
			held++
		}
	}
	if held > mostIdle {
		t.Errorf("the memory of %d kinds is held, want that of %d at most", held, mostIdle)
	}
}

// TestHurriedLeavesTheLineToOthers counts for some minutes as writers do.
func TestHurriedLeavesTheLineToOthers(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 24, 12, 30, 15, 0, time.UTC)
	l := newTimeLine(begin)
	tick, seconds := l.tick, 0
	at := begin
	for ; at.Before(begin.Add(4 * time.Minute)); at = at.Add(time.Second) {
		l.advance(at.UnixNano(), true)
		l.add(2, l.now, 5, 5)
		seconds++
	}
	if l.tick != tick || len(l.minutes) != 0 || len(l.seconds) != seconds {
		t.Errorf("the line was shortened in a hurry: %d minutes, %d seconds of %d", len(l.minutes), len(l.seconds), seconds)
	}
	l.advance(at.Add(20*time.Minute).UnixNano(), true)
	if l.tick == tick || len(l.seconds) != 0 {
		t.Errorf("after 20 minutes there are %d seconds, want none", len(l.seconds))
	}
	if _, n, _, _ := l.held(); n != uint64(seconds) {
		t.Errorf("%d are counted, want %d", n, seconds)
	}
}
