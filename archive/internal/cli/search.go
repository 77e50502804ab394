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
	cmd.Flags().BoolVar(&all, "all", false, "all that match, however many")
	format := addFormat(cmd)
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		x, err := s.ask(q, *format, paths)
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

// pages ranges over the first most actions of a query, or all, in its order.
// An error is the last. If it is to tell, people learn afterwards how to go on
// where there are more.
func (s *session) pages(ctx context.Context, a *archive.Archive, q storage.Query, most int, tell bool) iter.Seq2[*storage.Action, error] {
	if most == storage.NoLimit && q.Sort == storage.OldestFirst && q.Cursor == "" {
		return s.inOrder(ctx, a, q)
	}
	return func(yield func(*storage.Action, error) bool) {
		for left := most; ; {
			q.Limit = storage.MaxLimit
			if left >= 0 {
				q.Limit = min(left, storage.MaxLimit)
			}
			if s.fromIn && (left < 0 || left > storage.MaxLimit) {
				q.Limit = storage.NoLimit // it cannot be asked again
			}
			page, err := a.Search(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			if left >= 0 {
				page.Actions = page.Actions[:min(left, len(page.Actions))]
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

const countEvery = 1024 // actions between two looks at the clock

// inOrder ranges over all actions of a query, oldest first. Damage is told and
// passed over.
func (s *session) inOrder(ctx context.Context, a *archive.Archive, q storage.Query) iter.Seq2[*storage.Action, error] {
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
