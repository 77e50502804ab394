package ring

import (
	"context"

	"actionlog/storage"
)

// Search returns one page. It sees the window as it was when the first page
// was made, as far as the ring still reaches, and what is kept beyond it. So
// pages of the window stay as they were until more newer actions have arrived
// than the ring has room for beside the window; what is kept may go between
// two pages.
func (r *Ring) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	if r.closed.Load() {
		return storage.Page{}, storage.ErrClosed
	}
	m, err := q.Compile()
	if err != nil {
		return storage.Page{}, err
	}
	for tries := 1; ; tries++ {
		v, err := r.view(m)
		if err != nil {
			return storage.Page{}, err
		}
		s := search{view: v, f: r.newFilter(m), c: storage.NewCollector(m), order: m.Query().Sort, rd: reader{r: r}}
		if err := s.run(ctx); err != nil {
			return storage.Page{}, err
		}
		if tries == mostTries || m.Upper() != "" || !r.overtook(v) {
			return s.c.Page(r.idOf(v.high)), nil
		}
	}
}

// mostTries is how often a search begins anew because a flood overtook it.
const mostTries = 4

// overtook reports whether writers went once around the ring while the view
// was read, so that parts of it may have been missing.
func (r *Ring) overtook(v view) bool {
	return r.head.Load()-v.low > uint64(len(r.slots))
}

// idOf returns the id of action n, or "" for none.
func (r *Ring) idOf(n uint64) storage.ID {
	if n == 0 {
		return ""
	}
	return storage.ID(r.appendID(nil, n))
}

// view is what one read sees of the window: the actions low+1 to high. What is
// kept lies before.
type view struct {
	low, high uint64
	counted   uint64  // up to where zones hold
	zones     []int64 // see derived.zonesBelow; of the window's zones
}

// view counts what is new and takes the view that m asks for.
func (r *Ring) view(m *storage.Matcher) (view, error) {
	d := &r.counts
	d.mu.Lock()
	defer d.mu.Unlock()
	r.catchUp()
	head := r.head.Load() // a flood may be ahead of the counting again
	high := head
	if upper := m.Upper(); upper != "" {
		n, ok := r.number(upper)
		if !ok || n > head {
			return view{}, &storage.ParamError{Param: "cursor", Value: m.Query().Cursor, Allowed: "the next of a page of this same query, made since the process began"}
		}
		high = n
	}
	v := view{high: high, low: d.line, counted: d.done.Load()}
	if w := uint64(r.opts.Window); high > w {
		v.low = max(v.low, high-w)
	}
	if reach := uint64(len(r.slots)); head > reach {
		v.low = max(v.low, head-reach)
	}
	v.low = min(v.low, high)
	v.zones = d.zonesBelow(v.low, min(high, v.counted))
	return v, nil
}

// search collects the actions of a view, and the kept ones.
type search struct {
	view
	f     filter
	c     *storage.Collector
	order storage.Sort
	rd    reader
	rec   record
	a     storage.Action
}

// run offers the window's actions, and then what is kept.
func (s *search) run(ctx context.Context) error {
	var err error
	switch n, ok := s.rd.r.number(s.f.id); {
	case ok && s.low < n && n <= s.high:
		s.offer(n)
	case ok:
	case s.order == storage.OldestFirst:
		err = s.upwards(ctx)
	default:
		err = s.downwards(ctx)
	}
	for _, k := range s.rd.r.kept(s.low, s.wantsList, s.wants) {
		s.rd.action(k.number, &k.rec, []byte(k.side), &s.a)
		s.c.Offer(&s.a)
	}
	return err
}

func (s *search) upwards(ctx context.Context) error {
	for n := s.low + 1; n <= s.high; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			break
		}
		s.offer(n)
	}
	return ctx.Err()
}

// downwards begins with the newest. Where the newest are wanted it ends as
// soon as none that is older can be better.
func (s *search) downwards(ctx context.Context) error {
	first := (s.low + 1) >> zoneBits
	for n := s.high; n > s.low; n-- {
		if n&(1<<zoneBits-1) == 1<<zoneBits-1 {
			if ctx.Err() != nil {
				break
			}
			if n <= s.counted && !s.wantsList(s.zones[n>>zoneBits-first]) {
				break
			}
		}
		s.offer(n)
	}
	return ctx.Err()
}

// offer offers action n, if it is there and could be taken.
func (s *search) offer(n uint64) {
	r := s.rd.r
	if r.slots[n&r.mask].read(n, &s.rec) != ready || !s.wants(&s.rec) {
		return
	}
	var side []byte
	if s.rec.sideLen != 0 {
		side = r.side.at(s.rec.side, int(s.rec.sideLen))
	}
	s.rd.action(n, &s.rec, side, &s.a)
	s.c.Offer(&s.a)
}

// wantsList reports whether there could be a better one among actions of which
// none is later than latest and that all lie before those offered so far.
func (s *search) wantsList(latest int64) bool {
	newestFirst := s.order == "" || s.order == storage.NewestFirst
	return !newestFirst || !s.c.Full() || latest > s.c.Worst().Time.UnixNano()
}

// wants reports whether an action passes the filter and could still displace
// one that was collected, by its key alone.
func (s *search) wants(rec *record) bool {
	if !s.f.wants(rec) {
		return false
	}
	if !s.c.Full() {
		return true
	}
	worst := s.c.Worst()
	switch s.order {
	case storage.SlowestFirst:
		return rec.duration >= int64(worst.Duration)
	case storage.FastestFirst:
		return rec.duration <= int64(worst.Duration)
	case storage.OldestFirst:
		return rec.time <= worst.Time.UnixNano()
	}
	return rec.time >= worst.Time.UnixNano()
}
