package archive

import (
	"container/heap"
	"slices"

	"actionlog/storage"
)

// run is some actions in order, never none.
type run []storage.Action

func (r run) head() *storage.Action { return &r[0] }

// runHeap has the run whose head comes first on top.
type runHeap []run

func (h runHeap) Len() int      { return len(h) }
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h runHeap) Less(i, j int) bool {
	x, y := h[i].head(), h[j].head()
	if c := x.Time.Compare(y.Time); c != 0 {
		return c < 0
	}
	return x.ID < y.ID
}
func (h *runHeap) Push(x any) { *h = append(*h, x.(run)) }
func (h *runHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}

// restHeap has the span on top that is to be read first.
type restHeap []mergeSpan

func (h restHeap) Len() int           { return len(h) }
func (h restHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h restHeap) Less(i, j int) bool { return h[i].from < h[j].from }
func (h *restHeap) Push(x any)        { *h = append(*h, x.(mergeSpan)) }
func (h *restHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

const (
	// fewActions are kept in memory however far apart they are.
	fewActions = 64

	// wideGap is what part of a span's time must be without a match for the
	// span to be read once more behind it. It bounds how often that is.
	wideGap = 8
)

// split keeps the matches of a span up to the widest gap in its time, if other
// spans are to be read within that gap; it will be read again for the rest when
// that is due. So an action that is much older or newer than its neighbours does
// not keep them in memory.
func (r *merge) split(s mergeSpan, found run) run {
	if s.stream > 0 || len(found) <= fewActions {
		return found
	}
	at, widest := 0, uint64(0)
	for i := range found[1:] {
		before, after := found[i].Time.UnixNano(), found[i+1].Time.UnixNano()
		if after < before {
			return found // beyond what nanoseconds can tell
		}
		if gap := uint64(after) - uint64(before); gap > widest {
			at, widest = i+1, gap
		}
	}
	first, last := found[0].Time.UnixNano(), found[len(found)-1].Time.UnixNano()
	if at == 0 || widest < (uint64(last)-uint64(first))/wideGap {
		return found
	}
	s.from, s.again = found[at].Time.UnixNano(), true
	if next := r.earliest(); next == nil || next.from >= s.from {
		return found
	}
	heap.Push(&r.rest, s)
	return slices.Clone(found[:at])
}

// earliest returns the span that is to be read next, or nil if none is left.
func (r *merge) earliest() *mergeSpan {
	switch {
	case len(r.rest) > 0 && (len(r.spans) == 0 || r.rest[0].from < r.spans[0].from):
		return &r.rest[0]
	case len(r.spans) > 0:
		return &r.spans[0]
	}
	return nil
}

// take takes the span off that is to be read next.
func (r *merge) take() mergeSpan {
	if s := r.earliest(); len(r.rest) > 0 && s == &r.rest[0] {
		return heap.Pop(&r.rest).(mergeSpan)
	}
	s := r.spans[0]
	r.spans = r.spans[1:]
	return s
}
