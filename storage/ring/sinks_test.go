package ring_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
)

// TestSinks compares with what the stats tell of sinks, and with the backlog.
func TestSinks(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Backlog: 8192})
	if got := r.Sinks(); len(got) != 0 {
		t.Errorf("sinks are %v, want none", got)
	}
	taken, refused := &collect{}, &collect{fail: errors.New("no space left")}
	fast := r.Pump("fast", taken, ring.PumpOptions{})
	r.Pump("stuck", refused, ring.PumpOptions{Batch: 1, RetryFrom: time.Hour})
	r.Log("s", "a", storage.Success, 0, nil)
	for refused.tried() == 0 {
		time.Sleep(time.Millisecond)
	}
	for range r.Backlog() {
		r.Log("s", "a", storage.Success, 0, nil)
	}
	if err := fast.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := r.Sinks()
	if s := got["stuck"]; s.Lag != int64(r.Backlog()+1) || s.LastError != "no space left" {
		t.Errorf("the sink that is stuck has %+v, want all to lag and the error", s)
	}
	st, err := r.Stats(context.Background(), storage.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(st.Sinks, got); diff != "" {
		t.Errorf("sinks (-of the stats +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.Close(ctx)
}
