package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// maxWaiting is how many ended files a writer holds while they cannot be
// sealed. Each costs an open lock file.
const maxWaiting = 64

// sealRetired seals the files that this writer has ended.
func (w *Writer) sealRetired(ctx context.Context) error {
	var errs []error
	for _, r := range w.waiting() {
		if w.stopping() {
			break
		}
		if err := w.sealRetiree(ctx, r); err != nil {
			errs = append(errs, err)
			if errors.Is(err, errTakenAway) {
				w.forget(r) // nothing is left to be tried again
			}
			select {
			case r.tried <- err:
			default:
			}
			continue
		}
		w.forget(r)
		close(r.sealed)
	}
	return errors.Join(errs...)
}

// errTakenAway is what has become of a file that is under neither name.
var errTakenAway = errors.New("another program has removed or renamed it")

func (w *Writer) sealRetiree(ctx context.Context, r *retiree) error {
	if r.size > 0 && w.missing(r.name) && w.missing(r.name.As(Sealed)) {
		err := fmt.Errorf("seal %s, with %d bytes in it: %w", w.path(r.name), r.size, errTakenAway)
		return errors.Join(err, w.release(ctx, r.name, r.lock))
	}
	if r.dirty {
		if err := w.cut(r.name, r.size); err != nil {
			return err
		}
		r.dirty = false
	}
	return w.sealLocked(ctx, r.name, r.lock)
}

func (w *Writer) missing(n Name) bool {
	_, err := w.fs.lstat(w.path(n))
	return errors.Is(err, fs.ErrNotExist)
}

// cut takes a batch that failed, and could not be taken back then, off a file.
func (w *Writer) cut(n Name, size int64) error {
	f, err := w.fs.open(w.path(n), os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Close())
	}
	if err != nil {
		return fmt.Errorf("cut a failed write off %s: %w", w.path(n), err)
	}
	return nil
}

// waiting returns the files that this writer has ended, oldest first.
func (w *Writer) waiting() []*retiree {
	w.turn <- struct{}{}
	defer w.leave()
	return append([]*retiree(nil), w.retired...)
}

// forget takes a file off the list of those that wait.
func (w *Writer) forget(r *retiree) {
	w.turn <- struct{}{}
	defer w.leave()
	kept := w.retired[:0]
	for _, other := range w.retired {
		if other != r {
			kept = append(kept, other)
		}
	}
	clear(w.retired[len(kept):])
	w.retired = kept
	w.board.set(func(s *Status) { s.Waiting = len(kept) })
}

// shed lets go of the oldest files beyond maxWaiting. They stay as they are, to
// be sealed by whoever seals next, at the latest when their day is over.
func (w *Writer) shed(ctx context.Context) {
	waiting := w.waiting()
	for _, r := range waiting[:max(len(waiting)-maxWaiting, 0)] {
		err := error(nil)
		if r.dirty {
			err = w.cut(r.name, r.size)
		}
		if err == nil {
			r.dirty = false
			w.forget(r)
			err = w.release(ctx, r.name, r.lock)
		}
		if err != nil {
			w.events.note(Event{Kind: Failure, File: r.name.String(), Err: err})
		}
		select {
		case r.tried <- fmt.Errorf("seal %s: it is left for later, as %d files wait", r.name, len(waiting)):
		default:
		}
	}
}
