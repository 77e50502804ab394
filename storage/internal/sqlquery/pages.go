package sqlquery

import (
	"context"
	"iter"

	"actionlog/storage"
)

// Pages ranges over the actions that match q, oldest first and then by id, as a
// store's Actions does: page by page of its search, so that it holds up nobody who
// writes. The query's Sort and Cursor are ignored, and a Limit of zero is none; any
// other ends the range after so many actions. An error comes with the zero Action
// and is the last.
func Pages(ctx context.Context, q storage.Query, search func(context.Context, storage.Query) (storage.Page, error)) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) {
		q, left := q, q.Limit
		q.Sort, q.Cursor, q.Limit = storage.OldestFirst, "", storage.MaxLimit
		for {
			page, err := search(ctx, q)
			if err != nil {
				yield(storage.Action{}, err)
				return
			}
			for i := range page.Actions {
				if err := ctx.Err(); err != nil {
					yield(storage.Action{}, err)
					return
				}
				if !yield(page.Actions[i], nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}
