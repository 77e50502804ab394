package prom_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/prom"
	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// shop is a service under traffic, with an archive and an admin API.
type shop struct {
	ring    *ring.Ring
	address string
	stop    func() []time.Duration // ends the traffic, and returns all durations
}

const token = "correct-horse-battery-staple"

func newShop(t *testing.T) *shop {
	t.Helper()
	r := ring.New(ring.Options{})
	files, err := archive.OpenWriter(t.TempDir(), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Pump("archive", files, ring.PumpOptions{})
	metrics := prom.New(prom.Options{Source: r, Archive: files})
	admin, err := adminapi.New(adminapi.Options{Store: r, Metrics: metrics.Handler(), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(admin)
	t.Cleanup(func() {
		server.Close()
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &shop{ring: r, address: server.Listener.Addr().String()}
	s.trade(t)
	return s
}

// trade records 500 actions a second of two services, a tenth of which fail,
// half of which have a trace, and leaves some in flight.
func (s *shop) trade(t *testing.T) {
	inFlight := s.ring.Begin(s.ring.Intern("CaseService", "writeReport", "", ""), &storage.Start{})
	ctx, cancel := context.WithCancel(context.Background())
	var durations []time.Duration
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			a := storage.Action{Service: "CaseService", Action: "createCase", Duration: time.Duration(1+i%400) * 500 * time.Microsecond}
			if i%3 == 0 {
				a.Service, a.Action = "ChatService", "sendMessage"
				a.Duration *= 4
			}
			if i%10 == 0 {
				a.Status, a.Error = storage.Failed, "rate limit exceeded"
			}
			if i%2 == 0 {
				a.TraceID[0], a.TraceID[15], a.SpanID[0] = byte(i>>8), byte(i), 1
			}
			s.ring.Record(a)
			durations = append(durations, a.Duration)
		}
	})
	s.stop = sync.OnceValue(func() []time.Duration {
		cancel()
		done.Wait()
		s.ring.End(inFlight, nil)
		return durations
	})
	t.Cleanup(func() { s.stop() })
}

// scrapeConfig is the one that the package's documentation shows, for the
// shop.
func (s *shop) scrapeConfig(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	config := regexp.MustCompile(`(?m)^//\tscrape_configs:\n(//\t +.*\n)+`).FindString(string(doc))
	for _, change := range [][2]string{{"//\t", ""}, {"the-token", token}, {"127.0.0.1:8000", s.address}} {
		if !strings.Contains(config, change[0]) {
			t.Fatalf("the scrape config has no %q:\n%s", change[0], config)
		}
		config = strings.ReplaceAll(config, change[0], change[1])
	}
	return config
}

// TestPrometheus has a real one scrape a shop, in each way of storing
// histograms, and asks it all that the dashboard asks.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	tool(t, "prometheus")
	for _, mode := range []struct {
		name      string
		features  []string
		native    bool
		exemplars string // what to ask for, if anything
	}{
		{"classic", nil, false, ""},
		{"classic-with-exemplars", []string{"exemplar-storage"}, false, "actionlog_action_duration_seconds_bucket"},
		{"native", []string{"native-histograms", "exemplar-storage"}, true, "actionlog_action_duration_seconds"},
	} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			p := startPrometheus(t, s.scrapeConfig(t), mode.features...)
			askAsTheDashboard(t, p, mode.native)
			p.until(t, "all rules are well", p.rulesAreWell)
			if mode.exemplars != "" {
				p.until(t, "there are exemplars", func() error { return p.hasExemplars(mode.exemplars) })
			}
			checkNumbers(t, p, s, mode.native)
			if said := p.log.String(); said != "" {
				t.Errorf("Prometheus warns:\n%s", said)
			}
		})
	}
}

// board is what the tests read of the dashboard.
type board struct {
	Templating struct {
		List []struct {
			Type, Name string
			Query      any
		}
	}
	Panels []struct {
		Type, Title string
		Targets     []struct {
			Expr    string
			Instant bool
		}
	}
}

func readBoard(t *testing.T) (b board) {
	t.Helper()
	text, err := os.ReadFile("grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// filledIn is an expression with Grafana's variables replaced as Grafana does,
// in a dashboard of the last seconds.
func filledIn(t *testing.T, expr string) string {
	t.Helper()
	expr = strings.NewReplacer("$__rate_interval", "5s", "$__range", "15s", "$service", ".*", "$action", ".*").Replace(expr)
	if strings.Contains(expr, "$") {
		t.Fatalf("there is a variable that this test does not know in %s", expr)
	}
	return expr
}

// askAsTheDashboard executes every query of the dashboard, each of which has to
// return data. Of the heat maps one is for either way of storing histograms.
func askAsTheDashboard(t *testing.T, p *prometheusServer, native bool) {
	t.Helper()
	b := readBoard(t)
	asked := 0
	for _, panel := range b.Panels {
		foreign := strings.Contains(panel.Title, "(classic") && native || strings.Contains(panel.Title, "(native") && !native
		for _, target := range panel.Targets {
			asked++
			expr := filledIn(t, target.Expr)
			ask := p.lately
			if target.Instant {
				ask = p.now
			}
			if foreign {
				if f, err := ask(expr); err != nil || f.hasData() {
					t.Errorf("panel %q is for the other way, yet there are data, or %v", panel.Title, err)
				}
				continue
			}
			p.until(t, "panel "+panel.Title+" has data", func() error {
				f, err := ask(expr)
				if err == nil && !f.hasData() {
					err = fmt.Errorf("no data for %s", expr)
				}
				return err
			})
		}
	}
	if asked < 20 {
		t.Errorf("%d queries were asked, want 20 or more", asked)
	}
	labelValues := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)
	for _, v := range b.Templating.List {
		if v.Type != "query" {
			continue
		}
		query := v.Query.(map[string]any)["query"].(string)
		m := labelValues.FindStringSubmatch(query)
		if m == nil {
			t.Fatalf("variable %s is %s", v.Name, query)
		}
		var values []string
		if err := p.ask("label/"+m[2]+"/values", url.Values{"match[]": {filledIn(t, m[1])}}, &values); err != nil || len(values) < 2 {
			t.Errorf("variable %s has the values %v (%v), want two or more", v.Name, values, err)
		}
	}
}

// rulesAreWell reports an alert rule that could not be evaluated.
func (p *prometheusServer) rulesAreWell() error {
	var answer struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	if err := p.ask("rules", nil, &answer); err != nil {
		return err
	}
	n := 0
	for _, g := range answer.Groups {
		for _, r := range g.Rules {
			n++
			if r.Health != "ok" {
				return fmt.Errorf("rule %s is %s: %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if n == 0 {
		return fmt.Errorf("there are no rules")
	}
	return nil
}

// hasExemplars reports whether traces can be found from durations.
func (p *prometheusServer) hasExemplars(expr string) error {
	var answer []struct {
		Exemplars []struct{ Labels map[string]string }
	}
	at := time.Now()
	if err := p.ask("query_exemplars", url.Values{"query": {expr}, "start": {stamp(at.Add(-time.Minute))}, "end": {stamp(at)}}, &answer); err != nil {
		return err
	}
	for _, series := range answer {
		for _, e := range series.Exemplars {
			if len(e.Labels["trace_id"]) == 32 && len(e.Labels["span_id"]) == 16 {
				return nil
			}
		}
	}
	return fmt.Errorf("of %d series none has an exemplar with a trace", len(answer))
}

// checkNumbers ends the traffic and compares what Prometheus has with what was
// recorded.
func checkNumbers(t *testing.T, p *prometheusServer, s *shop, native bool) {
	t.Helper()
	durations := slices.Clone(s.stop())
	slices.Sort(durations)
	sum := 0.0
	for _, d := range durations {
		sum += d.Seconds()
	}
	p95 := durations[int(math.Ceil(0.95*float64(len(durations))))-1].Seconds()
	n := float64(len(durations))
	failures := math.Ceil(n / 10)
	asNear := 2.5 // as two classic bounds are to each other
	if native {
		asNear = 1.125
	}
	tests := []struct {
		expr, native string
		want, factor float64 // how far off it may be, either way
	}{
		{"sum(actionlog_actions_total)", "", n, 1},
		{`sum(actionlog_actions_total{status="failed"})`, "", failures, 1},
		{"sum(actionlog_action_duration_seconds_count)", "histogram_count(sum(actionlog_action_duration_seconds))", n, 1},
		{"sum(actionlog_action_duration_seconds_sum)", "histogram_sum(sum(actionlog_action_duration_seconds))", sum, 1.000001},
		{"histogram_quantile(0.95, sum by (le) (actionlog_action_duration_seconds_bucket))", "histogram_quantile(0.95, sum(actionlog_action_duration_seconds))", p95, asNear},
		{`actionlog_sink_written_actions_total{sink="archive"}`, "", n, 1},
		{`actionlog_sink_lag_actions{sink="archive"}`, "", 0, 1},
		{"actionlog_requests_in_flight", "", 0, 1},
	}
	for _, test := range tests {
		if native && test.native != "" {
			test.expr = test.native
		}
		p.until(t, fmt.Sprintf("%s is %g", test.expr, test.want), func() error {
			f, err := p.now(test.expr)
			if err != nil {
				return err
			}
			if len(f.Result) != 1 {
				return fmt.Errorf("there are %d results", len(f.Result))
			}
			got, err := strconv.ParseFloat(fmt.Sprint(f.Result[0].Value[1]), 64)
			if err == nil && (got < test.want/test.factor || got > test.want*test.factor) {
				err = fmt.Errorf("it is %g", got)
			}
			return err
		})
	}
}
