package dataset_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"actionlog/archive/internal/dataset"
	"actionlog/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text returns a stream as JSON Lines.
func text(opts dataset.Options) []byte {
	var b []byte
	for a := range dataset.All(opts) {
		b = append(a.AppendJSON(b), '\n')
	}
	return b
}

func TestSameOptionsSameBytes(t *testing.T) {
	t.Parallel()
	opts := dataset.Options{Count: 20_000}
	one := text(opts)
	if !bytes.Equal(one, text(opts)) {
		t.Error("the same options give other bytes")
	}
	opts.Seed = 2
	if bytes.Equal(one, text(opts)) {
		t.Error("another seed gives the same bytes")
	}
	if lines := bytes.Count(one, []byte("\n")); lines != 20_000 {
		t.Errorf("%d lines; want 20000", lines)
	}
	if each := len(one) / 20_000; each < 300 || each > 350 {
		t.Errorf("a line has %d bytes", each)
	}
	// Published numbers name the data set by its options alone.
	const want = "56c750162451a2efbd65295afd06c1acd6f104aa9a2bcd81df9c3652175164d4"
	if got := fmt.Sprintf("%x", sha256.Sum256(one)); runtime.GOARCH == "amd64" && got != want {
		t.Errorf("the sum is %s; want %s", got, want)
	}
}

// TestLinesAreWhatRecordersMake checks that each action is valid as it is, and
// that ids and times go up.
func TestLinesAreWhatRecordersMake(t *testing.T) {
	t.Parallel()
	var before storage.Action
	for a := range dataset.All(dataset.Options{Count: 5000, FailShare: 0.5}) {
		clean := a
		storage.DefaultRedactor().Clean(&clean)
		line := string(a.AppendJSON(nil))
		if got := string(clean.AppendJSON(nil)); got != line {
			t.Fatalf("%s would be recorded as %s", line, got)
		}
		var back storage.Action
		if err := storage.DecodeJSON([]byte(line), &back); err != nil {
			t.Fatal(err)
		}
		if a.Time.Before(before.Time) || a.ID <= before.ID {
			t.Fatalf("%s at %s follows %s at %s", a.ID, a.Time, before.ID, before.Time)
		}
		before = a
	}
}

// TestShares counts what was promised.
func TestShares(t *testing.T) {
	t.Parallel()
	opts := dataset.Options{Count: 200_000, Days: 7, Services: 14, Actions: 17, FailShare: 0.05, Start: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)}
	services, pairs, requests := map[string]int{}, map[string]int{}, map[string]bool{}
	templates := storage.NewErrorSummer()
	var failed int
	var hours [7][24]int
	for a := range dataset.All(opts) {
		services[a.Service]++
		pairs[a.Service+" "+a.Action]++
		requests[a.HTTP.RequestID] = true
		if a.Failed() {
			failed++
		}
		templates.Add(&a)
		hours[a.Time.Day()-16][a.Time.Hour()]++
	}
	if len(services) != 14 || len(pairs) != 14*17 {
		t.Errorf("%d services with %d actions; want 14 and %d", len(services), len(pairs), 14*17)
	}
	if len(requests) != 200_000 {
		t.Errorf("%d request ids are distinct", len(requests))
	}
	if failed < 9700 || failed > 10_300 {
		t.Errorf("%d failed; want about 10000", failed)
	}
	groups := templates.Groups()
	if len(groups) != 40 {
		t.Errorf("%d templates; want 40", len(groups))
	}
	for _, g := range groups {
		if strings.ContainsAny(g.Template, "#@^0123456789") {
			t.Errorf("a template is %q", g.Template)
		}
	}
	day, night, rest := hours[2][10], hours[2][3], hours[6][10]
	if ratio := float64(day) / float64(night); ratio < 5 || ratio > 11 {
		t.Errorf("%d actions from ten to eleven, %d from three to four", day, night)
	}
	if ratio := float64(rest) / float64(day); ratio < 0.4 || ratio > 0.5 {
		t.Errorf("%d actions from ten to eleven on a Sunday, %d on a Wednesday", rest, day)
	}
	if counts := slices.Sorted(maps.Values(services)); counts[13] < 4*counts[0] {
		t.Errorf("the services have %v actions; want some busy, some quiet", counts)
	}
}

// TestDurations compares the quantiles of each action with those of the
// log-normal distribution that it was promised.
func TestDurations(t *testing.T) {
	t.Parallel()
	opts := dataset.Options{Count: 60_000, Services: 2, Actions: 3}
	durations := map[string][]time.Duration{}
	for a := range dataset.All(opts) {
		key := a.Service + " " + a.Action
		durations[key] = append(durations[key], a.Duration)
	}
	medians := map[time.Duration]bool{}
	for _, key := range slices.Sorted(maps.Keys(durations)) {
		list := durations[key]
		slices.Sort(list)
		at := func(share float64) time.Duration { return list[int(share*float64(len(list)))] }
		for _, q := range []struct{ share, deviations float64 }{{0.05, -1.6449}, {0.5, 0}, {0.95, 1.6449}, {0.99, 2.3263}} {
			want := dataset.Quantile(opts, key, q.deviations)
			if off := math.Abs(float64(at(q.share))/float64(want) - 1); off > 0.12 {
				t.Errorf("of %s, with %d actions, quantile %g is %s; want %s", key, len(list), q.share, at(q.share), want)
			}
		}
		if m := at(0.5); m < time.Millisecond || m > time.Second {
			t.Errorf("of %s, the median is %s", key, m)
		}
		medians[at(0.5)] = true
	}
	if len(medians) != 6 {
		t.Errorf("there are %d medians; want one for each of 6 actions", len(medians))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		opts dataset.Options
		want string
	}{
		{dataset.Options{Count: -1}, "data set option Count is -1; allowed is 1 to 1099511627776"},
		{dataset.Options{Days: -2}, "data set option Days is -2; allowed is 1 to 3660"},
		{dataset.Options{Services: 10_001}, "data set option Services is 10001; allowed is 1 to 10000"},
		{dataset.Options{Actions: -1}, "data set option Actions is -1; allowed is 1 to 10000"},
		{dataset.Options{FailShare: 1.5}, "data set option FailShare is 1.5; allowed is up to 1, and a negative one for none"},
		{dataset.Options{FailShare: math.NaN()}, "data set option FailShare is NaN; allowed is up to 1, and a negative one for none"},
		{dataset.Options{Start: time.Unix(-1, 0)}, "data set option Start is in the year 1969; allowed is 1970 to 2200"},
	} {
		if _, err := dataset.New(c.opts); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v; want %s", c.opts, err, c.want)
		}
	}
	for a := range dataset.All(dataset.Options{Count: 1000, FailShare: -1}) {
		if a.Failed() {
			t.Fatal("one failed of none")
		}
	}
}
