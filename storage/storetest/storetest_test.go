package storetest_test

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/storetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Store { return newMemory().store() })
}

func TestMemoryThatKeepsIDs(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Store {
		m := newMemory()
		m.keepIDs = true
		s := m.store()
		s.Searcher = struct{ storage.Searcher }{m} // no Clearer, no Follower
		return s
	})
}

func TestMemoryThatOverruns(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Store {
		m := newMemory()
		m.most = 1000
		s := m.store()
		s.Overrun = 3000
		return s
	})
}

func TestSkip(t *testing.T) {
	t.Parallel()
	s := newMemory().store()
	s.Skip = map[string]string{"order": "for a test"}
	if storetest.CheckRule("order", &recorder{ctx: t.Context()}, s) {
		t.Error("a rule that the store skips was run")
	}
	s.Close = nil
	for _, rule := range []string{"closed", "follow-closed", "follow-missed"} {
		if storetest.CheckRule(rule, &recorder{ctx: t.Context()}, s) {
			t.Errorf("the rule %s was run on a store that it is not for", rule)
		}
	}
}

// recorder notes what a rule reports.
type recorder struct {
	ctx      context.Context
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Helper()                  {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failures runs one rule and returns what it reports.
func failures(t *testing.T, rule string, s storetest.Store) []string {
	t.Helper()
	rec := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if !storetest.CheckRule(rule, rec, s) {
			rec.Errorf("the rule %s was skipped", rule)
		}
	}()
	<-done
	return rec.failures
}

// TestBrokenStores gives each rule stores that break it, and asserts that it
// notices and names itself.
func TestBrokenStores(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rule string
		flaws      flaws
	}{
		{"nil-when-empty", "empty", flaws{nilWhenEmpty: true}},
		{"phantom-count", "empty", flaws{phantom: true}},
		{"nil-maps", "empty", flaws{nilMaps: true}},
		{"loses-nanoseconds", "fields", flaws{put: func(a *storage.Action) { a.Time = a.Time.Truncate(time.Microsecond) }}},
		{"loses-duration", "fields", flaws{put: func(a *storage.Action) { a.Duration = a.Duration.Truncate(time.Millisecond) }}},
		{"loses-attributes", "fields", flaws{put: func(a *storage.Action) { a.Attrs = nil }}},
		{"loses-outcome", "fields", flaws{put: func(a *storage.Action) {
			if a.HTTP != nil {
				a.HTTP.Outcome = ""
			}
		}}},
		{"invents-http", "fields", flaws{put: func(a *storage.Action) {
			if a.HTTP == nil {
				a.HTTP = new(storage.HTTP)
			}
		}}},
		{"loses-remote", "fields", flaws{put: func(a *storage.Action) {
			if a.HTTP != nil {
				a.HTTP.Remote = netip.Addr{}
			}
		}}},
		{"ends-at-nul", "hostile-text", flaws{put: func(a *storage.Action) { a.Error, _, _ = strings.Cut(a.Error, "\x00") }}},
		{"trims", "hostile-text", flaws{put: func(a *storage.Action) { a.Service = strings.TrimSpace(a.Service) }}},
		{"cannot-ask-for-quotes", "hostile-text", flaws{query: func(q *storage.Query) {
			if len(q.Services) > 0 && strings.Contains(q.Services[0], "'") {
				q.Services[0] = ""
			}
		}}},
		{"ids-backwards", "ids", flaws{reverseIDs: true}},
		{"ids-repeat", "ids", flaws{sameID: true}},
		{"keeps-the-batch", "ownership", flaws{keepBatch: true}},
		{"shares-its-memory", "ownership", flaws{share: true}},
		{"ties-by-chance", "order", flaws{compare: func(x, y *storage.Action) int { return y.Time.Compare(x.Time)*2 + cmp.Compare(x.ID, y.ID) }}},
		{"ignores-sort", "order", flaws{query: func(q *storage.Query) { q.Sort = "" }}},
		{"by-arrival", "late", flaws{compare: func(x, y *storage.Action) int { return cmp.Compare(y.ID, x.ID) }}},
		{"ignores-limit", "limit", flaws{query: func(q *storage.Query) { q.Limit = storage.NoLimit }}},
		{"default-limit-of-50", "limit", flaws{query: func(q *storage.Query) {
			if q.Limit == 0 {
				q.Limit = 50
			}
		}}},
		{"cursor-on-the-last-page", "limit", flaws{page: func(p *storage.Page) { p.Next = "x" }}},
		{"ignores-status", "filter", flaws{query: func(q *storage.Query) { q.Status = "" }}},
		{"one-service-only", "filter", flaws{query: func(q *storage.Query) { q.Services = q.Services[:min(1, len(q.Services))] }}},
		{"one-action-only", "filter", flaws{query: func(q *storage.Query) { q.Actions = q.Actions[:min(1, len(q.Actions))] }}},
		{"ignores-instance", "filter", flaws{query: func(q *storage.Query) { q.Instance = "" }}},
		{"ignores-from", "filter", flaws{query: func(q *storage.Query) { q.From = time.Time{} }}},
		{"ignores-to", "filter", flaws{query: func(q *storage.Query) { q.To = time.Time{} }}},
		{"ignores-least", "filter", flaws{query: func(q *storage.Query) { q.MinDuration = 0 }}},
		{"ignores-most", "filter", flaws{query: func(q *storage.Query) { q.MaxDuration = 0 }}},
		{"ignores-code", "filter", flaws{query: func(q *storage.Query) { q.Code = storage.CodeRange{} }}},
		{"ignores-text", "filter", flaws{query: func(q *storage.Query) { q.Text = "" }}},
		{"ignores-request-id", "filter", flaws{query: func(q *storage.Query) { q.RequestID = "" }}},
		{"folds-request-id", "filter", flaws{query: func(q *storage.Query) { q.RequestID = strings.ToLower(q.RequestID) }}},
		{"ignores-trace-id", "filter", flaws{query: func(q *storage.Query) { q.TraceID = storage.TraceID{} }}},
		{"ignores-id", "filter", flaws{query: func(q *storage.Query) { q.ID = "" }}},
		{"loses-every-seventh", "filter", flaws{match: func(a *storage.Action) bool { return a.Duration%7 != 1 }}},
		{"from-exclusive", "bounds", flaws{query: func(q *storage.Query) {
			if !q.From.IsZero() {
				q.From = q.From.Add(1)
			}
		}}},
		{"to-inclusive", "bounds", flaws{query: func(q *storage.Query) {
			if !q.To.IsZero() {
				q.To = q.To.Add(1)
			}
		}}},
		{"whole-milliseconds", "bounds", flaws{query: func(q *storage.Query) { q.MaxDuration = q.MaxDuration.Round(time.Millisecond) }}},
		{"least-exclusive", "bounds", flaws{query: func(q *storage.Query) {
			if q.MinDuration > 0 && q.MinDuration != q.MaxDuration {
				q.MinDuration++
			}
		}}},
		{"class-to-98", "bounds", flaws{query: func(q *storage.Query) {
			if q.Code.High == 499 {
				q.Code.High--
			}
		}}},
		{"text-by-unicode", "text", flaws{query: func(q *storage.Query) { q.Text = strings.ReplaceAll(q.Text, "ärger", "ÄRGER") }}},
		{"text-with-wildcards", "text", flaws{query: func(q *storage.Query) {
			if q.Text == "n%dle" {
				q.Text = "needle"
			}
		}}},
		{"text-not-in-routes", "text", flaws{match: func(a *storage.Action) bool {
			return a.HTTP == nil || !strings.Contains(a.HTTP.Route, "needle") || len(a.Attrs) > 0
		}}},
		{"no-second-page", "paging", flaws{page: func(p *storage.Page) { p.Next = "" }}},
		{"first-page-for-ever", "paging", flaws{ignoreCursor: true}},
		{"pages-by-offset", "paging-live", flaws{offsetCursor: true}},
		{"takes-any-cursor", "cursor", flaws{acceptAny: true}},
		{"takes-any-query", "invalid", flaws{acceptAny: true}},
		{"ignores-the-context", "context", flaws{ignoreContext: true}},
		{"counts-the-window", "stats", flaws{stats: func(s *storage.Stats) { s.Total = 500 }}},
		{"counts-no-failures", "stats", flaws{stats: func(s *storage.Stats) { s.Failed = 0 }}},
		{"by-service-off", "stats", flaws{stats: func(s *storage.Stats) {
			for name := range s.ByService {
				s.ByService[name]++
			}
		}}},
		{"a-service-too-many", "stats", flaws{stats: func(s *storage.Stats) { s.Services["other"] = storage.ServiceStats{} }}},
		{"quantiles-off", "stats", flaws{stats: spoilQuantiles}},
		{"groups-count-double", "errors", flaws{groups: func(list []storage.ErrorGroup) {
			for i := range list {
				list[i].Count *= 2
			}
		}}},
		{"groups-any-order", "errors", flaws{groups: func(list []storage.ErrorGroup) { slices.Reverse(list) }}},
		{"groups-first-is-example", "errors", flaws{groups: func(list []storage.ErrorGroup) {
			for i := range list {
				list[i].Example = "another"
			}
		}}},
		{"groups-one-service", "errors", flaws{groups: func(list []storage.ErrorGroup) {
			for i := range list {
				list[i].Services = list[i].Services[:1]
			}
		}}},
		{"groups-of-all", "errors", flaws{query: func(q *storage.Query) { q.Services = nil }}},
		{"ranges-backwards", "actions", flaws{actions: func(list []storage.Action) []storage.Action {
			slices.Reverse(list)
			return list
		}}},
		{"ranges-short", "actions", flaws{actions: func(list []storage.Action) []storage.Action { return list[:max(len(list)-1, 0)] }}},
		{"ranges-over-all", "actions", flaws{query: func(q *storage.Query) { q.To = time.Time{} }}},
		{"ranges-when-cancelled", "actions", flaws{ignoreContext: true}},
		{"series-nil", "series", flaws{nilSeries: true}},
		{"series-without-gaps", "series", flaws{points: func(list []storage.Point) []storage.Point {
			return slices.DeleteFunc(list, func(p storage.Point) bool { return p.Total == 0 })
		}}},
		{"series-off-by-a-step", "series", flaws{points: func(list []storage.Point) []storage.Point {
			for i := range list {
				list[i].Time = list[i].Time.Add(time.Second)
			}
			return list
		}}},
		{"series-without-buckets", "series", flaws{points: func(list []storage.Point) []storage.Point {
			for i := range list {
				list[i].Buckets = nil
			}
			return list
		}}},
		{"series-counts-no-failures", "series", flaws{points: func(list []storage.Point) []storage.Point {
			for i := range list {
				list[i].Failed = 0
			}
			return list
		}}},
		{"series-of-all", "series", flaws{query: func(q *storage.Query) { q.Code = storage.CodeRange{} }}},
		{"series-by-any-step", "series", flaws{anyStep: true}},
		{"loses-writes", "concurrent", flaws{racy: true}},
		{"clears-nothing", "clear", flaws{clearNothing: true}},
		{"clears-for-good", "clear", flaws{clearForGood: true}},
		{"newest-is-oldest", "follow", flaws{newestWrong: true}},
		{"follower-skips", "follow", flaws{followSkips: true}},
		{"follower-repeats", "follow", flaws{followAgain: true}},
		{"follower-spins", "follow-wait", flaws{followSpins: true}},
		{"missed-off-by-one", "follow-missed", flaws{missedWrong: true}},
		{"missed-untold", "follow-missed", flaws{missedZero: true}},
		{"follower-deaf-to-close", "follow-closed", flaws{followDeaf: true}},
		{"follower-drops-the-rest", "follow-closed", flaws{followDropsRest: true}},
		{"answers-when-closed", "closed", flaws{answersClosed: true}},
		{"closes-once", "closed", flaws{closeOnce: true}},
	}
	broken := map[string]bool{}
	for _, test := range tests {
		broken[test.rule] = true
		t.Run(test.rule+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.flaws = test.flaws
			if test.rule == "follow-missed" {
				m.most = 1000
			}
			s := m.store()
			s.Overrun = 2500
			got := failures(t, test.rule, s)
			if len(got) == 0 {
				t.Fatal("the rule did not notice")
			}
			if want := "rule " + test.rule + " is broken: "; !strings.HasPrefix(got[0], want) {
				t.Errorf("the failure is %q, want it to begin with %q", got[0], want)
			}
		})
	}
	for _, rule := range storetest.RuleNames() {
		if !broken[rule] {
			t.Errorf("no store breaks the rule %s", rule)
		}
	}
}

// spoilQuantiles makes a median three percent too great.
func spoilQuantiles(s *storage.Stats) {
	for name, service := range s.Services {
		service.P50 = service.P50 * 103 / 100
		s.Services[name] = service
	}
}
