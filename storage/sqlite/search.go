package sqlite

import (
	"context"
	"database/sql/driver"
	"iter"
	"strconv"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// Search returns one page. Its cursor also says which row was the newest, so
// that rows that arrive later don't move pages, whatever their times are.
func (s *Store) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	m, err := q.Compile()
	if err != nil {
		return storage.Page{}, err
	}
	var page storage.Page
	err = s.question(ctx, func(l link) error {
		page, err = search(ctx, l, m)
		return err
	})
	return page, err
}

func search(ctx context.Context, l link, m *storage.Matcher) (storage.Page, error) {
	p, err := l.plan(ctx, m)
	if err != nil {
		return storage.Page{}, err
	}
	c := storage.NewCollector(m)
	newest, before := int64(-1), int64(0)
	var a storage.Action
	err = l.query(ctx, func(row []driver.Value) error {
		if newest < 0 {
			newest, _ = row[readCount].(int64)
		}
		at, _ := row[readTime].(int64)
		if at /= int64(time.Millisecond); p.ends && c.Full() && at != before {
			return errEnough // the worst that is wanted ended in the millisecond before
		}
		before = at
		err := l.readRow(ctx, row, &a)
		if err == nil {
			c.Offer(&a)
		}
		return err
	}, "SELECT "+readColumns+", (SELECT seq FROM sqlite_sequence WHERE name = 'action_logs')"+p.from+p.order, p.args...)
	if err != nil {
		return storage.Page{}, err
	}
	return c.Page(storage.ID(upperMark + strconv.FormatInt(newest, 10))), nil
}

// Actions ranges over the actions that match q, oldest first and then by id.
// The query's Sort and Cursor are ignored, and a Limit of zero is none; any
// other ends the range after so many actions. It reads page by page, so that it
// holds up nobody who writes; what is written meanwhile is not among them. An
// error comes with the zero Action and is the last.
func (s *Store) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return sqlquery.Pages(ctx, q, s.Search)
}

// Errors returns the failures that q matches, grouped by the template of their
// errors, the greatest group first. Of q's order, limit and cursor only the
// limit counts: so many groups, and zero is all.
func (s *Store) Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	limit, none := q.Limit, q.Status == storage.Success
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	if q.Status == "" {
		q.Status = storage.Failed
	}
	m, err := q.Compile()
	if err != nil || none {
		return []storage.ErrorGroup{}, err
	}
	sum := storage.NewErrorSummer()
	err = s.question(ctx, func(l link) error {
		p, err := l.plan(ctx, m)
		if err != nil {
			return err
		}
		return l.query(ctx, func(row []driver.Value) error {
			var a storage.Action
			err := l.readRow(ctx, row, &a)
			sum.Add(&a)
			return err
		}, "SELECT "+readColumns+p.from, p.args...)
	})
	if err != nil {
		return nil, err
	}
	groups := sum.Groups()
	if limit > 0 {
		groups = groups[:min(limit, len(groups))]
	}
	return groups, nil
}
