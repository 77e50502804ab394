package prom

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// metric is one metric as it is at the moment. What it points to is never
// changed.
type metric struct {
	desc      *prometheus.Desc
	labels    []*dto.LabelPair // sorted by name
	counter   *dto.Counter
	gauge     *dto.Gauge
	histogram *dto.Histogram
}

func (m *metric) Desc() *prometheus.Desc { return m.desc }

func (m *metric) Write(to *dto.Metric) error {
	to.Label, to.Counter, to.Gauge, to.Histogram = m.labels, m.counter, m.gauge, m.histogram
	return nil
}

// The names and values of labels that never change.
var (
	action  = ptr("action")
	service = ptr("service")
	sink    = ptr("sink")
	traceID = ptr("trace_id")
	spanID  = ptr("span_id")

	success = &dto.LabelPair{Name: ptr("status"), Value: ptr("success")}
	failed  = &dto.LabelPair{Name: ptr("status"), Value: ptr("failed")}
)

func ptr[T any](v T) *T { return &v }

// maker makes the metrics of one collection. They are made of hundreds of
// thousands of small things, which it takes from slabs: one allocation for
// many.
type maker struct {
	send func(*metric)
	now  time.Time

	metrics   slab[metric]
	counters  slab[dto.Counter]
	gauges    slab[dto.Gauge]
	histogram histogramSlabs
	labels    slab[dto.LabelPair]
	labelList slab[*dto.LabelPair]
	strings   slab[string]
	floats    slab[float64]
	uint64s   slab[uint64]
}

func (m *maker) emit(made metric) {
	at := m.metrics.one()
	*at = made
	m.send(at)
}

func (m *maker) sendCounter(desc *prometheus.Desc, value float64, labels []*dto.LabelPair) {
	c := m.counters.one()
	c.Value = m.float(value)
	m.emit(metric{desc: desc, labels: labels, counter: c})
}

func (m *maker) sendGauge(desc *prometheus.Desc, value float64, labels []*dto.LabelPair) {
	g := m.gauges.one()
	g.Value = m.float(value)
	m.emit(metric{desc: desc, labels: labels, gauge: g})
}

// label makes a label.
func (m *maker) label(name *string, value string) *dto.LabelPair {
	p := m.labels.one()
	p.Name, p.Value = name, m.strings.one()
	*p.Value = value
	return p
}

// list makes a list of labels, which are sorted by name. It has no room for
// more, so that who appends to it gets one of his own.
func (m *maker) list(labels ...*dto.LabelPair) []*dto.LabelPair {
	l := m.labelList.take(len(labels))
	copy(l, labels)
	return l
}

func (m *maker) float(v float64) *float64 {
	at := m.floats.one()
	*at = v
	return at
}

func (m *maker) uint64(v uint64) *uint64 {
	at := m.uint64s.one()
	*at = v
	return at
}

// slab gives out zero values, many of one allocation.
type slab[T any] struct{ free []T }

// slabLen is how many things are allocated at once.
const slabLen = 512

// take returns n values in a row.
func (s *slab[T]) take(n int) []T {
	if len(s.free) < n {
		s.free = make([]T, max(slabLen, n))
	}
	list := s.free[:n:n]
	s.free = s.free[n:]
	return list
}

// one returns one value.
func (s *slab[T]) one() *T { return &s.take(1)[0] }
