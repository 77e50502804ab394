package prom

import (
	"slices"
	"sort"
	"sync"
	"time"

	"actionlog/storage"

	dto "github.com/prometheus/client_model/go"
)

// told are the exemplars of classic buckets that were told last. A source has
// one of each octave of durations, and an octave may reach over a bound: then
// the next exemplar of the octave leaves one bucket for the next, where an older
// one would come to light. Prometheus wants those of a bucket in order of time.
type told struct {
	mu     sync.Mutex
	byPair map[pair][]storage.Exemplar // by bucket; a zero Time is none
}

type pair struct{ service, action string }

// update appends to dst the exemplar of each bucket, given recent ones by their
// buckets: what was told last, or a newer one.
func (t *told) update(dst []storage.Exemplar, p pair, buckets int, recent []storage.Exemplar, bucketOf func(*storage.Exemplar) int) []storage.Exemplar {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.byPair[p]
	if list == nil && len(recent) == 0 {
		return dst
	}
	if list == nil {
		list = make([]storage.Exemplar, buckets)
		t.byPair[p] = list
	}
	for i := range recent {
		if last := &list[bucketOf(&recent[i])]; recent[i].Time.After(last.Time) {
			*last = recent[i]
		}
	}
	return append(dst, list...)
}

// aheadMost is how far an exemplar may lie in the future. A program that records
// with POST / may have a clock that is hours ahead, and nothing older would be
// told before that time had come.
const aheadMost = time.Minute

// fillExemplars adds the total's exemplars to the native side, oldest first as
// Prometheus wants them, and those of the classic buckets to these.
func (m *maker) fillExemplars(to *dto.Histogram, t *storage.Total, told *told) {
	list := append(m.histogram.sorted[:0], t.Exemplars...)
	m.histogram.sorted = list
	list = slices.DeleteFunc(list, func(e storage.Exemplar) bool { return e.Time.Sub(m.now) > aheadMost })
	slices.SortStableFunc(list, func(a, b storage.Exemplar) int { return a.Time.Compare(b.Time) })
	to.Exemplars = m.histogram.exemplarOf.take(len(list))
	for i := range list {
		to.Exemplars[i] = m.exemplar(&list[i])
	}
	bucketOf := func(e *storage.Exemplar) int {
		value := e.Duration.Seconds()
		return sort.Search(len(to.Bucket)-1, func(i int) bool { return *to.Bucket[i].UpperBound >= value })
	}
	chosen := told.update(m.histogram.chosen[:0], pair{t.Service, t.Action}, len(to.Bucket), list, bucketOf)
	m.histogram.chosen = chosen
	for i := range chosen {
		switch at := slices.Index(list, chosen[i]); {
		case at >= 0:
			to.Bucket[i].Exemplar = to.Exemplars[at]
		case !chosen[i].Time.IsZero():
			to.Bucket[i].Exemplar = m.exemplar(&chosen[i])
		}
	}
}

func (m *maker) exemplar(from *storage.Exemplar) *dto.Exemplar {
	e := m.histogram.exemplars.one()
	e.Value = m.float(from.Duration.Seconds())
	e.Timestamp = m.histogram.times.one()
	e.Timestamp.Seconds, e.Timestamp.Nanos = from.Time.Unix(), int32(from.Time.Nanosecond())
	e.Label = m.labelList.take(2)[:0]
	if !from.SpanID.IsZero() {
		e.Label = append(e.Label, m.label(spanID, from.SpanID.String()))
	}
	e.Label = append(e.Label, m.label(traceID, from.TraceID.String()))
	return e
}
