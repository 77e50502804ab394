package ring

import (
	"context"
	"time"

	"actionlog/storage"
)

// Stats returns the counts of the window. With a query, those of the window's
// actions that match it; lifetime and sinks are of all.
func (r *Ring) Stats(ctx context.Context, q storage.Query) (storage.Stats, error) {
	if r.closed.Load() {
		return storage.Stats{}, storage.ErrClosed
	}
	q.Cursor, q.Sort, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return storage.Stats{}, err
	}
	st := storage.Stats{Capacity: r.opts.Window, Sinks: r.sinkStats()}
	if len(q.Values()) == 0 {
		r.countedStats(&st)
		return st, ctx.Err()
	}
	return st, r.matchedStats(ctx, m, &st)
}

// countedStats fills st from what was counted.
func (r *Ring) countedStats(st *storage.Stats) {
	d := &r.counts
	d.mu.Lock()
	defer d.mu.Unlock()
	r.catchUp()
	sums := d.window.sum(d.low, d.done.Load())
	sum := storage.NewSummer()
	for _, nm := range *r.names.all.Load() {
		if int(nm.pair) >= len(sums) || sums[nm.pair].counts.Total == 0 {
			continue
		}
		p := &sums[nm.pair]
		sum.Merge(nm.service, nm.action, p.counts, &p.durations, p.longest)
		p.counts = storage.Counts{} // several handles are of this service and action
	}
	sum.Fill(st)
	r.lifetime(st)
}

// lifetime fills in what was counted since the line.
func (r *Ring) lifetime(st *storage.Stats) {
	d := &r.counts
	st.Since = d.since.UTC().Truncate(time.Millisecond)
	st.Lifetime = d.life
}

// matchedStats fills st from the window's actions that match.
func (r *Ring) matchedStats(ctx context.Context, m *storage.Matcher, st *storage.Stats) error {
	v, err := r.view(m)
	if err != nil {
		return err
	}
	f := r.newFilter(m)
	sum := storage.NewSummer()
	rd := reader{r: r}
	var rec record
	var a storage.Action
	for n := v.low + 1; n <= v.high; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.slots[n&r.mask].read(n, &rec) != ready || !f.wants(&rec) {
			continue
		}
		rd.action(n, &rec, r.side.at(rec.side, int(rec.sideLen)), &a)
		if m.Match(&a) {
			sum.Add(&a)
		}
	}
	sum.Fill(st)
	r.counts.mu.Lock()
	r.lifetime(st)
	r.counts.mu.Unlock()
	return ctx.Err()
}
