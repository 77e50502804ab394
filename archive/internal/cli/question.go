package cli

import (
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
	a    *archive.Archive
}

// ask reads the flags of a query and of a format, and opens the archive. All
// that is wrong with the flags is told before anything is opened.
func (s *session) ask(q *query, format string, paths []string) (x question, err error) {
	if x.q, x.loc, err = q.read(s.env.Now()); err != nil {
		return x, err
	}
	if x.form, err = s.form(format); err != nil {
		return x, err
	}
	x.a, err = s.open(paths)
	return x, err
}
