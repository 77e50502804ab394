package archive

import (
	"context"
	"sync"

	"actionlog/storage"
)

// Search returns one page of the actions that match q, in q's order, over all
// files. What is damaged is passed over, and told to OnProblem where it was
// looked at, which what cannot match need not be. Any other
// failure to read a file is an error: a page that may lack actions is not given
// out as whole. The error wraps ctx.Err() or is a [*storage.ParamError] where
// those are the cause.
func (a *Archive) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	m, err := q.Compile()
	if err != nil {
		return storage.Page{}, err
	}
	p := pager{m: m, c: storage.NewCollector(m)}
	s := newScan(a, m)
	p.all = s.of()
	s.of, s.found = p.of, p.found
	if err := s.run(ctx); err != nil {
		return storage.Page{}, err
	}
	return p.c.Page(""), nil
}

// pager collects a page from several goroutines.
type pager struct {
	m   *storage.Matcher
	all extent // what the query asks for

	mu sync.Mutex
	c  *storage.Collector
}

func (p *pager) found(_ int, actions []storage.Action) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range actions {
		p.c.Offer(&actions[i])
	}
}

// of returns what can still come onto the page. A tie is left to the ids.
func (p *pager) of() extent {
	low, high := p.m.Keys()
	sort := p.m.Query().Sort
	p.mu.Lock()
	if p.c.Full() {
		worst := p.c.Worst()
		key := worst.Time.UnixNano()
		if sort.ByDuration() {
			key = int64(worst.Duration)
		}
		if sort.Descending() {
			low = max(low, key)
		} else {
			high = min(high, key)
		}
	}
	p.mu.Unlock()
	e := p.all
	keys := &e.times
	if sort.ByDuration() {
		keys = &e.durations
	}
	keys.min, keys.max = max(keys.min, low), min(keys.max, high)
	return e
}

// Stats counts what q matches, over all files, as a ring counts its window;
// Lifetime is the same counts, and Capacity is 0. What is damaged is treated
// as Search treats it.
func (a *Archive) Stats(ctx context.Context, q storage.Query) (storage.Stats, error) {
	sums, err := a.Sums(ctx, q)
	if err != nil {
		return storage.Stats{}, err
	}
	var st storage.Stats
	sums.Fill(&st)
	st.Lifetime = storage.Counts{Total: st.Total, Failed: st.Failed}
	return st, nil
}

// Sums counts what q matches as Stats does, and keeps the histograms of the
// durations, for what a quantile alone does not tell.
func (a *Archive) Sums(ctx context.Context, q storage.Query) (*storage.Summer, error) {
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	sums := perWorker(storage.NewSummer)
	s := newScan(a, m)
	s.found = func(worker int, actions []storage.Action) {
		for i := range actions {
			sums[worker].Add(&actions[i])
		}
	}
	whole := storage.NewSummer()
	if q.Status == "" && rollable(&q) {
		s.rolled = func(x *index, of extent) (timeRange, error) {
			return x.roll(&q, of, false, func(_ int64, p pair, r *roll) {
				whole.Merge(p.service, p.action, r.counts, &r.durations, r.longest)
			})
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	sums[0].Join(whole)
	for _, other := range sums[1:] {
		sums[0].Join(other)
	}
	return sums[0], nil
}

func (a *Archive) problem(err error) {
	if a.OnProblem != nil {
		a.OnProblem(err)
	}
}
