package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/gofrs/flock"
)

const (
	fileMode fs.FileMode = 0o600
	dirMode  fs.FileMode = 0o700
)

// file is what is used of an open file.
type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
	Close() error
}

// fileLock is a lock that is held.
type fileLock interface {
	Unlock() error
}

// fileSystem is every call by which a writer touches the disk, so that tests
// can make each of them fail. Names are paths; open, create and tryLock never
// follow a symbolic link in the last element where the system can refuse it.
type fileSystem interface {
	mkdirAll(dir string) error
	readDir(dir string) ([]fs.DirEntry, error)
	lstat(path string) (fs.FileInfo, error)
	open(path string, flag int) (file, error) // only regular files; os.O_RDONLY or os.O_RDWR, with os.O_CREATE and os.O_EXCL
	link(from, to string) error               // fails with fs.ErrExist if to exists
	rename(from, to string) error
	remove(path string) error
	syncDir(dir string) error
	free(dir string) (int64, error)
	tryLock(path string) (fileLock, bool, error)
}

// disk is the real file system.
type disk struct{}

func (disk) mkdirAll(dir string) error                 { return os.MkdirAll(dir, dirMode) }
func (disk) readDir(dir string) ([]fs.DirEntry, error) { return os.ReadDir(dir) }
func (disk) lstat(path string) (fs.FileInfo, error)    { return os.Lstat(path) }
func (disk) rename(from, to string) error              { return os.Rename(from, to) }
func (disk) remove(path string) error                  { return os.Remove(path) }
func (disk) free(dir string) (int64, error)            { return freeBytes(dir) }

func (disk) open(path string, flag int) (file, error) { return openRegular(path, flag) }

// link gives a file a second name, as the one way to name a file that never
// replaces another. Where there are no links, it renames after a look.
func (disk) link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	if _, statErr := os.Lstat(to); !errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

// syncDir makes the names in a folder last. Windows has no such call and needs
// none; some network file systems refuse it.
func (disk) syncDir(dir string) error {
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

func (disk) tryLock(path string) (fileLock, bool, error) {
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(fileMode))
	ok, err := l.TryLock()
	if err != nil || !ok {
		return nil, false, err
	}
	return l, true, nil
}

// openRegular opens a regular file and nothing else: no symbolic link, no
// device, and no pipe, which would block.
func openRegular(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|noFollow, fileMode)
	if err != nil {
		if info, statErr := os.Lstat(path); statErr == nil && !info.Mode().IsRegular() {
			return nil, &irregularError{filepath.Base(path), info.Mode()}
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &irregularError{filepath.Base(path), info.Mode()}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// irregularError refuses what has the name of a file and is none.
type irregularError struct {
	name string
	mode fs.FileMode
}

func (e *irregularError) Error() string {
	return fmt.Sprintf("%s is not a regular file (%s), and is not followed", e.name, e.mode)
}
