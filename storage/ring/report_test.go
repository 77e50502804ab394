package ring_test

import (
	"context"
	"testing"

	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
)

// TestReport tells of a sink that the ring does not feed, beside its own.
func TestReport(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	defer r.Close(context.Background())
	r.Pump("archive", discard{}, ring.PumpOptions{})
	want := storage.SinkStats{Lag: 3, Written: 5, Missed: 1, LastError: "connection refused"}
	r.Report("search", func() storage.SinkStats { return want })
	sinks := r.Sinks()
	if diff := cmp.Diff(want, sinks["search"]); diff != "" || len(sinks) != 2 {
		t.Errorf("%d sinks; (-want +got)\n%s", len(sinks), diff)
	}
	st, err := r.Stats(t.Context(), storage.Query{})
	if diff := cmp.Diff(want, st.Sinks["search"]); diff != "" || err != nil {
		t.Errorf("%v; (-want +got)\n%s", err, diff)
	}
	for _, again := range []func(){
		func() { r.Report("search", nil) },
		func() { r.Report("archive", nil) },
		func() { r.Pump("search", discard{}, ring.PumpOptions{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a name is given twice")
				}
			}()
			again()
		}()
	}
}

// discard is a sink that keeps nothing.
type discard struct{}

func (discard) Write(context.Context, []storage.Action) error { return nil }
