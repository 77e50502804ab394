package archive

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// The locks of a folder, all advisory and all on hidden files of their own:
// Windows would keep readers out of a locked data file, and on some network
// file systems closing any handle of a file drops the locks on it.
//
//   - .actions.lock, never removed, is held for moments: while a name is chosen,
//     and while the lock of a plain file is taken or removed. As every lock of
//     a file is taken under it, removing one is safe.
//   - .actions-seal.lock, never removed, is held by the one process that seals
//     and removes files.
//   - .actions-DAY.jsonl.lock is held by who writes or seals that file.
//
// The order is seal, folder, file. The system drops them all when a process
// dies, however it dies.
const (
	folderLockName = ".actions.lock"
	sealLockName   = ".actions-seal.lock"

	// folderPatience is how long another process may hold the folder's lock,
	// whose holder does no more than list, create and remove some names.
	folderPatience = 10 * time.Second
)

// withFolder runs do while the folder's lock is held.
func (w *Writer) withFolder(ctx context.Context, do func() error) error {
	path := filepath.Join(w.dir, folderLockName)
	pause, waited := time.Millisecond, time.Duration(0)
	for {
		l, ok, err := w.fs.tryLock(path)
		if err != nil {
			return fmt.Errorf("lock the archive folder by %s: %w", path, err)
		}
		if ok {
			err := do()
			if unlockErr := l.Unlock(); unlockErr != nil { // what was done is done
				w.events.note(Event{Kind: Failure, Err: fmt.Errorf("unlock the archive folder by %s: %w", path, unlockErr)})
			}
			return err
		}
		if waited >= folderPatience {
			return fmt.Errorf("lock the archive folder by %s: another process has held it for %s", path, folderPatience)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lock the archive folder by %s: %w", path, ctx.Err())
		case <-w.hurry:
			return fmt.Errorf("lock the archive folder by %s: another process holds it, and the writer is being closed", path)
		case <-time.After(pause):
		}
		waited += pause
		pause = min(2*pause, 50*time.Millisecond)
	}
}

// tryName takes the lock of a plain file, or returns nil if another holds it.
// The folder's lock is held.
func (w *Writer) tryName(n Name) (fileLock, error) {
	l, ok, err := w.fs.tryLock(w.path(n.As(Lock)))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", n, err)
	}
	if !ok {
		return nil, nil
	}
	return l, nil
}

// heldLock is the lock of a plain file.
type heldLock struct {
	name Name
	lock fileLock
}

// release gives the lock of a plain file back and removes its file.
func (w *Writer) release(ctx context.Context, n Name, l fileLock) error {
	return w.releaseAll(ctx, []heldLock{{n, l}})
}

// releaseAll gives locks back and removes their files. If the folder's lock
// cannot be had, the files stay.
func (w *Writer) releaseAll(ctx context.Context, held []heldLock) error {
	if len(held) == 0 {
		return nil
	}
	var errs []error
	entered := false
	err := w.withFolder(ctx, func() error {
		entered = true
		for _, h := range held {
			errs = append(errs, w.letGo(h))
		}
		return nil
	})
	if !entered {
		for _, h := range held {
			errs = append(errs, h.lock.Unlock())
		}
	}
	return errors.Join(err, errors.Join(errs...))
}

// letGo gives one lock back. The folder's lock is held.
func (w *Writer) letGo(h heldLock) error {
	if err := h.lock.Unlock(); err != nil {
		return fmt.Errorf("unlock %s: %w", h.name, err)
	}
	if err := w.removeIfThere(h.name.As(Lock)); err != nil {
		return fmt.Errorf("unlock %s: %w", h.name, err)
	}
	return nil
}
