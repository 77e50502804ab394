package ring

import (
	"context"
	"slices"

	"actionlog/storage"
)

// Slow returns the slowest actions of each service and action that match q,
// at most ten of each, slowest first. Of q's order, limit and cursor only the
// limit counts.
func (r *Ring) Slow(ctx context.Context, q storage.Query) ([]storage.Action, error) {
	if r.closed.Load() {
		return nil, storage.ErrClosed
	}
	q.Cursor, q.Sort = "", storage.SlowestFirst
	m, err := q.Compile()
	if err != nil {
		return nil, err
	}
	v, err := r.view(m)
	if err != nil {
		return nil, err
	}
	s := slowest{m: m, f: r.newFilter(m), rd: reader{r: r}, byPair: map[int32][]storage.Action{}}
	var rec record
	for n := v.low + 1; n <= v.high; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			break
		}
		if r.slots[n&r.mask].read(n, &rec) == ready {
			s.offer(n, &rec, r.side.at(rec.side, int(rec.sideLen)))
		}
	}
	for _, k := range r.kept(v.low, func(int64) bool { return true }, s.f.wants) {
		s.offer(k.number, &k.rec, []byte(k.side))
	}
	list := []storage.Action{}
	for _, slow := range s.byPair {
		list = append(list, slow...)
	}
	slices.SortFunc(list, func(x, y storage.Action) int { return m.Compare(&x, &y) })
	if limit := m.Limit(); limit != storage.NoLimit {
		list = list[:min(limit, len(list))]
	}
	return list, ctx.Err()
}

// slowest collects the slowest actions of each service and action.
type slowest struct {
	m      *storage.Matcher
	f      filter
	rd     reader
	byPair map[int32][]storage.Action // slowest first
}

func (s *slowest) offer(n uint64, rec *record, side []byte) {
	if !s.f.wants(rec) {
		return
	}
	pair := s.rd.r.names.at(rec.handle).pair
	list := s.byPair[pair]
	if len(list) == keepSlow && int64(list[keepSlow-1].Duration) > rec.duration {
		return
	}
	var a storage.Action
	s.rd.action(n, rec, side, &a)
	if !s.m.Match(&a) {
		return
	}
	i, _ := slices.BinarySearchFunc(list, &a, func(x storage.Action, y *storage.Action) int { return s.m.Compare(&x, y) })
	if i < keepSlow {
		list = slices.Insert(list[:min(len(list), keepSlow-1)], i, a)
	}
	s.byPair[pair] = list
}
