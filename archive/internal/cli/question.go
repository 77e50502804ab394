package cli

import (
	"context"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// question is what most commands begin with: what is asked, of which archive,
// and how the answer is to look.
type question struct {
	q    storage.Query
	loc  *time.Location
	form string
	a    source
}

// ask reads the flags of a query and of a format, and opens the archive. All
// that is wrong with the flags is told before anything is opened.
func (s *session) ask(ctx context.Context, q *query, format string, paths []string) (x question, err error) {
	if x, err = s.prepare(q, format); err != nil {
		return x, err
	}
	x.a, err = s.openSource(ctx, paths)
	return x, err
}

// prepare is ask without an archive.
func (s *session) prepare(q *query, format string) (x question, err error) {
	if x.q, x.loc, err = q.read(s.env.Now()); err != nil {
		return x, err
	}
	x.form, err = s.form(format)
	return x, err
}

// askAll is ask without a query, for what looks at the whole archive.
func (s *session) askAll(format string, paths []string) (x question, a *archive.Archive, err error) {
	x.loc = time.UTC
	if x.form, err = s.form(format); err != nil {
		return x, nil, err
	}
	a, err = s.open(paths)
	return x, a, err
}
