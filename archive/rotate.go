package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// retiree is a file that its writer has ended and holds until it is sealed.
type retiree struct {
	name   Name
	lock   fileLock
	size   int64      // bytes of whole batches
	dirty  bool       // the file may be longer, by a batch that failed
	tried  chan error // takes how an attempt to seal it failed, if somebody waits
	sealed chan struct{}
}

const (
	// stepBack is how far the clock may go back over a midnight before lines
	// are filed under the day before again: corrections of milliseconds around
	// midnight should not make a file each.
	stepBack = time.Minute

	// glance is how often the clock is looked at when nothing else is due: it
	// may have been set, or the machine may have slept.
	glance = time.Minute
)

// Rotate ends the active file now and returns when it has been sealed. If that
// fails, the error says why and the writer goes on trying; the lines are safe
// in the plain file. If nothing was written, there is nothing to do.
func (w *Writer) Rotate(ctx context.Context) error {
	if err := w.enter(ctx); err != nil {
		return err
	}
	var r *retiree
	if w.active != nil {
		r = w.retire()
	}
	w.leave()
	w.events.flush()
	if r == nil {
		return nil
	}
	select {
	case <-r.sealed:
		return nil
	case err := <-r.tried:
		return err
	case <-w.stop:
		return w.closedError()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// due reports whether the active file has had its time or its size.
func (w *Writer) due(now time.Time) bool {
	a := w.active
	if a == nil {
		return false
	}
	day := w.opts.Rotation.day(now, w.opts.Location)
	switch {
	case day > a.name.Day:
		return true
	case day < a.name.Day:
		return now.Before(a.opened.Add(-stepBack))
	}
	return w.full(a.size)
}

// retire ends the active file and hands it over to be sealed, still locked.
// The turn is held.
func (w *Writer) retire() *retiree {
	a := w.active
	w.end(a)
	r := &retiree{name: a.name, lock: a.lock, size: a.size, dirty: a.dirty, tried: make(chan error, 1), sealed: make(chan struct{})}
	w.retired = append(w.retired, r)
	w.board.set(func(s *Status) { s.Waiting = len(w.retired) })
	w.events.note(Event{Kind: Rotated, File: a.name.String(), Bytes: a.size})
	w.setActive(nil)
	poke(w.work)
	return r
}

// end makes the file whole, forces it to the disk and closes it. What fails of
// it is noted, and does not keep the next file from being begun: the lines are
// read back and compared before the plain file goes.
func (w *Writer) end(a *activeFile) {
	if err := a.repair(); err != nil {
		w.events.note(Event{Kind: Failure, File: a.name.String(), Err: err})
	}
	if a.stale() {
		a.ended = a.force(a.size)
		w.synced(time.Now(), a.ended)
	}
	if err := a.f.Close(); err != nil {
		w.events.note(Event{Kind: Failure, File: a.name.String(), Err: fmt.Errorf("close %s: %w", a.path, err)})
	}
}

// keepTime forces lines to the disk an interval after they were written, and
// ends the file at midnight, whether actions arrive or not.
func (w *Writer) keepTime() {
	timer := time.NewTimer(w.untilMidnight())
	defer timer.Stop()
	var syncAt time.Time // zero while nothing waits for it
	for {
		select {
		case <-w.stop:
			return
		case <-w.stale:
			if syncAt.IsZero() {
				syncAt = time.Now().Add(w.opts.SyncEvery)
			}
		case <-timer.C:
			w.rotateIfDue()
		}
		if !syncAt.IsZero() && !time.Now().Before(syncAt) {
			syncAt = time.Time{}
			if err := w.Sync(context.Background()); err != nil {
				syncAt = time.Now().Add(w.opts.SyncEvery)
			}
		}
		w.events.flush()
		wait := w.untilMidnight()
		if !syncAt.IsZero() {
			wait = min(wait, time.Until(syncAt))
		}
		timer.Reset(wait)
	}
}

// untilMidnight returns how long to wait before the clock is looked at again.
func (w *Writer) untilMidnight() time.Duration {
	now := w.opts.Now()
	return min(max(w.opts.Rotation.next(now, w.opts.Location).Sub(now), time.Millisecond), glance)
}

// rotateIfDue ends the active file if its time has come, and lets go of it if
// another program took it away.
func (w *Writer) rotateIfDue() {
	ctx := context.Background()
	if w.enter(ctx) != nil {
		return
	}
	a := w.active
	var gone error
	switch {
	case a == nil:
	case w.due(w.opts.Now()):
		w.retire()
	default:
		if gone = w.gone(a); gone != nil {
			w.end(a)
			w.setActive(nil)
		}
	}
	w.leave()
	if gone != nil {
		err := errors.Join(gone, w.release(ctx, a.name, a.lock))
		w.events.note(Event{Kind: Failure, File: a.name.String(), Err: err})
	}
}

// gone says what has become of an active file whose name no longer leads to
// it. It returns nil if all is well, or cannot be told.
func (w *Writer) gone(a *activeFile) error {
	held, err := a.f.Stat()
	if err != nil {
		return nil
	}
	named, err := w.fs.lstat(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s was removed or renamed by another program, with %d bytes in it; a new file is begun", a.path, a.size)
	}
	if err == nil && !os.SameFile(held, named) {
		return fmt.Errorf("%s was replaced by another program, with %d bytes in it; a new file is begun", a.path, a.size)
	}
	return nil
}
