package ring

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/storage"
)

// lifetimeOf returns how many actions are counted, and checks that totals and
// series say the same.
func lifetimeOf(t *testing.T, r *Ring) int64 {
	t.Helper()
	st, err := r.Stats(t.Context(), storage.Query{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, v := range list {
		sum += v.Success + v.Failed
	}
	if series := totalOf(t, r, storage.Query{}, time.Minute); sum != st.Lifetime.Total || series != sum {
		t.Errorf("lifetime is %d, totals are %d, a series is %d", st.Lifetime.Total, sum, series)
	}
	return st.Lifetime.Total
}

// TestWhatIsJustCountedIsNotOverwritten has a writer come to slots that are
// being read without a lock: it must give up their numbers and leave them alone.
func TestWhatIsJustCountedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 10, Backlog: 1})
	reach := uint64(len(r.slots))
	overrun(r, func() {
		logMany(r, "S", len(r.slots))
		if !r.counts.begin(r, 0, 63) {
			t.Fatal("nobody has a number to overwrite with, and yet the slots are to be locked")
		}
		logMany(r, "S", 1)
		if n := r.head.Load(); n != reach+64 {
			t.Errorf("the action after a full ring has number %d, want %d: the first that is not being read", n, reach+64)
		}
		for n := uint64(1); n <= 63; n++ {
			if r.slots[n].state.Load()>>numShift != n || !r.gaps.is(reach+n) {
				t.Errorf("number %d was overwritten while it was read, or %d is no gap", n, reach+n)
			}
		}
		r.counts.end(0)
	})
	if got := lifetimeOf(t, r); got != int64(reach+1) {
		t.Errorf("%d are counted, want %d", got, reach+1)
	}
}

// TestAFloodIsNotReadWithoutLocks has a writer with a number already when the
// counting comes to the slot that it will take.
func TestAFloodIsNotReadWithoutLocks(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 10, Backlog: 1})
	overrun(r, func() {
		logMany(r, "S", len(r.slots)+1)
		if r.counts.begin(r, 0, 63) {
			t.Error("the slot of action 1 has been overwritten, and yet it is read without a lock")
		}
		logMany(r, "S", 1)
		if n := r.head.Load(); n != uint64(len(r.slots)+2) {
			t.Errorf("the next action has number %d although nothing is read without a lock", n)
		}
	})
	if got := lifetimeOf(t, r); got != int64(len(r.slots)+2) {
		t.Errorf("%d are counted, want %d", got, len(r.slots)+2)
	}
}

// TestALateOneThatIsOverwritten has an action come into its slot only after the
// counting has passed it, and be overwritten before the counting looks again.
func TestALateOneThatIsOverwritten(t *testing.T) {
	t.Parallel()
	claim := func(r *Ring) (uint64, *slot) { return r.claim() }
	for name, begin := range map[string]func(r *Ring) (uint64, *slot){
		"being-written": claim,
		"not-yet-taken": func(r *Ring) (uint64, *slot) {
			n := r.head.Add(1)
			return n, &r.slots[n&r.mask]
		},
	} {
		for _, ahead := range []int{0, 100, 3000} {
			r := New(Options{Window: 10, Backlog: 1})
			logMany(r, "S", ahead)
			n, s := begin(r)
			logMany(r, "S", 200)
			_ = find(t, r, storage.Query{}) // counts what is there
			if state := s.state.Load(); state>>numShift != n && !s.take(n, state) {
				t.Fatal("the slot cannot be taken")
			}
			s.rec = record{handle: r.Intern("S", "late", "", ""), time: time.Now().UnixNano()}
			s.publish(n)
			overrun(r, func() { logMany(r, "S", len(r.slots)) })
			if got, want := lifetimeOf(t, r), int64(ahead+1+200+len(r.slots)); got != want {
				t.Errorf("%s, after %d: %d are counted, want %d", name, ahead, got, want)
			}
		}
	}
}

// TestCountsOfASmallRing has writers lap the counting all the time, in a ring
// of less slots than any that New makes.
func TestCountsOfASmallRing(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 4_000
	r := New(Options{Window: 50, Backlog: 1})
	r.slots, r.mask = r.slots[:256], 255
	var handles []storage.Handle
	for i := range 5 {
		handles = append(handles, r.Intern(fmt.Sprint("S", i%2), fmt.Sprint("a", i), "", ""))
	}
	var stop atomic.Bool
	var readers, wg sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !stop.Load() {
				if _, err := r.Stats(context.Background(), storage.Query{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	lists := make([][]storage.Action, writers)
	for w := range writers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 7))
			for range each {
				h := handles[rnd.IntN(len(handles))]
				f := storage.Finish{Handle: h, Failed: rnd.IntN(7) == 0}
				nm, status := r.names.at(h), storage.Success
				if f.Failed {
					status = storage.Failed
				}
				stamp := r.End(storage.Active{Mono: r.clock.mono() - rnd.Int64N(1<<30)}, &f)
				lists[w] = append(lists[w], storage.Action{Service: nm.service, Action: nm.action, Status: status, Duration: stamp.Duration})
			}
		})
	}
	wg.Wait()
	stop.Store(true)
	readers.Wait()
	compareTotals(t, r, slices.Concat(lists...))
	if got := lifetimeOf(t, r); got != writers*each {
		t.Errorf("%d are counted, want %d", got, writers*each)
	}
}
