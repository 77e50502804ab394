package sqlite

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// summarized makes a roll-up of random durations, and the histograms of the
// same.
func summarized(r *rand.Rand, n int) (rollup, map[int64]*storage.Histogram) {
	up, exact := rollup{}, map[int64]*storage.Histogram{}
	for range n {
		key, d := tallyKey(r.Int64N(40), r.IntN(2) == 1), time.Duration(r.ExpFloat64()*float64(uint64(1)<<r.IntN(50)))
		up.at(key).add(d)
		if exact[key] == nil {
			exact[key] = &storage.Histogram{}
		}
		exact[key].Add(d)
	}
	return up, exact
}

func TestRollupsMergeExactly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	all, exact := summarized(r, 500)
	for range 5 {
		some, more := summarized(r, 200)
		all.merge(some)
		for key, h := range more {
			if exact[key] == nil {
				exact[key] = &storage.Histogram{}
			}
			exact[key].Merge(h)
		}
	}
	back, err := parseRollup(all.append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != len(exact) {
		t.Fatalf("%d tallies came back, want %d", len(back), len(exact))
	}
	for key, want := range exact {
		var got storage.Histogram
		for _, b := range back[key].buckets {
			got.AddBucket(b.number, b.count)
		}
		if back[key].count != want.Count() || got.Count() != want.Count() || got.Quantile(0.5) != want.Quantile(0.5) || back[key].longest != all[key].longest {
			t.Errorf("the tally %d is %d with the median %v, want %d with %v", key, back[key].count, got.Quantile(0.5), want.Count(), want.Quantile(0.5))
		}
	}
	if diff := cmp.Diff(all.append(nil), back.append(nil)); diff != "" {
		t.Errorf("written again it differs:\n%s", diff)
	}
}

func FuzzRollup(f *testing.F) {
	up, _ := summarized(rand.New(rand.NewPCG(2, 2)), 50)
	f.Add(up.append(nil))
	f.Add([]byte{summaryVersion, 0})
	f.Add([]byte{summaryVersion, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRollup(b)
		if err != nil {
			return
		}
		again, err := parseRollup(r.append(nil))
		if err != nil || !bytes.Equal(again.append(nil), r.append(nil)) {
			t.Fatalf("written again it differs, %v", err)
		}
	})
}

func TestCover(t *testing.T) {
	t.Parallel()
	day := time.Date(2025, 11, 13, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) int64 { return day.Add(d).UnixNano() }
	const h, m, s = time.Hour, time.Minute, time.Second
	tests := []struct {
		name     string
		from, to int64
		longest  step
		want     []part
	}{
		{"all", math.MinInt64, math.MaxInt64, days, []part{{from: math.MinInt64, to: math.MaxInt64, step: days}}},
		{"none", at(h), at(h), days, nil},
		{"within-a-minute", at(s), at(2 * s), days, []part{{from: at(s), to: at(2 * s), rows: true}}},
		{"a-minute", at(0), at(m), days, []part{{from: at(0), to: at(m), step: minutes}}},
		{"over-a-minute's-end", at(50 * s), at(70 * s), days, []part{{from: at(50 * s), to: at(m), rows: true}, {from: at(m), to: at(70 * s), rows: true}}},
		{"a-day", at(0), at(24 * h), days, []part{{from: at(0), to: at(24 * h), step: days}}},
		{"a-day-by-hours", at(0), at(24 * h), hours, []part{{from: at(0), to: at(24 * h), step: hours}}},
		{"ragged", at(h + m + s), at(49*h + 2*m + s), days, []part{
			{from: at(h + m + s), to: at(h + 2*m), rows: true}, {from: at(h + 2*m), to: at(2 * h), step: minutes}, {from: at(2 * h), to: at(24 * h), step: hours},
			{from: at(24 * h), to: at(48 * h), step: days}, {from: at(48 * h), to: at(49 * h), step: hours}, {from: at(49 * h), to: at(49*h + 2*m), step: minutes},
			{from: at(49*h + 2*m), to: at(49*h + 2*m + s), rows: true},
		}},
		{"from", at(23 * h), math.MaxInt64, days, []part{{from: at(23 * h), to: at(24 * h), step: hours}, {from: at(24 * h), to: math.MaxInt64, step: days}}},
		{"to", math.MinInt64, at(25 * h), days, []part{{from: math.MinInt64, to: at(24 * h), step: days}, {from: at(24 * h), to: at(25 * h), step: hours}}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, cover(test.from, test.to, test.longest), cmp.AllowUnexported(part{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestCoverLeavesNothingOut adds up random ranges.
func TestCoverLeavesNothingOut(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for range 20_000 {
		from := r.Int64N(3 * lengths[days])
		to := from + r.Int64N(1<<r.IntN(48))
		if r.IntN(2) == 0 {
			from -= from % lengths[r.IntN(3)]
		}
		at := from
		for _, p := range cover(from, to, step(r.IntN(3))) {
			if p.from != at || p.to <= p.from || !p.rows && (p.from%lengths[p.step] != 0 || p.to%lengths[p.step] != 0) {
				t.Fatalf("cover(%d, %d) has the part %+v at %d", from, to, p, at)
			}
			at = p.to
		}
		if at != max(from, to) && from < to {
			t.Fatalf("cover(%d, %d) ends at %d", from, to, at)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2025-11-13T12:00:00Z", "2025-11-13 12:00:00.123456", "2025-11-13", "1763035200", "1763035200123", "1763035200.5", "1763035200123456789", "-1", "never", "", "9999-12-31"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := parseTime(s)
		if ok && (at.UTC().Year() < 1970 || at.UTC().Year() > 2261) {
			t.Fatalf("%q is %v", s, at)
		}
	})
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	noon := time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Time{
		"2025-11-13T12:00:00Z": noon, "2025-11-13T12:00:00.000Z": noon, "2025-11-13 12:00:00": noon, " 2025-11-13T12:00 ": noon, "2025-11-13T13:00:00+01:00": noon,
		"2025-11-13T12:00:00.5": noon.Add(500 * time.Millisecond), "2025-11-13 12:00:00.25+00:00": noon.Add(250 * time.Millisecond), "2025-11-13T13:00:00+0100": noon,
		"2025-11-13 12:00:00 +0000 UTC": noon, "2025-11-13": noon.Add(-12 * time.Hour),
		"1763035200": noon, "1763035200000": noon, "1763035200000000": noon, "1763035200000000000": noon, "1763035200.5": noon.Add(500 * time.Millisecond), "1763035200000.25": noon.Add(250 * time.Microsecond),
	} {
		if got, ok := parseTime(s); !ok || !got.Equal(want) {
			t.Errorf("parseTime(%q) is %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "x", "12:00", "-5", "1969-12-31T23:59:59Z", "2262-01-01", "99999999999999999999", "1.x"} {
		if got, ok := parseTime(s); ok {
			t.Errorf("parseTime(%q) is %v, want none", s, got)
		}
	}
}
