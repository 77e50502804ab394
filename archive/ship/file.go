package ship

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"

	"actionlog/archive"
	"actionlog/storage"
)

// File is a [Destination] that appends actions to a file as the archive has
// them, a line each, on the disk before Deliver returns.
//
// What a kill left of a line is cut off, for its action is delivered again, and
// what is found at the end of the file already is not written twice; the end is
// what two of the largest batches can have. Where another program has renamed
// the file, such as one that rotates logs, a new one is begun.
type File struct {
	lines  lineFile
	unlock func() error
	there  map[storage.ID]bool // ids at the end of the file when it was opened
	buf    []byte
}

// OpenFile opens the file, or makes it. It fails if another delivery writes it,
// and where the file ends in something that is no line of an action. The caller
// closes it.
func OpenFile(path string) (*File, error) {
	lock := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	unlock, ok, err := archive.TryLock(lock)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if !ok {
		return nil, fmt.Errorf("open %s: another delivery writes it", path)
	}
	f := &File{lines: lineFile{path: path}, unlock: unlock}
	if err := f.open(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// open opens the file and learns what it ends in.
func (f *File) open() error {
	if err := f.lines.open(); err != nil {
		return err
	}
	tail, off, err := readTail(f.lines.f)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.lines.path, err)
	}
	if off > 0 {
		_, tail, _ = bytes.Cut(tail, newline)
	}
	f.there = map[storage.ID]bool{}
	for line := range bytes.Lines(tail) {
		var a storage.Action
		if storage.DecodeJSON(line, &a) == nil && a.ID != "" {
			f.there[a.ID] = true
		}
	}
	return nil
}

var newline = []byte{'\n'}

// Deliver writes all of batch that is not there, or nothing.
func (f *File) Deliver(_ context.Context, batch []storage.Action) (Outcome, error) {
	f.buf = f.buf[:0]
	for i := range batch {
		if !f.there[batch[i].ID] {
			f.buf = append(batch[i].AppendJSON(f.buf), '\n')
		}
	}
	if len(f.buf) == 0 {
		return Outcome{}, nil
	}
	return Outcome{}, f.lines.append(f.buf)
}

// Preview returns the line of an action.
func (f *File) Preview(a *storage.Action) ([]byte, error) { return appendLine(nil, a), nil }

// Close closes the file. Further calls do nothing.
func (f *File) Close() error {
	err := f.lines.close()
	if f.unlock != nil {
		if unlockErr := f.unlock(); err == nil {
			err = unlockErr
		}
		f.unlock = nil
	}
	return err
}

// appendLine appends an action and a newline.
func appendLine(b []byte, a *storage.Action) []byte { return append(a.AppendJSON(b), '\n') }
