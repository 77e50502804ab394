package prom_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// TestRingNeverGoesBack clears a ring and floods it.
func TestRingNeverGoesBack(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 10, Backlog: 10})
	c := prom.New(prom.Options{Source: r})
	check := func(when string, successes, failures float64) {
		t.Helper()
		families := gather(t, c)
		got := map[string]float64{}
		for _, m := range families["actionlog_actions_total"].Metric {
			got[m.Label[2].GetValue()] = m.Counter.GetValue()
		}
		if got["success"] != successes || got["failed"] != failures {
			t.Errorf("%s there are %v, want %g and %g", when, got, successes, failures)
		}
		h := families["actionlog_action_duration_seconds"].Metric[0].Histogram
		if n := float64(h.GetSampleCount()); n != successes+failures || len(natives(t, h)) == 0 {
			t.Errorf("%s there are %g durations, want %g", when, n, successes+failures)
		}
	}
	r.Log("CaseService", "createCase", storage.Success, time.Millisecond, nil)
	r.Log("CaseService", "createCase", storage.Failed, time.Second, errors.New("no space left"))
	check("at first", 1, 1)
	if err := r.Clear(context.Background()); err != nil {
		t.Fatal(err)
	}
	check("after a clear", 1, 1)
	for range 50_000 {
		r.Log("CaseService", "createCase", storage.Success, time.Millisecond, nil)
	}
	check("after a flood", 50_001, 1)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if status, _, got := get(t, prom.New(prom.Options{Source: r}).Handler(), "text/plain"); status != 503 {
		t.Errorf("of a closed ring one gets %d %s, want 503", status, got)
	}
}
