package ring

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

func TestExemplars(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	at := time.Now().UTC()
	record := func(service string, trace byte, duration time.Duration, status storage.Status) {
		a := storage.Action{Time: at, Service: service, Action: "a", Status: status, Duration: duration, SpanID: storage.SpanID{trace}}
		a.TraceID[0] = trace
		r.Record(a)
	}
	record("S", 0, time.Millisecond, storage.Success)
	record("S", 1, time.Millisecond, storage.Success)
	record("S", 2, time.Second, storage.Success)
	record("S", 3, time.Millisecond+1, storage.Failed) // of the octave of the first
	record("S", 0, time.Millisecond, storage.Success)
	record("T", 0, time.Hour, storage.Success)
	if err := r.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := r.Totals(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("totals are %+v, %v; want two", list, err)
	}
	want := []storage.Exemplar{
		{Duration: time.Millisecond + 1, Time: at, TraceID: storage.TraceID{3}, SpanID: storage.SpanID{3}},
		{Duration: time.Second, Time: at, TraceID: storage.TraceID{2}, SpanID: storage.SpanID{2}},
	}
	if diff := cmp.Diff(want, list[0].Exemplars); diff != "" {
		t.Errorf("exemplars (-want +got):\n%s", diff)
	}
	if s := list[0]; s.Success != 4 || s.Failed != 1 || s.Sum != time.Second+4*time.Millisecond+1 || len(list[1].Exemplars) != 0 {
		t.Errorf("totals are %+v", list)
	}
}

// TestTotalsAreTheCallers changes what was returned.
func TestTotalsAreTheCallers(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	r.Log("S", "a", storage.Success, 1, nil)
	for range 2 {
		list, err := r.Totals(t.Context())
		if err != nil || list[0].Durations.Count() != 1 {
			t.Fatalf("%+v, %v; want one", list, err)
		}
		list[0].Durations.Add(1)
	}
}

// TestTotalsAreBounded has more names than are told apart.
func TestTotalsAreBounded(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	if list, err := r.Totals(t.Context()); err != nil || list == nil || len(list) != 0 {
		t.Errorf("totals of an empty ring are %v, %v; want a list that is empty and not nil", list, err)
	}
	const actions = 3000
	for i := range actions {
		r.Log(fmt.Sprint("S", i%400), fmt.Sprint("a", i), storage.Success, 1, nil)
	}
	list, err := r.Totals(t.Context())
	var sum int64
	for _, v := range list {
		sum += v.Success
	}
	if err != nil || sum != actions || len(list) > maxPairs+maxServices {
		t.Errorf("%d in %d totals, %v; want %d in at most %d", sum, len(list), err, actions, maxPairs+maxServices)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Totals(t.Context()); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("totals of a closed ring: %v, want ErrClosed", err)
	}
}

// TestSumsDoNotTurnNegative adds up durations beyond what a duration holds.
func TestSumsDoNotTurnNegative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, record := range map[string]func(r *Ring, all func()){
			"counted":     func(_ *Ring, all func()) { all() },
			"overwritten": overrun,
		} {
			r := New(Options{Window: 50, Backlog: 1})
			before := time.Duration(0)
			for range 3 {
				record(r, func() {
					for range len(r.slots) + 1 {
						r.Log("S", "a", storage.Success, math.MaxInt64/2, nil)
						r.Log("S", "a", storage.Failed, math.MaxInt64/2, nil)
					}
				})
				list, err := r.Totals(t.Context())
				if err != nil || len(list) != 1 || list[0].Sum < before || list[0].Sum == 0 {
					t.Fatalf("%s: totals are %+v, %v; want a sum of no less than %v", name, list, err, before)
				}
				before = list[0].Sum
			}
		}
	})
}
