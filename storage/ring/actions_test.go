package ring

import (
	"context"
	"errors"
	"testing"
	"time"

	"actionlog/storage"
)

// TestListsSeeTheKeeps has a flood wash the window out.
func TestListsSeeTheKeeps(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 100, Backlog: 1})
	for range 3 {
		r.Log("Quiet", "a", storage.Failed, 1, errors.New("case 7 is lost"))
	}
	logMany(r, "Flood", 20_000)
	groups, err := r.Errors(t.Context(), storage.Query{})
	if err != nil || len(groups) != 1 || groups[0].Count != 3 || groups[0].Template != "case <n> is lost" {
		t.Errorf("errors are %+v, %v; want the three that are kept", groups, err)
	}
	var services []string
	last := time.Time{}
	for a, err := range r.Actions(t.Context(), storage.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if a.Time.Before(last) {
			t.Fatalf("an action of %v comes after one of %v", a.Time, last)
		}
		services, last = append(services, a.Service), a.Time
	}
	// Of the flood there is the window, its slowest, and perhaps its last from when the counting lagged.
	flood := len(services) - 3
	if flood < 100+keepSlow || flood > 100+keepSlow+keepLast || services[0] != "Quiet" || services[2] != "Quiet" || services[3] != "Flood" {
		t.Errorf("%d actions, beginning with %q; want the three that are kept, the slowest of the flood and the window", len(services), services[:4])
	}
}

// TestActionsHoldsWhatItBeganWith floods the ring while it ranges.
func TestActionsHoldsWhatItBeganWith(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 100, Backlog: 1})
	for range 50 {
		r.Log("Before", "a", storage.Failed, 1, errors.New("an error that is long enough not to be inline in its slot"))
	}
	n := 0
	for a, err := range r.Actions(context.Background(), storage.Query{}) {
		if err != nil || a.Service != "Before" || a.Error == dropped {
			t.Fatalf("action %d is %+v, %v", n, a, err)
		}
		if n++; n == 1 {
			logMany(r, "Flood", 3*len(r.slots))
		}
	}
	if n != 50 {
		t.Errorf("%d actions, want the 50", n)
	}
}
