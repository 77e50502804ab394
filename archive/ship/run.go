package ship

import (
	"context"
	"errors"
	"time"

	"actionlog/archive"
)

const (
	// lookEvery is how often the archive is looked at while there is something to
	// deliver.
	lookEvery = time.Second

	// saveEvery is how often the checkpoint learns, while nothing is delivered, of
	// files that are there to be delivered.
	saveEvery = 30 * time.Second
)

// Run delivers what the archive holds, and goes on with what comes, until ctx
// ends, whose error it returns. What the far side does not take is offered again
// for as long as it takes. Any other error is of what somebody has to look at,
// such as [ErrRefusedFull]; Run may then be called again.
func (s *Shipper) Run(ctx context.Context) error { return s.run(ctx, false) }

// CatchUp is Run up to the end of what the archive holds when it is called; then
// it returns nil. A file of the archive that cannot be read is an error, once the
// others have been delivered.
func (s *Shipper) CatchUp(ctx context.Context) error { return s.run(ctx, true) }

func (s *Shipper) run(ctx context.Context, once bool) error {
	if s.running.Swap(true) {
		return errors.New("the shipper is running already")
	}
	defer s.running.Store(false)
	defer s.rewind()
	work, stop := s.graceful(ctx)
	defer stop()

	err := s.look(ctx)
	if once && err != nil {
		return err
	}
	s.feed.Begin()
	for {
		end, err := s.fill(ctx, once)
		if ctxErr := ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		if !s.batch.empty() {
			if err := s.settle(ctx, work, &s.batch); err != nil {
				return err
			}
		}
		if end {
			return err
		}
	}
}

// graceful returns a context that ends a while after ctx.
func (s *Shipper) graceful(ctx context.Context) (work context.Context, stop func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timer *time.Timer
	armed := make(chan struct{})
	disarm := context.AfterFunc(ctx, func() {
		timer = time.AfterFunc(s.opts.Grace, cancel)
		close(armed)
	})
	return work, func() {
		if !disarm() {
			<-armed
			timer.Stop()
		}
		cancel()
	}
}

// rewind forgets what was read and not delivered.
func (s *Shipper) rewind() {
	s.held = nil
	s.batch.reset()
	s.feed.Rewind()
	s.board.begin(time.Time{})
	s.board.set(func(st *Status) { st.RetryAt = time.Time{} })
}

// fill makes the next batch, waiting until there is one. end is whether there is
// no more; err is then what of it could not be read.
func (s *Shipper) fill(ctx context.Context, once bool) (end bool, err error) {
	b := &s.batch
	b.reset()
	var due time.Time // when the batch has lingered long enough
	for n := 1; ; n++ {
		e, ok, err := s.next(ctx)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		switch {
		case ok && !b.fits(&e, &s.opts):
			s.held = &e
			return false, nil
		case ok:
			s.take(&e)
			if b.full(&s.opts) {
				return false, nil
			}
			if n%256 == 0 {
				s.lookIfDue(ctx)
			}
			continue
		case once:
			return true, err
		}
		s.unreadable(err)
		now := time.Now()
		if due.IsZero() && !b.empty() {
			due = now.Add(s.opts.Linger)
		}
		if !due.IsZero() && !now.Before(due) {
			return false, nil
		}
		pause := s.opts.Poll
		if !due.IsZero() {
			pause = min(pause, due.Sub(now))
		}
		if err := sleep(ctx, pause); err != nil {
			return false, err
		}
		if s.look(ctx) == nil {
			s.feed.Begin()
		}
	}
}

// next returns the entry that was held back, or the archive's next.
func (s *Shipper) next(ctx context.Context) (e archive.Entry, ok bool, err error) {
	if s.held != nil {
		e, s.held = *s.held, nil
		return e, true, nil
	}
	return s.feed.Next(ctx)
}

// take adds an entry to the batch.
func (s *Shipper) take(e *archive.Entry) {
	if e.Err != nil {
		s.opts.OnEvent(Event{Kind: Damaged, Count: 1, File: e.Mark.File.String(), Err: e.Err})
	}
	var changed *archive.ChangedError
	if errors.As(e.Err, &changed) && changed.Mark.Known > changed.Mark.Line {
		s.misses(changed.Mark)
	}
	if e.Found() && len(s.batch.actions) == 0 {
		s.board.begin(e.Action.Time)
	}
	s.batch.add(e)
}

// look sees what the archive has, and what it has lost.
func (s *Shipper) look(ctx context.Context) error {
	s.looked = time.Now()
	gone, err := s.feed.Look(ctx)
	for _, m := range gone {
		s.misses(m)
	}
	s.count()
	if err != nil && ctx.Err() == nil {
		s.unreadable(err)
	}
	return err
}

// unreadable notes what of the archive cannot be read, which may be nothing, and
// tells it once.
func (s *Shipper) unreadable(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case text == s.unread:
	case err != nil:
		s.fails(err, s.opts.Poll)
	default:
		s.board.set(func(st *Status) { st.LastError = nil })
	}
	s.unread = text
}

// misses counts the lines behind a mark that are gone.
func (s *Shipper) misses(m archive.Mark) {
	s.gone = true
	s.counts.Missed += m.Known - m.Line
	s.opts.OnEvent(Event{Kind: Missed, Count: m.Known - m.Line, File: m.File.String()})
}

func (s *Shipper) lookIfDue(ctx context.Context) {
	if time.Since(s.looked) >= lookEvery {
		s.look(ctx)
	}
}

// wait pauses, and goes on looking at the archive meanwhile.
func (s *Shipper) wait(ctx context.Context, pause time.Duration) error {
	s.feed.Release()
	until := time.Now().Add(pause)
	s.board.set(func(st *Status) { st.RetryAt = s.opts.Now().Add(pause) })
	defer s.board.set(func(st *Status) { st.RetryAt = time.Time{} })
	for {
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, min(left, lookEvery)); err != nil {
			return err
		}
		s.lookIfDue(ctx)
		if s.news() && time.Since(s.lastSave) >= saveEvery {
			s.save() // if it fails, it is tried again, at the latest with the next batch
		}
	}
}

// news reports whether the checkpoint on the disk lacks something that was seen.
func (s *Shipper) news() bool {
	known := int64(0)
	for _, m := range s.feed.Marks() {
		known += m.Known
	}
	return s.gone || known != s.known
}

// fails notes what does not work, and that it is tried again.
func (s *Shipper) fails(err error, wait time.Duration) {
	s.board.set(func(st *Status) { st.LastError = err })
	s.opts.OnEvent(Event{Kind: Failure, Wait: wait, Err: err})
}

// sleep returns the error of ctx if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
