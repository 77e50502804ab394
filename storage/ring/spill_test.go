package ring

import (
	"testing"
	"testing/synctest"
	"time"

	"actionlog/storage"
)

// TestASpillThatComesLate has a writer lose its processor while it counts what
// it overwrites, and the table it counts in be given up meanwhile.
func TestASpillThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		overrun(r, func() { logMany(r, "S", 2*len(r.slots)) })
		n, s := r.claim()
		now := time.Now()
		table := r.spill.table(now.Unix())
		time.Sleep(3 * time.Second)
		total := func() int64 {
			t.Helper()
			list, err := r.Totals(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0].Success
		}
		_ = total() // finds the table in use
		if got := total(); got != int64(2*len(r.slots)) {
			t.Errorf("%d are counted, want two rings", got)
		}
		if r.spill.table(now.Unix()) == table || len(r.spill.unhooked) != 1 {
			t.Fatalf("the table of three seconds ago is not unhooked, or given up under its writer")
		}
		table.of(kindOf(r.names.at(s.rec.handle).pair, false)).add(now.UnixNano(), 1)
		s.rec = record{handle: r.Intern("S", "a", "", "")}
		s.publish(n)
		logMany(r, "S", 2*len(r.slots))
		if got := total(); got != int64(4*len(r.slots)+2) || len(r.spill.unhooked) != 0 {
			t.Errorf("%d are counted and %d tables held, want four rings and two more, and none", got, len(r.spill.unhooked))
		}
	})
}

// TestAClearForgetsTheLongest overwrites in one second before and after a clear.
func TestAClearForgetsTheLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		for _, longest := range []time.Duration{time.Hour, time.Second} {
			overrun(r, func() {
				r.Log("S", "a", storage.Success, longest, nil)
				for range 2 * len(r.slots) {
					r.Log("S", "a", storage.Success, 1, nil)
				}
			})
			points, err := r.Series(t.Context(), storage.Query{From: time.Now().Truncate(time.Second)}, time.Second)
			if err != nil || len(points) != 1 || points[0].Max != longest || points[0].Total != int64(2*len(r.slots)+1) {
				t.Errorf("got %+v, %v; want one point with the longest %v", points, err, longest)
			}
			if err := r.Clear(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestSpillsOfManySeconds has more seconds than there are tables.
func TestSpillsOfManySeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		now := time.Now()
		const each = 100
		seconds := 3 * len(r.slots) / each
		for range 2 {
			overrun(r, func() {
				for i := range seconds * each {
					r.Record(storage.Action{Time: now.Add(-time.Duration(i%seconds) * time.Second), Service: "S", Action: "a", Duration: 1})
				}
			})
			_ = find(t, r, storage.Query{})
		}
		points, err := r.Series(t.Context(), storage.Query{From: now.Truncate(time.Second).Add(-14 * time.Minute)}, time.Second)
		if err != nil || len(points) != min(seconds, 14*60+1) {
			t.Fatalf("%d points, %v; want %d", len(points), err, min(seconds, 14*60+1))
		}
		for _, p := range points {
			if p.Total != 2*each {
				t.Fatalf("%d at %v, want %d", p.Total, p.Time, 2*each)
			}
		}
		time.Sleep(2 * time.Second)
		_ = find(t, r, storage.Query{})
		_ = find(t, r, storage.Query{})
		for i := range r.spill.tables {
			if r.spill.tables[i].Load() != nil {
				t.Errorf("table %d is still hooked, of a second long past", i)
			}
		}
	})
}

// TestALoneSpillIsNotTheLongest overwrites one short action of a second of
// which a long one was taken before.
func TestALoneSpillIsNotTheLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		old := time.Now().Add(-30 * time.Second)
		record := func(at time.Time, duration time.Duration) {
			r.Record(storage.Action{Time: at, Service: "S", Action: "a", Duration: duration})
		}
		q := storage.Query{From: old.Truncate(time.Second), To: old.Truncate(time.Second).Add(time.Second)}
		overrun(r, func() {
			record(old, time.Minute)
			for range 2 * len(r.slots) {
				record(old, time.Millisecond)
			}
		})
		_ = totalOf(t, r, q, time.Second)
		overrun(r, func() {
			record(old, time.Millisecond)
			for range len(r.slots) {
				record(time.Now(), time.Millisecond)
			}
		})
		points, err := r.Series(t.Context(), q, time.Second)
		if err != nil || len(points) != 1 {
			t.Fatalf("%v, %v; want one point", points, err)
		}
		minutes := int64(0)
		for i, n := range points[0].Buckets {
			if i == storage.PointBucket(time.Minute) {
				minutes = n
			}
		}
		if minutes != 1 || points[0].Max != time.Minute || points[0].Total != int64(2*len(r.slots)+2) {
			t.Errorf("%+v: %d took about a minute, want one", points[0], minutes)
		}
	})
}

// TestAClearBetweenTheOverwritingAndTheCounting has a writer lose its
// processor before it counts what it overwrites, and the ring be cleared.
func TestAClearBetweenTheOverwritingAndTheCounting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 50, Backlog: 1})
		overrun(r, func() { logMany(r, "S", 2*len(r.slots)) })
		n, s := r.claim()
		now := time.Now()
		table := r.spill.table(now.Unix())
		if err := r.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		table.of(kindOf(r.names.at(s.rec.handle).pair, false)).add(now.UnixNano(), 1)
		r.spill.some.Store(true)
		s.rec = record{handle: r.Intern("S", "a", "", ""), time: now.UnixNano()}
		s.publish(n)
		st, err := r.Stats(t.Context(), storage.Query{})
		if err != nil || st.Lifetime.Total != 0 || totalOf(t, r, storage.Query{}, time.Second) != 0 {
			t.Errorf("%d are counted since the clear, %v; want none", st.Lifetime.Total, err)
		}
		list, err := r.Totals(t.Context())
		if want := int64(2*len(r.slots) + 2); err != nil || len(list) != 1 || list[0].Success != want {
			t.Errorf("totals are %+v, %v; want %d", list, err, want)
		}
	})
}
