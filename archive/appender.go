package archive

import (
	"errors"
	"io"
)

// appender adds lines to what a file holds, all of them or none, and keeps the
// first error until finish.
type appender struct {
	f     file
	began int64 // the size that the file had
	off   int64 // where the next write goes
	buf   []byte
	dir   func() error // makes the file's name last; nil if that comes later
	err   error
}

// add adds a line, or several.
func (a *appender) add(lines []byte) {
	a.buf = append(a.buf, lines...)
	if len(a.buf) >= chunk {
		a.flush()
	}
}

// copyFrom adds a stretch of another file as a line.
func (a *appender) copyFrom(f file, off, size int64) {
	part := make([]byte, min(size, chunk))
	last := byte('\n')
	for end := off + size; off < end && a.err == nil; {
		n, err := f.ReadAt(part[:min(int64(len(part)), end-off)], off)
		if n == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			a.fail(err)
			return
		}
		a.add(part[:n])
		off, last = off+int64(n), part[n-1]
	}
	if last != '\n' {
		a.add(newline)
	}
}

// fail makes finish take back what was added.
func (a *appender) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *appender) flush() {
	if a.err == nil && len(a.buf) > 0 {
		a.err = writeAll(a.f, a.buf, a.off)
		a.off += int64(len(a.buf))
	}
	a.buf = a.buf[:0]
}

// finish writes what is left, forces it to the disk and closes the file. After
// a failure, the file is as it was.
func (a *appender) finish() error {
	a.flush()
	if a.err == nil {
		a.err = a.f.Sync()
	}
	if a.err == nil && a.dir != nil {
		a.err = a.dir()
	}
	if a.err != nil {
		return errors.Join(a.err, a.f.Truncate(a.began), a.f.Close())
	}
	return a.f.Close()
}
