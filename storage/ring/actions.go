package ring

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"actionlog/storage"
)

// Actions ranges over the actions of window and keeps that match q, oldest
// first and then by id. The query's Sort and Cursor are ignored, and a Limit of
// zero is none; any other ends the range after so many actions. What it ranges
// over is what the ring held when it began; of that it holds a copy, some 200
// bytes an action and its longer texts. An error of q, of ctx, or
// [storage.ErrClosed] comes with the zero Action and is the last.
func (r *Ring) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) {
		left := q.Limit
		q.Sort, q.Cursor, q.Limit = storage.OldestFirst, "", storage.NoLimit
		m, list, err := r.matching(ctx, q)
		if err != nil {
			yield(storage.Action{}, err)
			return
		}
		slices.SortFunc(list, func(x, y kept) int { return cmp.Or(cmp.Compare(x.rec.time, y.rec.time), byNumber(x, y)) })
		rd := reader{r: r}
		for i := range list {
			if err := ctx.Err(); err != nil {
				yield(storage.Action{}, err)
				return
			}
			var a storage.Action
			if rd.action(list[i].number, &list[i].rec, []byte(list[i].side), &a); !m.Match(&a) {
				continue
			}
			if !yield(a, nil) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// matching compiles q and gathers what may match it.
func (r *Ring) matching(ctx context.Context, q storage.Query) (*storage.Matcher, []kept, error) {
	if r.closed.Load() {
		return nil, nil, storage.ErrClosed
	}
	m, err := q.Compile()
	if err != nil {
		return nil, nil, err
	}
	f := r.newFilter(m)
	list, err := r.gather(ctx, m, f.wants)
	return m, list, err
}
