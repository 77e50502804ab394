package archive

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"actionlog/storage"
)

// Search returns one page of the actions that match q, in q's order, over all
// files. What is damaged is passed over, and told to OnProblem. Any other
// failure to read a file is an error: a page that may lack actions is not given
// out as whole. The error wraps ctx.Err() or is a [*storage.ParamError] where
// those are the cause.
func (a *Archive) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	m, err := q.Compile()
	if err != nil {
		return storage.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return storage.Page{}, err
	}
	c := storage.NewCollector(m)
	from, to := m.Bounds()
	s := scan{
		ctx: ctx, problem: a.problem,
		newestFirst: q.Sort.Descending() && !q.Sort.ByDuration(),
		visit:       c.Offer,
	}
	s.wants = func(times timeRange) bool {
		if c.Full() && !q.Sort.ByDuration() {
			// A tie is left to the ids.
			worst := c.Worst().Time.UnixNano()
			if q.Sort.Descending() && times.max < worst || !q.Sort.Descending() && times.min > worst {
				return false
			}
		}
		return times.overlaps(from, to)
	}
	if err := s.run(a); err != nil {
		return storage.Page{}, err
	}
	return c.Page(""), nil
}

// Stats counts what q matches, over all files, as a ring counts its window;
// Lifetime is the same counts, and Capacity is 0. What is damaged is treated
// as Search treats it.
func (a *Archive) Stats(ctx context.Context, q storage.Query) (storage.Stats, error) {
	q.Sort, q.Cursor, q.Limit = "", "", storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		return storage.Stats{}, err
	}
	sum := storage.NewSummer()
	from, to := m.Bounds()
	s := scan{
		ctx: ctx, problem: a.problem,
		wants: func(times timeRange) bool { return times.overlaps(from, to) },
		visit: func(act *storage.Action) {
			if m.Match(act) {
				sum.Add(act)
			}
		},
	}
	if err := s.run(a); err != nil {
		return storage.Stats{}, err
	}
	var st storage.Stats
	sum.Fill(&st)
	st.Lifetime = storage.Counts{Total: st.Total, Failed: st.Failed}
	return st, nil
}

func (a *Archive) problem(err error) {
	if a.OnProblem != nil {
		a.OnProblem(err)
	}
}

// scan visits the actions of an archive in any order, once.
type scan struct {
	ctx         context.Context
	newestFirst bool                 // which end of the archive to begin at
	wants       func(timeRange) bool // whether lines of those times could be of interest
	visit       func(*storage.Action)
	problem     func(error)

	u unpacker
}

func (s *scan) run(a *Archive) error {
	sources, err := a.sources()
	if err != nil {
		return err
	}
	if s.newestFirst {
		slices.Reverse(sources)
	}
	for i := range sources {
		t, err := openText(s.ctx, &sources[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = s.text(t)
			t.close()
		}
		if err = s.pass(err); err != nil {
			return err
		}
	}
	return s.ctx.Err()
}

// pass returns the errors that end a scan, and tells the others.
func (s *scan) pass(err error) error {
	var corrupt *CorruptError
	var syntax *SyntaxError
	if errors.As(err, &corrupt) || errors.As(err, &syntax) {
		s.problem(err)
		return nil
	}
	return err
}

func (s *scan) text(t *text) error {
	if s.newestFirst && t.gzip {
		return s.backwards(t)
	}
	for sp, err := range t.spans() {
		if err == nil {
			err = s.span(t, &sp)
		}
		if err = s.pass(err); err != nil {
			return err
		}
	}
	return nil
}

// backwards visits the members of a sealed file from the last to the first, so
// that older ones need not be unpacked once a page is full of newer actions.
func (s *scan) backwards(t *text) error {
	var later []span
	for sp, err := range t.spans() {
		if err == nil && sp.text == nil {
			later = append(later, sp)
			continue
		}
		if err == nil {
			err = s.span(t, &sp)
		}
		if err = s.pass(err); err != nil {
			return err
		}
	}
	for i := len(later) - 1; i >= 0; i-- {
		if err := s.pass(s.span(t, &later[i])); err != nil {
			return err
		}
	}
	return nil
}

// span visits the actions of a span.
func (s *scan) span(t *text, sp *span) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if !s.wants(sp.times) {
		return nil
	}
	lines, err := t.load(&s.u, sp)
	if err != nil {
		return err
	}
	t.decodeSpan(sp, lines,
		func(ns int64) bool { return s.wants(timeRange{ns, ns}) },
		func(a *storage.Action) bool { s.visit(a); return true },
		func(err error) bool { s.problem(err); return true })
	return nil
}
