package ring

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/storage"
)

// logMany records successes of a service whose durations count up from 0.
func logMany(r *Ring, service string, n int) {
	for i := range n {
		r.Log(service, "a", storage.Success, time.Duration(i), nil)
	}
}

func find(t *testing.T, r *Ring, q storage.Query) []storage.Action {
	t.Helper()
	page, err := r.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page.Actions
}

// overrun records while nobody can count, as when the one who counts has lost
// its processor.
func overrun(r *Ring, record func()) {
	r.counts.mu.Lock()
	defer r.counts.mu.Unlock()
	record()
}

func TestCountsHoldAfterAnOverrun(t *testing.T) {
	t.Parallel()
	for _, laps := range []int{1, 2, 3, 5} {
		r := New(Options{Window: 100, Backlog: 1})
		logMany(r, "Quiet", 100)
		if _, err := r.Stats(context.Background(), storage.Query{}); err != nil {
			t.Fatal(err)
		}
		overrun(r, func() { logMany(r, "Flood", laps*len(r.slots)) })
		st, err := r.Stats(context.Background(), storage.Query{})
		if err != nil || st.Total != 100 || st.ByService["Quiet"] != 0 || st.Lifetime.Total != int64(100+laps*len(r.slots)) {
			t.Errorf("%d laps: total %d, by service %v, lifetime %d, %v; want 100 of the flood", laps, st.Total, st.ByService, st.Lifetime.Total, err)
		}
		if got := len(find(t, r, storage.Query{Services: []string{"Quiet"}, Limit: 1000})); got != 100 {
			t.Errorf("%d laps: %d of the quiet service are kept, want 100", laps, got)
		}
	}
}

func TestKeepsHoldAfterAnOverrun(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 100, Backlog: 1})
	overrun(r, func() {
		logMany(r, "Quiet", 300)
		r.Log("Flood", "a", storage.Success, time.Hour, nil)
		r.Log("Quiet", "broken", storage.Failed, 1, errors.New("out of paper"))
		logMany(r, "Flood", 3*len(r.slots))
	})
	quiet := find(t, r, storage.Query{Services: []string{"Quiet"}, Limit: 1000})
	last := 0
	for _, a := range quiet {
		if a.Duration >= 201 || a.Action == "broken" {
			last++
		}
	}
	if last != 100 {
		t.Errorf("of the last 100 of the quiet service %d are kept", last)
	}
	if failed := find(t, r, storage.Query{Status: storage.Failed}); len(failed) != 1 || failed[0].Error != "out of paper" {
		t.Errorf("failures are %v, want the one", failed)
	}
	if slow, err := r.Slow(context.Background(), storage.Query{Services: []string{"Flood"}}); err != nil || len(slow) != 10 || slow[0].Duration != time.Hour {
		t.Errorf("the slowest of the flood are %v, %v; want the hour first", slow, err)
	}
}

// TestKeepsHoldInAFlood is the same with real writers and readers.
func TestKeepsHoldInAFlood(t *testing.T) {
	t.Parallel()
	for range 5 {
		r := New(Options{Window: 12_288, Backlog: 1})
		flood, quiet := r.Intern("Flood", "a", "", ""), r.Intern("Quiet", "a", "", "")
		var stop atomic.Bool
		var readers, writers sync.WaitGroup
		for range 3 {
			readers.Go(func() {
				for !stop.Load() {
					_, _ = r.Stats(context.Background(), storage.Query{})
					_, _ = r.Search(context.Background(), storage.Query{})
				}
			})
		}
		var order []uint64
		for g := range 8 {
			writers.Go(func() {
				for i := range 20_000 {
					if g == 0 && i%100 == 0 {
						order = append(order, r.End(storage.Active{}, &storage.Finish{Handle: quiet}).Number)
						continue
					}
					r.End(storage.Active{}, &storage.Finish{Handle: flood})
				}
			})
		}
		writers.Wait()
		for range 12_288 {
			r.End(storage.Active{}, &storage.Finish{Handle: flood})
		}
		stop.Store(true)
		readers.Wait()
		found := map[storage.ID]bool{}
		for _, a := range find(t, r, storage.Query{Services: []string{"Quiet"}, Limit: 1000}) {
			found[a.ID] = true
		}
		for _, n := range order[len(order)-keepLast:] {
			if !found[r.process.ID(n)] {
				t.Errorf("action %d is among the last 100 of its service and is not kept", n)
			}
		}
	}
}

// TestAForgottenGapIsPassed has a cursor lag at a gap that is a whole ring back.
func TestAForgottenGapIsPassed(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 10, Backlog: 1})
	held := &r.slots[len(r.slots)-1]
	logMany(r, "S", len(r.slots)-1)
	if held.acquire(uint64(len(r.slots)-1)) != ready {
		t.Fatal("the slot cannot be held")
	}
	c := r.follow(uint64(len(r.slots) - 1))
	logMany(r, "S", 3*len(r.slots))
	held.release()
	if _, err := r.Stats(context.Background(), storage.Query{}); err != nil {
		t.Fatal(err)
	}
	buf := make([]storage.Action, 1000)
	var seen, missed uint64
	for c.at < r.head.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		n, m, err := c.Next(ctx, buf)
		cancel()
		if err != nil {
			t.Fatalf("stuck at %d of %d: %v", c.at, r.head.Load(), err)
		}
		seen, missed = seen+uint64(n), missed+m
	}
	if seen+missed != uint64(3*len(r.slots)) {
		t.Errorf("seen %d, missed %d, want %d in all", seen, missed, 3*len(r.slots))
	}
}

// sinkFunc is a function as a sink.
type sinkFunc func(context.Context, []storage.Action) error

func (f sinkFunc) Write(ctx context.Context, batch []storage.Action) error { return f(ctx, batch) }

func TestLingerCountsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Window: 10, Backlog: 1})
		p := r.Pump("s", sinkFunc(func(context.Context, []storage.Action) error { return nil }), PumpOptions{Linger: time.Second})
		logMany(r, "S", 1)
		time.Sleep(100 * time.Millisecond)
		logMany(r, "S", 3*len(r.slots))
		time.Sleep(10 * time.Second)
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if st := p.Stats(); st.Written+st.Missed != int64(1+3*len(r.slots)) || st.Missed == 0 {
			t.Errorf("written %d, missed %d, want %d in all", st.Written, st.Missed, 1+3*len(r.slots))
		}
	})
}

func TestCloseCutsALinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		written := 0
		p := r.Pump("s", sinkFunc(func(ctx context.Context, batch []storage.Action) error {
			written += len(batch)
			return ctx.Err()
		}), PumpOptions{Linger: time.Hour})
		logMany(r, "S", 1)
		time.Sleep(time.Second)
		began := time.Now()
		if err := p.Close(context.Background()); err != nil || written != 1 || time.Since(began) > time.Second {
			t.Errorf("Close: %v after %v, %d written", err, time.Since(began), written)
		}
	})
}

func TestCloseWaitsForWhatIsBeingWritten(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	var written atomic.Int64
	r.Pump("s", sinkFunc(func(_ context.Context, batch []storage.Action) error {
		written.Add(int64(len(batch)))
		return nil
	}), PumpOptions{})
	n, s := r.claim()
	logMany(r, "S", 100)
	time.AfterFunc(20*time.Millisecond, func() {
		s.rec = record{}
		s.publish(n)
		r.wake.notify()
	})
	if err := r.Close(context.Background()); err != nil || written.Load() != 101 {
		t.Errorf("Close: %v, %d written, want 101", err, written.Load())
	}
}

func TestCloseKeepsToItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, sink := range map[string]sinkFunc{
			"slow":  func(context.Context, []storage.Action) error { time.Sleep(time.Second); return nil },
			"stuck": func(context.Context, []storage.Action) error { time.Sleep(time.Hour); return nil },
			"panics": func(context.Context, []storage.Action) error {
				panic("out of cheese")
			},
		} {
			r := New(Options{})
			p := r.Pump(name, sink, PumpOptions{Batch: 1, RetryFrom: 1})
			logMany(r, "S", 10_000)
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			began := time.Now()
			err := p.Close(ctx)
			cancel()
			if took := time.Since(began); took > 7*time.Second || err == nil || !strings.Contains(err.Error(), "actions not written to sink "+name) {
				t.Errorf("%s: Close took %v and says %v", name, took, err)
			}
			if name == "panics" && !strings.Contains(err.Error(), "out of cheese") {
				t.Errorf("the panic of the sink is not told: %v", err)
			}
		}
		time.Sleep(2 * time.Hour) // the stuck one returns
	})
}

// badError is an error whose text cannot be had from a nil one.
type badError struct{ text string }

func (e *badError) Error() string { return e.text }

func TestOddInput(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	r.Log("First", "a", storage.Success, 1, nil)
	r.End(storage.Active{}, &storage.Finish{Handle: 12345})
	r.Log("S", "typed-nil", storage.Success, 1, (*badError)(nil))
	_ = func() (err error) {
		defer r.Track("S", "typed-nil-tracked")(&err)
		var e *badError
		return e
	}()
	r.Record(storage.Action{Service: "S", Action: "odd-status", Status: "FAILED", Error: "kept", Duration: -1})
	r.Record(storage.Action{Service: "S", Action: "far-future", Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)})
	r.Record(storage.Action{Service: "S", Action: "far-past", Time: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), HTTP: &storage.HTTP{Bytes: -5, Code: -1}})
	byAction := map[string]storage.Action{}
	for _, a := range find(t, r, storage.Query{}) {
		byAction[a.Action] = a
	}
	if len(byAction) != 7 {
		t.Errorf("%d actions, want 7", len(byAction))
	}
	if a := byAction["other"]; a.Service != "other" {
		t.Errorf("a handle of another ring is %q, want other", a.Service)
	}
	for _, action := range []string{"typed-nil", "typed-nil-tracked", "odd-status"} {
		if a := byAction[action]; !a.Failed() || a.Error == "" || a.Duration < 0 {
			t.Errorf("%s is recorded as %+v, want a failure with a text", action, a)
		}
	}
	if y := byAction["far-future"].Time.Year(); y != 2261 {
		t.Errorf("the far future is the year %d, want 2261", y)
	}
	if a := byAction["far-past"]; a.Time.Year() != 1970 || a.HTTP.Bytes != 0 || a.HTTP.Code != 0 {
		t.Errorf("the far past is %v with %+v", a.Time, a.HTTP)
	}
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight, want none", n)
	}
	var bad *storage.ParamError
	if _, err := r.Slow(context.Background(), storage.Query{Limit: -7}); !errors.As(err, &bad) {
		t.Errorf("Slow with a limit of -7: %v", err)
	}
	if got := find(t, r, storage.Query{ID: byAction["odd-status"].ID}); len(got) != 1 || got[0].Action != "odd-status" {
		t.Errorf("found by id: %v", got)
	}
}
