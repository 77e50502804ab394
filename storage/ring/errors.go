package ring

import (
	"context"

	"actionlog/storage"
)

// Errors returns the failures of window and keeps that q matches, grouped by
// the template of their errors, the greatest group first. Of q's order, limit
// and cursor only the limit counts: so many groups, and zero is all.
func (r *Ring) Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	if r.closed.Load() {
		return nil, storage.ErrClosed
	}
	if q.Status == storage.Success {
		return []storage.ErrorGroup{}, nil
	}
	limit := q.Limit
	if q.Status == "" {
		q.Status = storage.Failed
	}
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, list, err := r.matching(ctx, q)
	if err != nil {
		return nil, err
	}
	sum := storage.NewErrorSummer()
	rd := reader{r: r}
	var a storage.Action
	for i := range list {
		if rd.action(list[i].number, &list[i].rec, []byte(list[i].side), &a); m.Match(&a) {
			sum.Add(&a)
		}
	}
	groups := sum.Groups()
	if limit > 0 {
		groups = groups[:min(limit, len(groups))]
	}
	return groups, nil
}
