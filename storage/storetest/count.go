package storetest

import (
	"math"
	"slices"
	"time"

	"actionlog/storage"
)

func checkStats(c *check) {
	all := c.fill(500)
	for _, q := range []storage.Query{
		{},
		{Limit: 3, Sort: storage.SlowestFirst},
		{Services: []string{"CaseService", "服务"}},
		{Status: storage.Failed},
		{Code: storage.Class(5), From: all[50].Time, To: all[400].Time},
		{Text: "timeout", MinDuration: time.Microsecond},
		{Services: []string{"nobody"}},
	} {
		got, err := c.store.Stats(c.Context(), q)
		if err != nil {
			c.fatalf("stats %s: %v", describe(q), err)
		}
		c.compareStats(q, got, c.naive(q, all))
	}
}

// compareStats compares stats with a count of the actions.
func (c *check) compareStats(q storage.Query, got storage.Stats, matches []storage.Action) {
	c.Helper()
	services := map[string][]storage.Action{}
	for _, a := range matches {
		services[a.Service] = append(services[a.Service], a)
	}
	if failed := countFailed(matches); got.Total != int64(len(matches)) || got.Failed != failed {
		c.failf("stats %s: got total %d and failed %d, want %d and %d", describe(q), got.Total, got.Failed, len(matches), failed)
	}
	if len(got.ByService) != len(services) || len(got.Services) != len(services) {
		c.failf("stats %s: got %d services in byService and %d in services, want %d", describe(q), len(got.ByService), len(got.Services), len(services))
	}
	for service, list := range services {
		if n := got.ByService[service]; n != int64(len(list)) {
			c.failf("stats %s: byService has %d of %s, want %d", describe(q), n, service, len(list))
		}
		c.compareSummary(q, service, got.Services[service].Summary, list)
		byAction := map[string][]storage.Action{}
		for _, a := range list {
			byAction[a.Action] = append(byAction[a.Action], a)
		}
		if n := len(got.Services[service].Actions); n != len(byAction) {
			c.failf("stats %s: %s has %d actions, want %d", describe(q), service, n, len(byAction))
		}
		for action, list := range byAction {
			c.compareSummary(q, service+" "+action, got.Services[service].Actions[action], list)
		}
	}
}

func (c *check) compareSummary(q storage.Query, name string, got storage.Summary, list []storage.Action) {
	c.Helper()
	durations := make([]time.Duration, len(list))
	for i := range list {
		durations[i] = list[i].Duration
	}
	slices.Sort(durations)
	if got.Total != int64(len(list)) || got.Failed != countFailed(list) {
		c.failf("stats %s: %s has total %d and failed %d, want %d and %d", describe(q), name, got.Total, got.Failed, len(list), countFailed(list))
	}
	if most := durations[len(durations)-1]; got.Max != most {
		c.failf("stats %s: %s has the maximum %v, want %v", describe(q), name, got.Max, most)
	}
	for _, p := range []struct {
		name    string
		percent int
		got     time.Duration
	}{{"p50", 50, got.P50}, {"p95", 95, got.P95}, {"p99", 99, got.P99}} {
		rank := (p.percent*len(durations) + 99) / 100
		exact := durations[max(rank, 1)-1]
		if math.Abs(float64(p.got-exact)) > 0.02*float64(exact)+0.5 {
			c.failf("stats %s: %s has the %s %v, want %v by nearest rank, give or take 2 %%", describe(q), name, p.name, p.got, exact)
		}
	}
}

func countFailed(list []storage.Action) (n int64) {
	for i := range list {
		if list[i].Failed() {
			n++
		}
	}
	return n
}
