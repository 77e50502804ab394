package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"time"
)

const (
	firstPause = time.Second // before a failed round is tried again, doubled each time
	mostPause  = time.Minute // the longest such pause
	longPause  = time.Hour   // between rounds while nothing happens
	quickPause = time.Minute // … where room is to be kept
)

// keepHouse seals what has been ended, by this writer or by one that is no
// more, and removes old files: at once, whenever a file has been ended, and
// from time to time.
func (w *Writer) keepHouse() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	pause := firstPause
	for {
		select {
		case <-w.stop:
			return
		case <-w.work:
		case <-timer.C:
		}
		busy, err := w.clean(context.Background())
		w.events.flush()
		switch {
		case err != nil:
			timer.Reset(pause)
			pause = min(2*pause, mostPause)
		case busy:
			timer.Reset(firstPause)
		default:
			pause = firstPause
			timer.Reset(w.idlePause())
		}
	}
}

func (w *Writer) idlePause() time.Duration {
	if w.opts.MaxBytes > 0 || w.opts.MinFreeBytes > 0 {
		return quickPause
	}
	return longPause
}

// clean does one round, or reports that another process is busy with one.
func (w *Writer) clean(ctx context.Context) (busy bool, err error) {
	path := filepath.Join(w.dir, sealLockName)
	l, ok, err := w.fs.tryLock(path)
	if err != nil {
		err = fmt.Errorf("lock the sealing by %s: %w", path, err)
		w.board.set(func(s *Status) { s.SealError = err })
		w.events.note(Event{Kind: Failure, Err: err})
		return false, err
	}
	if !ok {
		w.shed(ctx)
		return true, nil
	}
	retainErr := w.retain()
	sealErr := errors.Join(w.sealRetired(ctx), w.sealOrphans(ctx), w.indexAll())
	if retainErr == nil {
		retainErr = w.retain()
	}
	w.shed(ctx)
	w.board.set(func(s *Status) { s.SealError, s.RetainError = sealErr, retainErr })
	for _, err := range []error{sealErr, retainErr} {
		if err != nil {
			w.events.note(Event{Kind: Failure, Err: err})
		}
	}
	if err := l.Unlock(); err != nil {
		w.events.note(Event{Kind: Failure, Err: fmt.Errorf("unlock the sealing by %s: %w", path, err)})
	}
	return false, errors.Join(sealErr, retainErr)
}

// sealOrphans seals the plain files that nobody writes: those of other days,
// those that are full, and those that were being sealed when their process
// died. Any other file of today is left for its writer to come back to, whole.
func (w *Writer) sealOrphans(ctx context.Context) error {
	names, err := w.list()
	if err != nil {
		return err
	}
	mine := w.mine()
	sealed, plain := namesOf(names, Sealed), namesOf(names, Plain)
	maps.DeleteFunc(w.mended, func(n Name, _ int64) bool { return !plain[n] })
	today := w.opts.Rotation.day(w.opts.Now(), w.opts.Location)
	var errs []error
	for _, n := range names {
		switch {
		case w.stopping():
			return errors.Join(errs...)
		case n.Kind == SealDraft && !mine[n.As(Plain)]:
			errs = append(errs, w.removeIfThere(n))
		case n.Kind == Lock && !plain[n.As(Plain)] && !mine[n.As(Plain)]:
			errs = append(errs, w.sweepLock(ctx, n.As(Plain)))
		case n.Kind != Plain || mine[n]:
		default:
			info, err := w.fs.lstat(w.path(n))
			if err != nil || !info.Mode().IsRegular() {
				continue // gone since, or none of ours
			}
			if n.Day != today || sealed[n] || w.full(info.Size()) {
				errs = append(errs, w.sealOrphan(ctx, n))
			} else if info.Size() > 0 {
				errs = append(errs, w.mendOrphan(ctx, n, info.Size()))
			}
		}
	}
	return errors.Join(errs...)
}

// mine returns the plain names that this writer holds.
func (w *Writer) mine() map[Name]bool {
	w.turn <- struct{}{}
	defer w.leave()
	mine := make(map[Name]bool)
	if w.active != nil {
		mine[w.active.name] = true
	}
	for _, r := range w.retired {
		mine[r.name] = true
	}
	return mine
}

// sealOrphan seals a plain file unless another process holds it.
func (w *Writer) sealOrphan(ctx context.Context, n Name) error {
	var l fileLock
	err := w.withFolder(ctx, func() (err error) {
		l, err = w.tryName(n)
		return err
	})
	if l == nil || err != nil {
		return err
	}
	if _, err = w.mend(n); err == nil {
		err = w.sealLocked(ctx, n, l)
	}
	if err != nil {
		return errors.Join(err, l.Unlock())
	}
	return nil
}

// mendOrphan trims what a crash tore in a plain file, unless another process
// holds it or it has been looked at in that size.
func (w *Writer) mendOrphan(ctx context.Context, n Name, size int64) error {
	if w.mended[n] == size {
		return nil
	}
	var l fileLock
	err := w.withFolder(ctx, func() (err error) {
		l, err = w.tryName(n)
		return err
	})
	if l == nil || err != nil {
		return err
	}
	size, err = w.mend(n)
	if err == nil {
		w.mended[n] = size
	}
	return errors.Join(err, w.release(ctx, n, l))
}

// sweepLock removes a lock file that guards nothing.
func (w *Writer) sweepLock(ctx context.Context, n Name) error {
	return w.withFolder(ctx, func() error {
		l, err := w.tryName(n)
		if l == nil || err != nil {
			return err
		}
		return w.dropLock(n, l)
	})
}

// sealLocked seals a file whose lock is held, and gives the lock up if that
// succeeds.
func (w *Writer) sealLocked(ctx context.Context, n Name, l fileLock) error {
	if _, err := w.fs.lstat(w.path(n)); errors.Is(err, fs.ErrNotExist) {
		return w.release(ctx, n, l) // sealed before, or taken away
	}
	own := n
	if _, err := w.fs.lstat(w.path(n.As(Sealed))); err == nil {
		n, l, err = w.settle(ctx, n, l)
		if l == nil || err != nil {
			return err
		}
	}
	if err := w.seal(n); err != nil {
		if n != own { // the caller knows nothing of this name; the next round finds it
			err = errors.Join(err, l.Unlock())
		}
		return err
	}
	return w.release(ctx, n, l)
}

// stopping reports whether Close has been called.
func (w *Writer) stopping() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}
