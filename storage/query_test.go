package storage_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var now = time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)

// public compares what a query says, not how it was written.
var public = cmpopts.IgnoreUnexported(storage.Query{})

func TestParseQuery(t *testing.T) {
	t.Parallel()
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	tests := []struct {
		name, query string
		want        storage.Query
	}{
		{"empty", "", storage.Query{}},
		{"service", "service=CaseService", storage.Query{Services: []string{"CaseService"}}},
		{"services", "service=a&service=b&action=x&action=y", storage.Query{Services: []string{"a", "b"}, Actions: []string{"x", "y"}}},
		{"status", "status=failed", storage.Query{Status: storage.Failed}},
		{"instance", "instance=eu-1", storage.Query{Instance: "eu-1"}},
		{"from-time", "from=2025-11-01T09:30:00.5%2B02:00", storage.Query{From: time.Date(2025, 11, 1, 7, 30, 0, 5e8, time.UTC)}},
		{"from-date-to-date", "from=2025-11-01&to=2025-11-13", storage.Query{From: time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2025, 11, 13, 0, 0, 0, 0, time.UTC)}},
		{"from-minutes", "from=15m", storage.Query{From: now.Add(-15 * time.Minute)}},
		{"from-days-to-hours", "from=7d&to=36h", storage.Query{From: now.Add(-7 * 24 * time.Hour), To: now.Add(-36 * time.Hour)}},
		{"to-now", "to=0s", storage.Query{To: now}},
		{"durations", "min_duration=250ms&max_duration=1.5s", storage.Query{MinDuration: 250 * time.Millisecond, MaxDuration: 1500 * time.Millisecond}},
		{"milliseconds", "min_duration=250&max_duration=1500", storage.Query{MinDuration: 250 * time.Millisecond, MaxDuration: 1500 * time.Millisecond}},
		{"equal-durations", "min_duration=1ns&max_duration=1ns", storage.Query{MinDuration: 1, MaxDuration: 1}},
		{"code", "code=404", storage.Query{Code: storage.Code(404)}},
		{"class", "code=5xx", storage.Query{Code: storage.Class(5)}},
		{"text", "q=rate+limit%25", storage.Query{Text: "rate limit%"}},
		{"equal", "request_id=r&id=i&trace_id=4BF92F3577B34DA6A3CE929D0E0E4736", storage.Query{RequestID: "r", ID: "i", TraceID: trace}},
		{"sort-limit", "sort=-duration&limit=1000", storage.Query{Sort: storage.SlowestFirst, Limit: 1000}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := storage.ParseQuery(values, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, public); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			again, err := storage.ParseQuery(got.Values(), now)
			if err != nil {
				t.Fatalf("parse %v again: %v", got.Values(), err)
			}
			if diff := cmp.Diff(got, again, cmp.AllowUnexported(storage.Query{})); diff != "" {
				t.Errorf("through Values (-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseQueryRefuses has a query for each reason to refuse one; the
// messages are in a golden file.
func TestParseQueryRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	queries := []string{
		"service=", "service=" + long, "service=%ff", strings.Repeat("service=a&", 65), "action=",
		"status=", "status=Failed", "status=success&status=failed", "instance=", "instance=a&instance=b",
		"from=", "from=yesterday", "from=-5m", "from=7D", "from=-1d", "from=1.5d", "from=36501d", "from=999999h", "from=2025-13-01", "from=2025-11-01T00:00:00", "from=1969-12-31", "from=2262-01-01",
		"from=20000d&from=1d", "from=25000d", "to=never", "from=2025-11-02&to=2025-11-01", "from=2025-11-02&to=2025-11-02", "from=5m&to=10m",
		"min_duration=", "min_duration=-1", "min_duration=-1s", "min_duration=1x", "min_duration=9223372036855", "min_duration=99999999999999999999",
		"max_duration=0", "max_duration=fast", "min_duration=2s&max_duration=1s",
		"code=", "code=99", "code=600", "code=6xx", "code=5XX", "code=4x4", "code=0404", "code=400-499", "code=-40",
		"q=", "q=" + long, "q=%ff", "request_id=", "trace_id=", "trace_id=4bf92f", "trace_id=" + strings.Repeat("0", 32), "trace_id=" + strings.Repeat("z", 32), "id=",
		"sort=", "sort=timestamp,duration", "sort=+timestamp", "limit=", "limit=0", "limit=1001", "limit=-1", "limit=%2B5", "limit=ten", "limit=1&limit=2", "limit=99999999999999999999",
		"cursor=", "cursor=abc", "cursor=!", "cursor=" + strings.Repeat("A", 3000), "cursor=a&cursor=b", "cursor=" + strings.Repeat("A", 64),
		"sevice=CaseService", "Service=CaseService", "=x", "%00=%00",
	}
	var got strings.Builder
	for _, query := range queries {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		q, err := storage.ParseQuery(values, now)
		var bad *storage.ParamError
		if !errors.As(err, &bad) {
			t.Errorf("%s: got the error %v, want a ParamError", query, err)
			continue
		}
		if diff := cmp.Diff(storage.Query{}, q, public); diff != "" {
			t.Errorf("%s: came with a query:\n%s", query, diff)
		}
		fmt.Fprintf(&got, "%.80s\n\t%s\n", query, err)
	}
	golden(t, "query_errors.txt", got.String())
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for param, q := range map[string]storage.Query{
		"status":       {Status: "odd"},
		"sort":         {Sort: "odd"},
		"limit":        {Limit: -2},
		"code":         {Code: storage.CodeRange{Low: -1, High: 5}},
		"min_duration": {MinDuration: -1},
		"max_duration": {MaxDuration: -1},
		"from":         {From: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
		"to":           {To: time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)},
		"cursor":       {Cursor: "x"},
	} {
		_, err := q.Compile()
		var bad *storage.ParamError
		if !errors.As(err, &bad) || bad.Param != param {
			t.Errorf("%s: got the error %v", param, err)
		}
	}
	for _, q := range []storage.Query{{Limit: storage.NoLimit}, {Code: storage.CodeRange{Low: 400, High: 403}}, {From: now, To: now.Add(1)}} {
		if _, err := q.Compile(); err != nil {
			t.Error(err)
		}
	}
}

func TestParamNames(t *testing.T) {
	t.Parallel()
	names := storage.ParamNames()
	values := url.Values{}
	for _, name := range names {
		values.Set(name, "")
		_, err := storage.ParseQuery(url.Values{name: {""}}, now)
		var bad *storage.ParamError
		if !errors.As(err, &bad) || bad.Param != name {
			t.Errorf("%s: got the error %v", name, err)
		}
	}
	if names[0] = "changed"; slices.Contains(storage.ParamNames(), "changed") {
		t.Error("the names are shared with the caller")
	}
}

func TestCodeRange(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]storage.CodeRange{
		"": {}, "404": storage.Code(404), "5xx": storage.Class(5), "400-403": {Low: 400, High: 403}, "100-599": {Low: 100, High: 599},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for code, want := range map[int]bool{399: false, 400: true, 499: true, 500: false, 0: false} {
		if got := storage.Class(4).Contains(code); got != want {
			t.Errorf("4xx contains %d: %v", code, got)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{
		"", "service=a&service=b&status=failed&from=15m&to=2025-11-13&limit=5", "min_duration=1s&max_duration=2000&code=5xx&q=x&sort=duration",
		"trace_id=4bf92f3577b34da6a3ce929d0e0e4736&id=a&request_id=b&instance=c&action=d", "from=7d&to=1h", "code=404", "limit=%2B5", "cursor=AQ", "from=1.5h",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		values, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		q, err := storage.ParseQuery(values, now)
		if err != nil {
			var bad *storage.ParamError
			if !errors.As(err, &bad) || len(bad.Error()) > 1000 {
				t.Fatalf("got the error %v", err)
			}
			return
		}
		again, err := storage.ParseQuery(q.Values(), now)
		if err != nil {
			t.Fatalf("%v, made of %q, is refused: %v", q.Values(), s, err)
		}
		if diff := cmp.Diff(q, again, cmp.AllowUnexported(storage.Query{})); diff != "" {
			t.Fatalf("%q through Values (-want +got):\n%s", s, diff)
		}
		m, err := q.Compile()
		if err != nil {
			t.Fatal(err)
		}
		a := typical()
		m.Match(&a)
	})
}
