package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// mend makes a plain file that a writer left behind whole lines of JSON again
// and returns its size. What follows the last newline goes to the .torn file,
// and so do lines that no writer wrote: a power cut can leave blocks of zeros
// before lines that made it to the disk. Nothing leaves the file before it is
// in the .torn file and on the disk. The file's lock is held.
func (w *Writer) mend(n Name) (size int64, err error) {
	path := w.path(n)
	f, err := w.fs.open(path, os.O_RDWR)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	rotten := false
	for p, err := range pieces(wholeFile(f)) {
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
		if !p.whole {
			if !rotten {
				return size, w.trim(n, f, size, p.size)
			}
			break
		}
		size += p.size
		rotten = rotten || !allPlausible(p.text)
	}
	if rotten {
		return w.rewrite(n, f)
	}
	return size, nil
}

// wholeFile reads a file from its beginning to its end.
func wholeFile(f file) *io.SectionReader { return io.NewSectionReader(f, 0, 1<<62) }

// allPlausible reports whether each line of text may be one of ours. A nil
// text, which stands for a line that is too long, is none.
func allPlausible(text []byte) bool {
	for line := range bytes.Lines(text) {
		if !plausible(line) {
			return false
		}
	}
	return text != nil
}

// plausible reports whether a line may be one of ours: an object without
// control characters. JSON escapes those, so what holds one was never written.
func plausible(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return false
	}
	for _, c := range line {
		if c < ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// trim moves the length bytes of a file behind its first size to its .torn
// file.
func (w *Writer) trim(n Name, f file, size, length int64) error {
	torn, err := w.openTorn(n)
	if err != nil {
		return err
	}
	torn.copyFrom(f, size, length)
	if err := torn.finish(); err != nil {
		return fmt.Errorf("save the torn line of %s: %w", n, err)
	}
	if err := f.Truncate(size); err != nil {
		return fmt.Errorf("trim %s: %w", n, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s after trimming: %w", n, err)
	}
	w.events.note(Event{Kind: Trimmed, File: n.String(), Bytes: length})
	return nil
}

// rewrite copies the plausible lines of a file to a draft that then takes its
// place, and all else to the .torn file. It returns the size of the draft.
func (w *Writer) rewrite(n Name, f file) (size int64, err error) {
	if err := w.removeIfThere(n.As(Draft)); err != nil {
		return 0, err
	}
	torn, err := w.openTorn(n)
	if err != nil {
		return 0, err
	}
	draftFile, err := w.fs.open(w.path(n.As(Draft)), os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return 0, errors.Join(fmt.Errorf("rewrite %s: %w", n, err), torn.f.Close())
	}
	draft := &appender{f: draftFile}
	err = sortOut(f, draft, torn)
	if err = errors.Join(err, draft.finish()); err != nil {
		torn.fail(err)
	}
	if err = torn.finish(); err == nil {
		err = w.fs.rename(w.path(n.As(Draft)), w.path(n))
	}
	if err == nil {
		err = w.fs.syncDir(w.dir)
	}
	if err != nil {
		return 0, fmt.Errorf("rewrite %s without its torn lines: %w", n, err)
	}
	w.events.note(Event{Kind: Trimmed, File: n.String(), Bytes: torn.off - torn.began})
	return draft.off, nil
}

// sortOut copies each line of a file to good or to bad.
func sortOut(f file, good, bad *appender) error {
	for p, err := range pieces(wholeFile(f)) {
		switch {
		case err != nil:
			return err
		case p.text == nil || !p.whole:
			bad.copyFrom(f, p.off, p.size)
		default:
			for line := range bytes.Lines(p.text) {
				if plausible(line) {
					good.add(line)
				} else {
					bad.add(line)
				}
			}
		}
	}
	return nil
}

func (w *Writer) openTorn(n Name) (*appender, error) {
	path := w.path(n.As(Torn))
	f, err := w.fs.open(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.Close())
	}
	return &appender{f: f, off: info.Size(), began: info.Size(), dir: func() error { return w.fs.syncDir(w.dir) }}, nil
}
