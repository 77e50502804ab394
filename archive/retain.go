package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// keptFile is a file of an archive as retention sees it.
type keptFile struct {
	name Name
	size int64
}

// retain removes the sealed files that Options no longer want, oldest first,
// and with them what belongs to them. The seal lock is held.
func (w *Writer) retain() error {
	if w.opts.MaxAge < 0 && w.opts.MaxBytes == 0 && w.opts.MinFreeBytes == 0 {
		return nil
	}
	files, total, err := w.sizes()
	if err != nil {
		return err
	}
	lacking, err := w.lacking()
	if err != nil {
		return err
	}
	var errs []error
	now := w.opts.Now()
	today, last := w.opts.Rotation.day(now, w.opts.Location), lastNumbers(files)
	for _, f := range files {
		if f.name.Kind == Plain || f.name.Day >= today && f.name.Seq == last[f.name.Day] {
			continue
		}
		tooMuch := w.opts.MaxBytes > 0 && total > w.opts.MaxBytes
		if !tooMuch && lacking <= 0 && !w.expired(f.name, now) {
			continue
		}
		if f.name.Kind == Sealed && w.opts.Keep(f.name.String()) {
			continue
		}
		if err := w.removeIfThere(f.name); err != nil {
			errs = append(errs, err)
			continue
		}
		if f.name.Kind == Sealed {
			delete(w.indexed, f.name)
			errs = append(errs, w.removeIfThere(f.name.As(Index)))
		}
		total -= f.size
		lacking -= f.size // what was freed may show later, or never if somebody reads the file
		w.events.note(Event{Kind: Removed, File: f.name.String(), Bytes: f.size})
	}
	return errors.Join(errs...)
}

// lastNumbers returns the last number of each day. Of the day that is written
// to, what has it stays, so that the number is not given to another text.
func lastNumbers(files []keptFile) map[Day]int {
	last := make(map[Day]int)
	for _, f := range files {
		last[f.name.Day] = max(last[f.name.Day], f.name.Seq)
	}
	return last
}

// sizes returns the files that hold text, oldest first, and their total size.
func (w *Writer) sizes() (files []keptFile, total int64, err error) {
	names, err := w.list()
	if err != nil {
		return nil, 0, err
	}
	for _, n := range names {
		if n.Kind > SetAside && n.Kind != Index {
			continue
		}
		info, err := w.fs.lstat(w.path(n))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		total += info.Size()
		if n.Kind != Index {
			files = append(files, keptFile{n, info.Size()})
		} else if i := slices.IndexFunc(files, func(f keptFile) bool { return f.name == n.As(Sealed) }); i >= 0 {
			files[i].size += info.Size()
		}
	}
	return files, total, nil
}

// lacking returns how many bytes of free disk are missing.
func (w *Writer) lacking() (int64, error) {
	if w.opts.MinFreeBytes == 0 {
		return 0, nil
	}
	free, err := w.fs.free(w.dir)
	if err != nil {
		return 0, err
	}
	return w.opts.MinFreeBytes - free, nil
}

// expired reports whether a file has had its time: MaxAge after the end of the
// period that it is named by, or after its newest action, where that is later
// by no more than a week. A file of another rotation than today's may reach
// beyond what its name says, and an action may come late with a time of its own.
func (w *Writer) expired(n Name, now time.Time) bool {
	if w.opts.MaxAge < 0 {
		return false
	}
	loc := w.opts.Location
	end := n.Day.Add(w.opts.Rotation.days()).Start(loc)
	if !end.Add(w.opts.MaxAge).Before(now) {
		return false
	}
	if n.Kind != Sealed {
		return true
	}
	newest, err := w.newest(n)
	if err != nil || newest.Before(end) {
		return true
	}
	if latest := n.Day.Add(w.opts.Rotation.days() + 7).Start(loc); newest.After(latest) {
		newest = latest
	}
	return newest.Add(w.opts.MaxAge).Before(now)
}

// newest returns the latest time that the headers of a sealed file tell.
func (w *Writer) newest(n Name) (time.Time, error) {
	f, err := w.fs.open(w.path(n), os.O_RDONLY)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	var head [memberHead]byte
	times := noTime
	for off := int64(0); ; {
		if _, err := f.ReadAt(head[:], off); err == io.EOF && off > 0 {
			return time.Unix(0, times.max), nil
		} else if err != nil {
			return time.Time{}, err
		}
		m, ok := parseMember(head[:])
		if !ok {
			return time.Time{}, fmt.Errorf("%s has no header of ours at byte %d", n, off)
		}
		times.add(m.times.max)
		off += m.packed
	}
}
