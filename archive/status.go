package archive

import (
	"errors"
	"sync"
	"time"
)

// Status is how a [Writer] fares. Its errors are nil again once the same thing
// has succeeded.
type Status struct {
	Active  string    // base name of the file that is written to; empty before the first action of a day
	Bytes   int64     // size of the active file
	Written int64     // actions that Write has taken
	Synced  time.Time // when an fsync last succeeded; zero if none has
	Waiting int       // files of this writer that wait to be sealed
	Sealed  int64     // files that this writer has sealed

	WriteError  error // of the last Write
	SyncError   error // of the last fsync; what it was for may not survive a loss of power
	SealError   error // of the last round of sealing
	RetainError error // of the last round of removing old files
}

// board is the status as it stands. It has a lock of its own, so that looking
// at it never waits for a disk.
type board struct {
	mu sync.Mutex
	s  Status
}

func (b *board) set(change func(*Status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.s)
}

// Status returns how the writer fares, without waiting for the disk.
func (w *Writer) Status() Status {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return w.board.s
}

// Active returns the size in bytes of the active file, and the midnight at
// which its day, or week, began; zeroes if there is no active file.
func (w *Writer) Active() (size int64, began time.Time) {
	s := w.Status()
	name, ok := ParseName(s.Active)
	if !ok {
		return 0, time.Time{}
	}
	return s.Bytes, name.Day.Start(w.opts.Location)
}

// Err returns all errors of the status, or nil if there is none.
func (w *Writer) Err() error {
	s := w.Status()
	return errors.Join(s.WriteError, s.SyncError, s.SealError, s.RetainError)
}
