package prom_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"
)

// get asks a handler, and returns the status, the type and the body.
func get(t testing.TB, h http.Handler, accept string) (int, string, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Content-Type"), w.Body.String()
}

// TestText compares both forms of text with golden files.
func TestText(t *testing.T) {
	t.Parallel()
	h := prom.New(sampleOptions()).Handler()
	for _, test := range []struct{ name, accept, contentType string }{
		{"text", "text/plain", "text/plain; version=0.0.4; charset=utf-8"},
		{"openmetrics", openMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, contentType, got := get(t, h, test.accept)
			if status != 200 || !strings.HasPrefix(contentType, test.contentType) {
				t.Errorf("answer is %d of %q, want 200 of %q", status, contentType, test.contentType)
			}
			path := filepath.Join("testdata", test.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDocumented compares the metrics with those that the package's comment
// lists.
func TestDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t(actionlog_\w+)(?:\{(.*)\})? +(\w+)(?:  |$)`).FindAllStringSubmatch(string(doc), -1) {
		listed[m[1]] = m[3] + " " + m[2]
	}
	got := map[string]string{}
	for name, f := range gather(t, prom.New(sampleOptions())) {
		var labels []string
		for _, l := range f.Metric[0].Label {
			labels = append(labels, l.GetName())
		}
		got[name] = strings.ToLower(f.GetType().String()) + " " + strings.Join(labels, ",")
	}
	if diff := cmp.Diff(listed, got); diff != "" {
		t.Errorf("metrics (-documented +gathered):\n%s", diff)
	}
}

// TestProtobuf finds both forms of histograms in one metric.
func TestProtobuf(t *testing.T) {
	t.Parallel()
	status, contentType, got := get(t, prom.New(sampleOptions()).Handler(), protobuf)
	if status != 200 || !strings.HasPrefix(contentType, "application/vnd.google.protobuf") {
		t.Fatalf("answer is %d of %q", status, contentType)
	}
	histograms := 0
	for r := strings.NewReader(got); ; {
		var f dto.MetricFamily
		if err := protodelim.UnmarshalFrom(r, &f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, m := range f.Metric {
			if h := m.Histogram; h != nil {
				histograms++
				if len(natives(t, h)) == 0 || len(h.Bucket) != 17 {
					t.Errorf("histogram has %d native and %d classic buckets", len(natives(t, h)), len(h.Bucket))
				}
			}
		}
	}
	if histograms != 2 {
		t.Errorf("%d histograms, want 2", histograms)
	}
}

// TestErrors answers as the admin API does.
func TestErrors(t *testing.T) {
	t.Parallel()
	twice := counted("s", "a", 1)
	tests := []struct {
		name   string
		source prom.Source
		status int
		detail string
	}{
		{"closed", &source{err: fmt.Errorf("totals: %w", storage.ErrClosed)}, 503, "Failed to get metrics: totals: store is closed"},
		{"secret", &source{err: errors.New("dial postgres://ann:hunter2@db/x")}, 500, "Failed to get metrics: dial postgres://ann:[redacted]@db/x"},
		{"twice-the-same", &source{totals: []storage.Total{twice, twice}}, 500, "was collected before with the same name and label values"},
		{"not-utf-8", &source{totals: []storage.Total{{Service: "\xff"}}}, 500, "whose value is not utf8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, contentType, got := get(t, prom.New(prom.Options{Source: test.source}).Handler(), openMetrics)
			if status != test.status || contentType != "application/json" || !strings.HasPrefix(got, `{"detail":"`) || !strings.Contains(got, test.detail) {
				t.Errorf("answer is %d of %s: %s; want %d with %s", status, contentType, got, test.status, test.detail)
			}
		})
	}
}

// TestCollectFails tells a registry of what went wrong.
func TestCollectFails(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prom.New(prom.Options{Source: &source{err: storage.ErrClosed}}))
	if _, err := registry.Gather(); err == nil || !strings.Contains(err.Error(), "store is closed") {
		t.Errorf("gathering ends with %v, want that the store is closed", err)
	}
}

// slow is a source that takes until it is released.
type slow struct {
	source
	asked, release chan struct{}
}

func (s *slow) Totals(ctx context.Context) ([]storage.Total, error) {
	s.asked <- struct{}{}
	select {
	case <-s.release:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestScrapesAtOnce refuses the fifth.
func TestScrapesAtOnce(t *testing.T) {
	t.Parallel()
	s := &slow{asked: make(chan struct{}), release: make(chan struct{})}
	h := prom.New(prom.Options{Source: s}).Handler()
	statuses := make(chan int)
	for range 4 {
		go func() {
			status, _, _ := get(t, h, "text/plain")
			statuses <- status
		}()
		<-s.asked
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if got := w.Body.String(); w.Code != 503 || w.Header().Get("Retry-After") != "1" || got != `{"detail":"four scrapes are under way; no more are answered at once"}` {
		t.Errorf("the fifth gets %d %v %s", w.Code, w.Header(), got)
	}
	close(s.release)
	for range 4 {
		if status := <-statuses; status != 200 {
			t.Errorf("one of the four gets %d", status)
		}
	}
	go func() { <-s.asked }()
	if status, _, _ := get(t, h, "text/plain"); status != 200 {
		t.Errorf("a later one gets %d", status)
	}
}

// TestCancelled reads nothing for who has gone.
func TestCancelled(t *testing.T) {
	t.Parallel()
	s := &slow{asked: make(chan struct{}), release: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-s.asked; cancel() }()
	w := httptest.NewRecorder()
	prom.New(prom.Options{Source: s}).Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	if w.Code != 500 {
		t.Errorf("answer is %d %s", w.Code, w.Body)
	}
}

// TestOptionsThatCannotBeMeant panics, with the reason.
func TestOptionsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		opts prom.Options
		want string
	}{
		{"no-source", prom.Options{}, "prom: Options.Source is not set; it is what counts, such as a ring"},
		{"descending", prom.Options{Source: sample(), Bounds: []time.Duration{1, 3, 3}}, "prom: Options.Bounds[2] is 3ns; allowed are durations above zero, each greater than the one before"},
		{"zero", prom.Options{Source: sample(), Bounds: []time.Duration{0}}, "prom: Options.Bounds[0] is 0s; allowed are durations above zero, each greater than the one before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if got := fmt.Sprint(recover()); got != test.want {
					t.Errorf("panic is %q, want %q", got, test.want)
				}
			}()
			prom.New(test.opts)
		})
	}
}

// TestWithoutTheRest has neither an archive, a sink nor a backlog.
func TestWithoutTheRest(t *testing.T) {
	t.Parallel()
	_, _, got := get(t, prom.New(prom.Options{Source: &source{}, Archive: shelf{}}).Handler(), "text/plain")
	for _, name := range []string{"sink", "age", "actions_total"} {
		if strings.Contains(got, name) {
			t.Errorf("there is %s in\n%s", name, got)
		}
	}
	for _, line := range []string{"\nactionlog_requests_in_flight 0\n", "\nactionlog_archive_active_bytes 0\n", "\nactionlog_archive_failing 0\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("there is no %q in\n%s", line, got)
		}
	}
}

// TestWrapped gives all metrics another label, which must not change those that
// others have.
func TestWrapped(t *testing.T) {
	t.Parallel()
	c := prom.New(sampleOptions())
	registry := prometheus.NewPedanticRegistry()
	prometheus.WrapRegistererWith(prometheus.Labels{"zone": "a"}, registry).MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	plain := gather(t, c)
	for _, f := range families {
		for i, m := range f.Metric {
			if last := m.Label[len(m.Label)-1]; last.GetName() != "zone" || len(m.Label) != len(plain[f.GetName()].Metric[i].Label)+1 {
				t.Errorf("%s has labels %v", f.GetName(), m.Label)
			}
		}
	}
}
