package prom

import (
	"math"
	"time"

	"actionlog/storage"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// histogramSlabs are what histograms are made of.
type histogramSlabs struct {
	natives    nativeWriter
	histograms slab[dto.Histogram]
	buckets    slab[dto.Bucket]
	bucketList slab[*dto.Bucket]
	spans      slab[dto.BucketSpan]
	spanList   slab[*dto.BucketSpan]
	deltas     slab[int64]
	offsets    slab[int32]
	lengths    slab[uint32]
	sorted     []storage.Exemplar // used again by each histogram
	chosen     []storage.Exemplar // likewise
	exemplars  slab[dto.Exemplar]
	exemplarOf slab[*dto.Exemplar]
	times      slab[timestamppb.Timestamp]
}

// What is the same in all native histograms.
var (
	nativeSchema    = ptr[int32](schema)
	nativeThreshold = ptr(zeroThreshold)
)

// sendHistogram sends both forms of a histogram as one metric: who scrapes
// takes the native buckets or the classic ones, as it understands. (The
// library's own constant metrics have one form or the other.)
func (m *maker) sendHistogram(desc *prometheus.Desc, t *storage.Total, classic *classicBounds, told *told, labels []*dto.LabelPair) {
	h := m.histogram.histograms.one()
	h.SampleCount = m.uint64(t.Durations.Count())
	h.SampleSum = m.float(seconds(t.Sum))
	m.fillNative(h, &t.Durations)
	m.fillClassic(h, &t.Durations, classic)
	m.fillExemplars(h, t, told)
	m.emit(metric{desc: desc, labels: labels, histogram: h})
}

// seconds takes a sum that has gone beyond 292 years for what it is, up to
// 584 years.
func seconds(sum time.Duration) float64 { return float64(uint64(sum)) / float64(time.Second) }

// classicBounds are the upper bounds of the classic buckets, the last of which
// has none.
type classicBounds struct {
	cuts    []cut
	seconds []*float64 // one more than cuts
}

func newClassicBounds(bounds []time.Duration) *classicBounds {
	c := new(classicBounds)
	for _, bound := range bounds {
		c.cuts = append(c.cuts, cutAt(bound))
		c.seconds = append(c.seconds, ptr(bound.Seconds()))
	}
	c.seconds = append(c.seconds, ptr(math.Inf(1)))
	return c
}

func (m *maker) fillClassic(to *dto.Histogram, h *storage.Histogram, classic *classicBounds) {
	n := len(classic.seconds)
	counts := m.uint64s.take(n)
	cumulate(counts[:n-1], h, classic.cuts)
	counts[n-1] = h.Count()
	buckets := m.histogram.buckets.take(n)
	to.Bucket = m.histogram.bucketList.take(n)
	for i := range buckets {
		to.Bucket[i] = &buckets[i]
		to.Bucket[i].UpperBound, to.Bucket[i].CumulativeCount = classic.seconds[i], &counts[i]
	}
}

func (m *maker) fillNative(to *dto.Histogram, h *storage.Histogram) {
	w := &m.histogram.natives
	zeros := w.write(h)
	to.Schema, to.ZeroThreshold, to.ZeroCount = nativeSchema, nativeThreshold, m.uint64(zeros)
	n := len(w.spans)
	offsets, lengths := m.histogram.offsets.take(n), m.histogram.lengths.take(n)
	spans := m.histogram.spans.take(n)
	to.PositiveSpan = m.histogram.spanList.take(n)
	for i, s := range w.spans {
		offsets[i], lengths[i] = s.offset, s.length
		to.PositiveSpan[i] = &spans[i]
		to.PositiveSpan[i].Offset, to.PositiveSpan[i].Length = &offsets[i], &lengths[i]
	}
	to.PositiveDelta = m.histogram.deltas.take(len(w.deltas))
	copy(to.PositiveDelta, w.deltas)
}
