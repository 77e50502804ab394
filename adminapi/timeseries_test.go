package adminapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// samplesIn is a store that answers with what is in a slice, by the meaning
// that the interfaces give the questions.
type samplesIn struct {
	empty
	actions []storage.Action
	asked   *[]time.Duration // the steps, where it is not nil
}

// plotted is a store of the samples, with ids.
func plotted(t testing.TB) samplesIn {
	t.Helper()
	list := samples()
	for i := range list {
		list[i].ID = storage.ID(fmt.Sprintf("id-%d", i))
	}
	return samplesIn{actions: list}
}

func (s samplesIn) matching(q storage.Query) []storage.Action {
	q.Limit = storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(slices.Clone(s.actions), func(a storage.Action) bool { return !m.Match(&a) })
}

func (s samplesIn) Errors(_ context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	sum := storage.NewErrorSummer()
	for _, a := range s.matching(q) {
		sum.Add(&a)
	}
	groups := sum.Groups()
	return groups[:min(len(groups), q.Limit)], nil
}

func (s samplesIn) Series(_ context.Context, q storage.Query, step time.Duration) ([]storage.Point, error) {
	if s.asked != nil {
		*s.asked = append(*s.asked, step)
	}
	totals := map[int64][]storage.Action{}
	for _, a := range s.matching(q) {
		n := a.Time.UnixNano() / int64(step)
		totals[n] = append(totals[n], a)
	}
	points := []storage.Point{}
	if len(totals) == 0 {
		return points, nil
	}
	steps := slices.Sorted(maps.Keys(totals))
	for n := steps[0]; n <= steps[len(steps)-1]; n++ {
		var durations storage.Histogram
		var counts storage.Counts
		var longest time.Duration
		for _, a := range totals[n] {
			durations.Add(a.Duration)
			longest = max(longest, a.Duration)
			counts.Total++
			if a.Failed() {
				counts.Failed++
			}
		}
		points = append(points, storage.NewPoint(time.Unix(0, n*int64(step)).UTC(), counts, &durations, longest))
	}
	return points, nil
}

func TestStepIsChosen(t *testing.T) {
	t.Parallel()
	at := func(ago ...time.Duration) samplesIn {
		s := samplesIn{asked: new([]time.Duration)}
		for _, d := range ago {
			s.actions = append(s.actions, storage.Action{Time: noon.Add(-d), Service: "s", Action: "a"})
		}
		return s
	}
	const day = 24 * time.Hour
	tests := []struct {
		name, query, want string
		store             samplesIn
		asked             int
	}{
		{"range-of-an-hour", "from=1h", "15s", at(time.Minute), 1},
		{"range-of-a-day", "from=24h&to=0s", "5m", at(time.Minute), 1},
		{"range-of-a-week", "from=7d", "1h", at(time.Minute), 1},
		{"range-of-two-minutes", "from=2m", "1s", at(time.Minute), 1},
		{"range-in-the-past", "from=2025-01-01&to=2025-01-02", "5m", at(time.Minute), 1},
		{"range-in-the-future", "from=2030-01-01", "1s", at(time.Minute), 1},
		{"range-of-decades", "from=18000d", "91d", at(time.Minute), 1},
		{"nothing-held", "", "1s", at(), 2},
		{"one-held", "", "1s", at(time.Minute), 5},
		{"minutes-held", "", "2s", at(0, 7*time.Minute), 5},
		{"an-hour-held", "", "15s", at(0, 59*time.Minute), 4},
		{"a-day-held", "", "5m", at(0, 24*time.Hour), 3},
		{"months-held", "", "6h", at(0, 60*day), 2},
		{"filtered", "status=failed", "1s", at(0, 60*day), 2},
		{"given", "step=90s", "1m30s", at(0, time.Hour), 4},
		{"given-with-range", "step=1d&from=7d", "1d", at(0, time.Hour), 1},
		{"given-in-hours", "step=90m&from=7d", "1h30m", at(0), 1},
		{"given-in-more-hours", "step=36h&from=7d", "36h", at(0), 1},
		{"given-fine-with-wide-range", "step=1s&from=30d", "1s", at(0, time.Minute), 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, adminapi.Options{Store: tt.store})
			var answer struct {
				Step   string
				Points []storage.Point
			}
			text := body(t, do(h, request("GET", "/action-logs/timeseries?"+tt.query)))
			if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Points == nil {
				t.Fatalf("%v: %s", err, text)
			}
			if answer.Step != tt.want || len(answer.Points) > 302 {
				t.Errorf("step is %s with %d points, want %s", answer.Step, len(answer.Points), tt.want)
			}
			if len(*tt.store.asked) != tt.asked {
				t.Errorf("the store was asked %v", *tt.store.asked)
			}
		})
	}
}

func TestStepRefused(t *testing.T) {
	t.Parallel()
	s := samplesIn{actions: []storage.Action{{Time: noon}, {Time: noon.Add(-48 * time.Hour)}}, asked: new([]time.Duration)}
	h := newHandler(t, adminapi.Options{Store: s})
	allowed := "; allowed is a duration from 1s up, such as 10s, 5m, 1h or 1d"
	for query, want := range map[string]string{
		"step=":                  `parameter step is ""` + allowed,
		"step=1":                 `parameter step is "1"` + allowed,
		"step=999ms":             `parameter step is "999ms"` + allowed,
		"step=-1h":               `parameter step is "-1h"` + allowed,
		"step=0d":                `parameter step is "0d"` + allowed,
		"step=-1d":               `parameter step is "-1d"` + allowed,
		"step=1.5d":              `parameter step is "1.5d"` + allowed,
		"step=36501d":            `parameter step is "36501d"` + allowed,
		"step=99999999999d":      `parameter step is "99999999999d"` + allowed,
		"step=1s":                `parameter step is "1s"; allowed is one that makes at most 10000 points here, such as 30s`,
		"step=1s&from=30d":       `parameter step is "1s"; allowed is one that makes at most 10000 points here, such as 30s`,
		"step=1m&step=1h":        `parameter step is "1m,1h"; allowed is at most 1 of it, not 2`,
		"stpe=1m":                `parameter "stpe" is unknown; known are service,`,
		"limit=5":                `parameter "limit" is unknown`,
		"sort=timestamp&step=1m": `parameter "sort" is unknown`,
		"from=1h&to=2h":          "allowed is a moment after from",
	} {
		resp := do(h, request("GET", "/action-logs/timeseries?"+query))
		if got := detail(t, resp); resp.StatusCode != 400 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %q, want 400 %q", query, resp.StatusCode, got, want)
		}
	}
	if slices.Contains(*s.asked, time.Second) {
		t.Errorf("the store was asked for more points than an answer may have: %v", *s.asked)
	}
}

// TestStepIsReadBack asks again with each step that was answered.
func TestStepIsReadBack(t *testing.T) {
	t.Parallel()
	s := samplesIn{actions: []storage.Action{{Time: noon}}}
	h := newHandler(t, adminapi.Options{Store: s})
	for from := time.Second; from < 50*365*24*time.Hour; from *= 2 {
		ask := func(query string) string {
			text := body(t, do(h, request("GET", "/action-logs/timeseries?from="+from.String()+query)))
			var answer struct{ Step string }
			if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Step == "" {
				t.Fatalf("%v: %s", err, text)
			}
			return answer.Step
		}
		step := ask("")
		if again := ask("&step=" + step); again != step {
			t.Errorf("step %s is read back as %s", step, again)
		}
	}
}

// flooding is a store whose actions arrive while it is asked.
type flooding struct{ empty }

func (flooding) Series(_ context.Context, _ storage.Query, step time.Duration) ([]storage.Point, error) {
	points := make([]storage.Point, 20_000)
	for i := range points {
		points[i].Time = noon.Add(step * time.Duration(i))
	}
	return points, nil
}

func TestTooManyPointsAfterAll(t *testing.T) {
	t.Parallel()
	resp := do(newHandler(t, adminapi.Options{Store: flooding{}}), request("GET", "/action-logs/timeseries?step=1s&from=1h"))
	if got := detail(t, resp); resp.StatusCode != 400 || !strings.Contains(got, "at most 10000 points here, such as 2s") {
		t.Errorf("%d %q", resp.StatusCode, got)
	}
}

func TestErrorsParameters(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: plotted(t)})
	for query, want := range map[string]string{
		"limit=0":       `parameter limit is "0"; allowed is a whole number from 1 to 1000`,
		"limit=1001":    `parameter limit is "1001"; allowed is a whole number from 1 to 1000`,
		"limit=1&limit": `at most 1 of it, not 2`,
		"sort=duration": `parameter "sort" is unknown; known are service, `,
		"cursor=x":      `parameter "cursor" is unknown`,
		"step=1m":       `parameter "step" is unknown`,
		"code=x":        `parameter code is "x"`,
	} {
		resp := do(h, request("GET", "/action-logs/errors?"+query))
		if got := detail(t, resp); resp.StatusCode != 400 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %q, want 400 %q", query, resp.StatusCode, got, want)
		}
	}
}

func TestErrorsAreFiltered(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: plotted(t)})
	for query, want := range map[string][]string{
		"":                    {`<nope> & "<s>"`, "OpenAI API rate limit exceeded"},
		"service=ChatService": {"OpenAI API rate limit exceeded"},
		"to=2025-11-13":       nil,
		"code=503":            {`<nope> & "<s>"`},
	} {
		var answer struct{ Errors []storage.ErrorGroup }
		text := body(t, do(h, request("GET", "/action-logs/errors?"+query)))
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		var got []string
		for _, g := range answer.Errors {
			got = append(got, g.Template)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", query, diff)
		}
	}
}

// TestSeriesOfAnHour plots more of a ring's last hour than its window holds.
func TestSeriesOfAnHour(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, Now: time.Now})
	const minutes, each = 50, 120
	now := time.Now()
	for i := range minutes * each {
		r.Record(storage.Action{Time: now.Add(-minutes*time.Minute + time.Duration(i)*time.Minute/each), Service: "S", Action: "a"})
	}
	for _, query := range []string{"", "?from=1h", "?from=55m&service=S", "?from=1h&step=5m", "?from=2h&to=" + now.Add(time.Minute).UTC().Format(time.RFC3339)} {
		var got struct{ Points []storage.Point }
		resp := do(h, request("GET", "/action-logs/timeseries"+query))
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		var total int64
		for _, p := range got.Points {
			total += p.Total
		}
		if total != minutes*each {
			t.Errorf("%q: %d are plotted, want %d", query, total, minutes*each)
		}
	}
}
