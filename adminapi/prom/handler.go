package prom

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"actionlog/storage"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

const (
	// scrapesAtOnce bounds how many scrapes a handler answers at the same time,
	// and by that the memory that they take.
	scrapesAtOnce = 4

	// scrapePatience is how long a client may take to read an answer: else four
	// who read nothing would keep everybody else from it.
	scrapePatience = 30 * time.Second
)

// Handler returns a handler that answers with the collector's metrics and no
// others: as text, as OpenMetrics (which has exemplars) or as protobuf (which
// has native histograms, too), as the request asks for it. Errors are
// {"detail":"…"}, 503 where the source is closed or four scrapes are under way
// already, else 500. Who does not take an answer within 30 s loses the
// connection.
func (c *Collector) Handler() http.Handler {
	return &handler{c: c, running: make(chan struct{}, scrapesAtOnce), patience: scrapePatience}
}

type handler struct {
	c        *Collector
	running  chan struct{} // holds a token for each scrape
	patience time.Duration // scrapePatience, but in tests
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	default:
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, "four scrapes are under way; no more are answered at once")
		return
	}
	families, err := h.gather(r)
	if err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, storage.ErrClosed) {
			status = http.StatusServiceUnavailable
		}
		writeError(w, status, "Failed to get metrics: "+storage.DefaultRedactor().Error(err.Error()))
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.patience)) // where there are deadlines; the server takes it off
	gathered := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
	promhttp.HandlerFor(gathered, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
}

// gather reads the source for one request, and has a registry check and sort
// what comes of it.
func (h *handler) gather(r *http.Request) ([]*dto.MetricFamily, error) {
	totals, err := h.c.opts.Source.Totals(r.Context())
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(reading{h.c, totals})
	return registry.Gather()
}

// reading is a collector of totals that have been read.
type reading struct {
	*Collector
	totals []storage.Total
}

func (r reading) Collect(ch chan<- prometheus.Metric) {
	r.send(r.totals, func(m *metric) { ch <- m })
}

func writeError(w http.ResponseWriter, status int, detail string) {
	body, _ := json.Marshal(map[string]string{"detail": detail}) // never fails
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
