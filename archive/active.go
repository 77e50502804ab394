package archive

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"actionlog/storage"
)

// activeFile is the plain file that a writer appends to. It is written at
// offsets of its own, not in append mode, so that what a failed write left
// behind is written over even where it could not be cut off.
type activeFile struct {
	name   Name
	path   string
	f      file
	lock   fileLock
	opened time.Time // by the writer's clock, when it was opened here
	size   int64     // bytes of whole batches
	synced int64     // how many of them an fsync has proven to be on the disk
	dirty  bool      // the file may be longer than size

	unsure   bool  // an fsync failed, and what is not proven has to be written again
	failures int   // fsyncs that failed
	ended    error // how the last fsync of a file that is no longer active failed
}

// chunk is about how much text is encoded before it is written: most batches
// are one write, and a huge one does not need as much memory.
const chunk = 1 << 20

// append writes the batch as lines behind what is there, and to the disk if
// synced is set. If any of it fails, nothing of it stays. The buffer is
// returned to be used again.
func (a *activeFile) append(buf []byte, batch []storage.Action, synced bool) ([]byte, error) {
	if err := a.repair(); err != nil {
		return buf, err
	}
	buf, end := buf[:0], a.size
	for i := range batch {
		buf = appendLine(buf, &batch[i])
		if len(buf) < chunk && i < len(batch)-1 {
			continue
		}
		if err := writeAll(a.f, buf, end); err != nil {
			return buf, a.undo(fmt.Errorf("write %d actions to %s: %w", len(batch), a.path, err))
		}
		end += int64(len(buf))
		buf = buf[:0]
	}
	if synced {
		if err := a.force(end); err != nil {
			return buf, a.undo(fmt.Errorf("write %d actions: %w", len(batch), err))
		}
	}
	a.size = end
	return buf, nil
}

// writeAll writes b at off, all of it or with an error.
func writeAll(f file, b []byte, off int64) error {
	n, err := f.WriteAt(b, off)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// stale reports whether something was written that no fsync has proven.
func (a *activeFile) stale() bool { return a.synced < a.size }

// force forces the first upTo bytes to the disk.
func (a *activeFile) force(upTo int64) error {
	err := a.renew()
	if err == nil {
		err = a.f.Sync()
	}
	return a.forced(upTo, a.synced, a.failures, err)
}

// forced notes how an fsync ended that began when so many bytes were proven
// and so many fsyncs had failed. Of two at a time, the system may tell a failure
// to either, so that neither proves anything if one of them failed.
func (a *activeFile) forced(upTo, synced int64, failures int, err error) error {
	switch {
	case err != nil:
		a.unsure, a.synced = true, min(a.synced, synced)
		a.failures++
		return fmt.Errorf("sync %s: %w", a.path, err)
	case a.failures != failures:
		return fmt.Errorf("sync %s: another fsync failed meanwhile", a.path)
	}
	a.synced = max(a.synced, upTo)
	return nil
}

// renew writes what is not proven again, in its place, after an fsync that
// failed: the system may have given up on that, and then a further fsync has
// nothing to do and proves nothing.
func (a *activeFile) renew() error {
	if !a.unsure {
		return nil
	}
	part := make([]byte, min(a.size-a.synced, chunk))
	for off := a.synced; off < a.size; {
		part = part[:min(int64(len(part)), a.size-off)]
		if _, err := a.f.ReadAt(part, off); err != nil {
			return fmt.Errorf("read back %d bytes at %d: %w", len(part), off, err)
		}
		if bytes.IndexByte(part, 0) >= 0 {
			return fmt.Errorf("the system has lost some of the %d bytes at %d", len(part), off)
		}
		if err := writeAll(a.f, part, off); err != nil {
			return fmt.Errorf("write %d bytes at %d again: %w", len(part), off, err)
		}
		off += int64(len(part))
	}
	a.unsure = false
	return nil
}

// undo cuts off what a failed write left, now or before the next write.
func (a *activeFile) undo(cause error) error {
	a.dirty = true
	if err := a.repair(); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// repair makes the file end with its last whole batch again.
func (a *activeFile) repair() error {
	if !a.dirty {
		return nil
	}
	if err := a.f.Truncate(a.size); err != nil {
		return fmt.Errorf("cut a failed write off %s: %w", a.path, err)
	}
	a.dirty = false
	return nil
}

// maxPlanted is how many numbers are passed over because something stands where
// their locks should be.
const maxPlanted = 100

// create makes a new plain file, locked, whose name no other file of the
// folder has or had. The folder's lock is held.
func (w *Writer) create(day Day, now time.Time) (*activeFile, error) {
	if !day.valid() {
		return nil, fmt.Errorf("no archive file can be named by %s; years from 0001 to 9999 can", now)
	}
	names, err := w.list()
	if err != nil {
		return nil, err
	}
	var planted error
	first := nextName(names, day)
	for n := first; n.Seq <= maxSeq; n.Seq++ {
		l, err := w.tryName(n)
		if unopenable := (*fs.PathError)(nil); errors.As(err, &unopenable) && n.Seq < first.Seq+maxPlanted {
			planted = cmp.Or(planted, err)
			continue
		}
		if err != nil {
			return nil, cmp.Or(planted, err)
		}
		if l == nil {
			continue
		}
		path := w.path(n)
		f, err := w.fs.open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("create %s: %w", path, err), w.dropLock(n, l))
		}
		if err := w.fs.syncDir(w.dir); err != nil {
			return nil, errors.Join(fmt.Errorf("sync the folder of %s: %w", path, err), f.Close(), w.fs.remove(path), w.dropLock(n, l))
		}
		return &activeFile{name: n, path: path, f: f, lock: l, opened: now}, nil
	}
	return nil, fmt.Errorf("no number is left for a file of %s; %d is the last", day, maxSeq)
}

// dropLock undoes tryName. The folder's lock is held.
func (w *Writer) dropLock(n Name, l fileLock) error {
	return errors.Join(l.Unlock(), w.fs.remove(w.path(n.As(Lock))))
}

// nextName returns the first name of the day behind all that the folder has,
// of whatever kind, so that a name never stands for two texts.
func nextName(names []Name, day Day) Name {
	n := Name{Day: day, Seq: 1, Kind: Plain}
	for _, m := range names {
		if m.Day == day && m.Kind != Lock && m.Seq >= n.Seq {
			n.Seq = m.Seq + 1
		}
	}
	return n
}

// adopt takes over the plain file of the day that a writer left behind, dead or
// closed, if there is one with room, and puts right what a crash left in it. It
// returns nil if there is none.
func (w *Writer) adopt(ctx context.Context, day Day, now time.Time) (*activeFile, error) {
	a := &activeFile{opened: now}
	err := w.withFolder(ctx, func() (err error) {
		a.name, a.lock, err = w.claim(day)
		return err
	})
	if a.lock == nil || err != nil {
		return nil, err
	}
	a.path = w.path(a.name)
	a.size, err = w.mend(a.name)
	if err == nil {
		a.f, err = w.fs.open(a.path, os.O_RDWR)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take over %s: %w", a.name, err), a.lock.Unlock())
	}
	return a, nil
}

// claim locks the first plain file of the day that nobody writes, that is not
// sealed, and that has room. The folder's lock is held.
func (w *Writer) claim(day Day) (Name, fileLock, error) {
	names, err := w.list()
	if err != nil {
		return Name{}, nil, err
	}
	sealed := namesOf(names, Sealed)
	for _, n := range names {
		if n.Kind != Plain || n.Day != day || sealed[n] {
			continue
		}
		if info, err := w.fs.lstat(w.path(n)); err != nil || !info.Mode().IsRegular() || w.full(info.Size()) {
			continue
		}
		if l, err := w.tryName(n); l != nil || err != nil {
			return n, l, err
		}
	}
	return Name{}, nil, nil
}

// namesOf returns the plain names of the files of a kind among names.
func namesOf(names []Name, kind Kind) map[Name]bool {
	found := make(map[Name]bool)
	for _, n := range names {
		if n.Kind == kind {
			found[n.As(Plain)] = true
		}
	}
	return found
}

// full reports whether a plain file of that size is to be followed by another.
func (w *Writer) full(size int64) bool {
	return w.opts.MaxFileSize > 0 && size >= w.opts.MaxFileSize
}

// list returns the names of the archive's files in the folder, in order.
func (w *Writer) list() ([]Name, error) { return listNames(w.fs, w.dir) }

func (w *Writer) path(n Name) string { return filepath.Join(w.dir, n.String()) }
