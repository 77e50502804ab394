package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"actionlog/storage"

	"github.com/spf13/cobra"
)

const defaultTail = 10 // actions that tail begins with

// tail is the flags of the command tail.
type tail struct {
	s      *session
	q      storage.Query
	n      int
	follow bool
	w      actionWriter
	any    bool
}

func (s *session) tailCommand() *cobra.Command {
	t := &tail{s: s}
	cmd := &cobra.Command{
		Use:   "tail [flags] [FOLDER | FILE… | URL]",
		Short: "List the newest actions, and follow what comes",
		Long: `List the newest actions that match, oldest of them first, and with -f go on with
those that come, from one day's file into the next, until Ctrl-C. The URL of a
running service is asked each second, with the variable ACTIONLOG_TOKEN as the
bearer token if it is set.`,
		Example: example(
			"actionlog tail -f --status failed",
			"actionlog tail -n 50 --service CaseService actions/",
			"actionlog tail -f http://localhost:8000",
		),
	}
	q := s.addQuery(cmd, true)
	cmd.Flags().IntVarP(&t.n, "lines", "n", defaultTail, "how `many` to begin with, 0 to 1000")
	cmd.Flags().BoolVarP(&t.follow, "follow", "f", false, "go on with what comes")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		x, err := s.prepare(q, *format)
		if err != nil {
			return err
		}
		if t.n < 0 || t.n > storage.MaxLimit {
			return &flagError{"lines", fmt.Sprint(t.n), "0 to 1000"}
		}
		t.q, t.w = x.q, newActionWriter(s.out, x.form, s.view(x.loc))
		if len(args) == 1 && isURL(args[0]) {
			return t.service(cmd.Context(), args[0])
		}
		if len(args) == 1 && isDatabase(args[0]) {
			return t.database(cmd.Context(), args[0])
		}
		return t.archive(cmd.Context(), args)
	}
	return cmd
}

// show writes actions and has them seen at once.
func (t *tail) show(list []storage.Action) error {
	for i := range list {
		t.any = true
		if err := t.w.write(&list[i]); err != nil {
			return err
		}
	}
	return errors.Join(t.w.flush(), t.s.out.Flush())
}

// end returns how the command ends where nothing went wrong. Ctrl-C is the
// ordinary end of following.
func (t *tail) end(ctx context.Context, err error) error {
	if t.follow && ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
		err = nil
		if t.any {
			return errEnded
		}
	}
	if err != nil {
		return err
	}
	return found(t.any)
}

// service shows what a running service has recorded.
func (t *tail) service(ctx context.Context, url string) error {
	v, err := newService(url, t.s.env.Getenv("ACTIONLOG_TOKEN"))
	if err != nil {
		return err
	}
	return t.run(ctx, &poller{pages: v.page, q: t.q, once: !t.follow})
}

// database shows what a database has.
func (t *tail) database(ctx context.Context, dsn string) error {
	db, err := t.s.openDatabase(ctx, dsn)
	if err != nil {
		return err
	}
	return t.run(ctx, &poller{pages: db.Search, q: t.q, once: !t.follow})
}

func (t *tail) run(ctx context.Context, p *poller) error {
	list, err := p.last(ctx, t.n)
	if err == nil {
		err = t.show(list)
	}
	if err == nil && t.follow {
		err = t.poll(ctx, p)
	}
	return t.end(ctx, err)
}

// poll goes on until ctx is done. What does not answer is asked again.
func (t *tail) poll(ctx context.Context, p *poller) error {
	lost := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
		list, missed, err := p.next(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !lost:
			t.s.warn(fmt.Errorf("%w; trying again", err))
		case err == nil && missed:
			t.s.note("some actions were missed: they came faster than they could be read, or the service began anew")
		}
		if lost = err != nil; lost {
			continue
		}
		if err := t.show(list); err != nil {
			return err
		}
	}
}

// archive shows what the files have.
func (t *tail) archive(ctx context.Context, paths []string) error {
	a, err := t.s.open(paths)
	if err != nil {
		return err
	}
	if !t.follow {
		return t.run(ctx, &poller{pages: a.Search, q: t.q, once: true})
	}
	coming := a.Tail(ctx, t.q) // from now on, so that nothing is between it and what is there
	shown := map[storage.ID]bool{}
	if t.n > 0 && !t.s.fromIn {
		q := t.q
		q.Sort, q.Limit = storage.NewestFirst, t.n
		page, err := a.Search(ctx, q)
		if err != nil {
			return t.end(ctx, err)
		}
		slices.Reverse(page.Actions)
		for _, a := range page.Actions {
			shown[a.ID] = true
		}
		if err := t.show(page.Actions); err != nil {
			return err
		}
	}
	for act, err := range coming {
		switch {
		case err != nil && damaged(err):
			t.s.problem(err)
			continue
		case err != nil:
			return t.end(ctx, err)
		case shown[act.ID]:
			delete(shown, act.ID)
			continue
		}
		if err := t.show([]storage.Action{act}); err != nil {
			return err
		}
	}
	return t.end(ctx, nil)
}
