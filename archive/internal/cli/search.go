package cli

import (
	"context"
	"errors"
	"iter"
	"time"

	"actionlog/archive"
	"actionlog/storage"

	"github.com/spf13/cobra"
)

func (s *session) searchCommand() *cobra.Command {
	var most limit
	var all bool
	cmd := &cobra.Command{
		Use:   "search [flags] [FOLDER | FILE…]",
		Short: "List the actions that match, newest first",
		Example: example(
			"actionlog search --status failed --from 1h",
			"actionlog search --service CaseService --min-duration 1s --sort -duration actions/",
			"actionlog search -q timeout --all actions/ | jq -r .error",
		),
	}
	q := s.addQuery(cmd, true)
	q.addOrder(cmd)
	cmd.Flags().Var(&most, "limit", "how many at most; 100 unless given")
	cmd.Flags().BoolVar(&all, "all", false, "all that match, however many; they are sorted in a temporary file")
	format := addFormat(cmd)
	cmd.PreRunE = exclusive("limit", "all")
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		x, err := s.ask(cmd.Context(), q, *format, paths)
		if err != nil {
			return err
		}
		left := int(most)
		if left == 0 {
			left = storage.DefaultLimit
		}
		if all {
			left = storage.NoLimit
		}
		return s.list(s.pages(cmd.Context(), x.a, x.q, left, true), x.form, x.loc)
	}
	return cmd
}

// list writes actions to standard output.
func (s *session) list(actions iter.Seq2[*storage.Action, error], form string, loc *time.Location) error {
	w := newActionWriter(s.out, form, s.view(loc))
	any := false
	for a, err := range actions {
		if err == nil {
			any = true
			err = w.write(a)
		}
		if err != nil {
			w.flush()
			return err
		}
	}
	if any || form == "csv" {
		if err := errors.Join(w.flush(), s.out.Flush()); err != nil {
			return err
		}
	}
	if s.next != "" {
		s.note("more match: use --limit, --all, or --cursor %s", s.next)
	}
	return found(any)
}

// mostAsked is how many pages are asked for one by one: each costs a look at all
// files, and those by duration may cost a pass over them.
const mostAsked = 16

// pages ranges over the first most actions of a query, or all, in its order.
// An error is the last. If it is to tell, people learn afterwards how to go on
// where there are more.
func (s *session) pages(ctx context.Context, a source, q storage.Query, most int, tell bool) iter.Seq2[*storage.Action, error] {
	if most == storage.NoLimit && q.Sort == storage.OldestFirst && q.Cursor == "" {
		return s.ordered(ctx, a, q)
	}
	return func(yield func(*storage.Action, error) bool) {
		left := most
		many := func() bool { return left < 0 || left > mostAsked*storage.MaxLimit }
		for first := true; ; first = false {
			if many() && !first || s.fromIn && (many() || left > storage.MaxLimit) {
				s.rest(ctx, a, q, left, yield)
				return
			}
			q.Limit = storage.MaxLimit
			if left >= 0 {
				q.Limit = min(left, storage.MaxLimit)
			}
			page, err := a.Search(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Actions {
				if !yield(&page.Actions[i], nil) {
					return
				}
			}
			q.Cursor = page.Next
			if left >= 0 {
				left -= len(page.Actions)
			}
			if page.Next == "" {
				return
			}
			if left == 0 && tell {
				s.next = page.Next
			}
			if left == 0 {
				return
			}
		}
	}
}

// rest gives out what follows the query's cursor, at most so many unless left
// is negative, in one pass over the files.
func (s *session) rest(ctx context.Context, a source, q storage.Query, left int, yield func(*storage.Action, error) bool) {
	q.Limit = storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		yield(nil, err)
		return
	}
	sorted := newSorter(m, mostOfRun)
	defer sorted.close()
	for act, err := range s.inOrder(ctx, a, q) {
		if err == nil {
			err = sorted.add(act)
		}
		if err != nil {
			yield(nil, err)
			return
		}
	}
	for act, err := range sorted.all() {
		if err == nil && left == 0 {
			return
		}
		if err == nil {
			err = ctx.Err()
		}
		if left--; !yield(act, err) || err != nil {
			return
		}
	}
}

// ordered ranges over all actions of a query, oldest first, also where they
// can only be read as they come.
func (s *session) ordered(ctx context.Context, a source, q storage.Query) iter.Seq2[*storage.Action, error] {
	if !s.fromIn {
		return s.inOrder(ctx, a, q)
	}
	q.Sort, q.Cursor = storage.OldestFirst, ""
	return func(yield func(*storage.Action, error) bool) { s.rest(ctx, a, q, storage.NoLimit, yield) }
}

const countEvery = 1024 // actions between two looks at the clock

// inOrder ranges over all actions of a query, oldest first, but those of
// standard input as they come. Damage is told and passed over.
func (s *session) inOrder(ctx context.Context, a source, q storage.Query) iter.Seq2[*storage.Action, error] {
	return func(yield func(*storage.Action, error) bool) {
		n := int64(0)
		for act, err := range a.Actions(ctx, q) {
			if n%countEvery == 0 {
				s.progress.count(n)
			}
			n++
			if err != nil && damaged(err) {
				s.problem(err)
				continue
			}
			if !yield(&act, err) || err != nil {
				return
			}
		}
	}
}

// damaged reports whether an error is of a line or a stretch alone.
func damaged(err error) bool {
	var syntax *archive.SyntaxError
	var corrupt *archive.CorruptError
	return errors.As(err, &syntax) || errors.As(err, &corrupt)
}
