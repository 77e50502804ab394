package ship

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

const fileMode fs.FileMode = 0o600

// lineStart is how each line of an action begins.
var lineStart = []byte(`{"timestamp":"`)

// lineFile is a file of JSON Lines that is appended to, of which all lines but
// the last of a crash are whole.
type lineFile struct {
	path string
	f    *os.File // nil before the first use, and after a failure
	size int64
}

// open opens the file, or makes it, and cuts off what a crash left of a line. If
// another file has the name meanwhile, that is opened.
func (l *lineFile) open() error {
	if l.f != nil && l.current() {
		return nil
	}
	l.close()
	info, err := os.Lstat(l.path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("open %s: it is not a regular file (%s)", l.path, info.Mode())
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	if l.size, err = mend(f); err == nil && fresh {
		err = syncDir(filepath.Dir(l.path))
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("open %s: %w", l.path, err)
	}
	l.f = f
	return nil
}

// current reports whether the file still has its name and its size.
func (l *lineFile) current() bool {
	held, err := l.f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(l.path)
	return err == nil && os.SameFile(held, named) && held.Size() == l.size
}

func (l *lineFile) close() error {
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}

// append writes whole lines behind the others, all or none, and to the disk.
func (l *lineFile) append(lines []byte) error {
	if err := l.open(); err != nil {
		return err
	}
	n, err := l.f.WriteAt(lines, l.size)
	if err == nil && n < len(lines) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil {
		err = errors.Join(err, l.f.Truncate(l.size))
		l.close() // to be mended when it is opened again
		return fmt.Errorf("append %d bytes to %s: %w", len(lines), l.path, err)
	}
	l.size += int64(len(lines))
	return nil
}

// tailSize is how much of the end of a file is looked at when it is opened: more
// than a batch can have.
const tailSize = 2 * maxBatchBytes

// mend cuts off what follows the last newline, and from the first line on that
// has a byte of zero: a loss of power leaves such in place of what was not forced
// to the disk. It refuses to cut what does not begin as a line of an action does.
func mend(f *os.File) (size int64, err error) {
	tail, off, err := readTail(f)
	if err != nil {
		return 0, err
	}
	keep := len(tail)
	if zero := bytes.IndexByte(tail, 0); zero >= 0 {
		keep = zero
	}
	keep = bytes.LastIndexByte(tail[:keep], '\n') + 1
	rest := tail[keep:]
	if len(rest) == 0 {
		return off + int64(keep), nil
	}
	if keep == 0 && off > 0 {
		return 0, fmt.Errorf("its last %d bytes hold no line", len(tail))
	}
	begin, _, _ := bytes.Cut(rest[:min(len(rest), len(lineStart))], []byte{0})
	if !bytes.HasPrefix(lineStart, begin) {
		return 0, fmt.Errorf("what it ends in, from byte %d on, is no line and not the beginning of one; it is left as it is", off+int64(keep))
	}
	if err := f.Truncate(off + int64(keep)); err != nil {
		return 0, err
	}
	return off + int64(keep), f.Sync()
}

// readTail returns the end of a file, and at which offset it begins.
func readTail(f *os.File) (tail []byte, off int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	off = max(info.Size()-tailSize, 0)
	tail = make([]byte, info.Size()-off)
	if _, err := f.ReadAt(tail, off); err != nil && err != io.EOF {
		return nil, 0, err
	}
	return tail, off, nil
}

// syncDir makes the names in a folder last. Windows has no such call and needs
// none; some network file systems refuse it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
