package storage_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

func TestStatsJSON(t *testing.T) {
	t.Parallel()
	summary := storage.Summary{Counts: storage.Counts{Total: 50, Failed: 2}, P50: 1, P95: 45123456, P99: 1500 * time.Millisecond, Max: time.Hour + 1}
	want := storage.Stats{
		Total: 50, Failed: 2, ByService: map[string]int64{"CaseService": 50}, Since: now, Lifetime: storage.Counts{Total: 1 << 40, Failed: 3},
		Services: map[string]storage.ServiceStats{"CaseService": {Summary: summary, Actions: map[string]storage.Summary{"createCase": summary}}},
		Capacity: 1000, Sinks: map[string]storage.SinkStats{"archive": {Lag: 1, Written: 2, Missed: 3, LastError: "disk full"}},
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"total":50,"failed":2,"byService":{"CaseService":50},"since":"2025-11-13T12:00:00Z","lifetime":{"total":1099511627776,"failed":3},` +
		`"services":{"CaseService":{"total":50,"failed":2,"p50":0.000001,"p95":45.123456,"p99":1500,"max":3600000.000001,` +
		`"actions":{"createCase":{"total":50,"failed":2,"p50":0.000001,"p95":45.123456,"p99":1500,"max":3600000.000001}}}},` +
		`"capacity":1000,"sinks":{"archive":{"lag":1,"written":2,"missed":3,"lastError":"disk full"}}}`
	if diff := cmp.Diff(text, string(b)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var got storage.Stats
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, bad := range []string{`{"services":{"a":{"p50":"x"}}}`, `{"services":{"a":{"actions":{"b":{"max":[]}}}}}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestZeroStatsJSON asserts that a client which ranges over the maps finds
// them.
func TestZeroStatsJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(struct{ Stats storage.Stats }{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Stats":{"total":0,"failed":0,"byService":{},"lifetime":{"total":0,"failed":0},"services":{},"capacity":0,"sinks":{}}}`
	if string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
}

func TestSummer(t *testing.T) {
	t.Parallel()
	sum := storage.NewSummer()
	add := func(service, action string, status storage.Status, d time.Duration) {
		sum.Add(&storage.Action{Service: service, Action: action, Status: status, Duration: d})
	}
	for i := range time.Duration(60) {
		add("a", "x", storage.Success, i)
	}
	add("a", "y", storage.Failed, 7)
	add("b", "x", storage.Failed, 1_000_001)
	var elsewhere storage.Histogram
	elsewhere.AddBucket(storage.Bucket(9), 3)
	sum.Merge("b", "z", storage.Counts{Total: 3, Failed: 1}, &elsewhere, 9)

	got := storage.Stats{Total: 99, ByService: map[string]int64{"stale": 1}}
	sum.Fill(&got)
	counts := func(total, failed int64) storage.Counts { return storage.Counts{Total: total, Failed: failed} }
	want := storage.Stats{
		Total: 65, Failed: 3, ByService: map[string]int64{"a": 61, "b": 4}, Sinks: map[string]storage.SinkStats{},
		Services: map[string]storage.ServiceStats{
			"a": {
				Summary: storage.Summary{Counts: counts(61, 1), P50: 29, P95: 56, P99: 59, Max: 59},
				Actions: map[string]storage.Summary{"x": {Counts: counts(60, 0), P50: 29, P95: 56, P99: 59, Max: 59}, "y": {Counts: counts(1, 1), P50: 7, P95: 7, P99: 7, Max: 7}},
			},
			"b": {
				Summary: storage.Summary{Counts: counts(4, 2), P50: 9, P95: 1_000_001, P99: 1_000_001, Max: 1_000_001},
				Actions: map[string]storage.Summary{"x": {Counts: counts(1, 1), P50: 1_000_001, P95: 1_000_001, P99: 1_000_001, Max: 1_000_001}, "z": {Counts: counts(3, 1), P50: 9, P95: 9, P99: 9, Max: 9}},
			},
		},
	}
	within := cmp.Comparer(func(x, y time.Duration) bool {
		return x == y || x > 64 && y > 64 && max(x, y)-min(x, y) <= max(x, y)/50
	})
	if diff := cmp.Diff(want, got, within); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Services["b"].Max != 1_000_001 {
		t.Errorf("the maximum is %v, which is not exact", got.Services["b"].Max)
	}
}

func TestErrClosed(t *testing.T) {
	t.Parallel()
	if !strings.Contains(storage.ErrClosed.Error(), "closed") {
		t.Errorf("got %q", storage.ErrClosed)
	}
}
