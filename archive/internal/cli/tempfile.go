package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// draft is a file that is not there until it is whole.
type draft struct {
	f       *os.File
	path    string
	replace bool
}

// newDraft begins a file. A file that is there is an error, unless it is to be
// replaced.
func newDraft(path string, replace bool) (*draft, error) {
	info, err := os.Lstat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("write %s: it is there and is no regular file", path)
	case err == nil && !replace:
		return nil, alreadyThere(path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	f, err := createBeside(path)
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("write %s: there is no folder %s; make it first", path, filepath.Dir(path))
	case errors.As(err, &at): // which names a file that nobody has heard of
		return nil, fmt.Errorf("write %s: %w", path, at.Err)
	case err != nil:
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &draft{f, path, replace}, nil
}

// createBeside creates a hidden file beside path, as readable as any new file.
func createBeside(path string) (*os.File, error) {
	name := fmt.Sprintf(".%s.%s.tmp", filepath.Base(path), rand.Text()[:10])
	return os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

func alreadyThere(path string) error {
	return fmt.Errorf("write %s: it is there already; --force replaces it", path)
}

// Write appends to the draft.
func (d *draft) Write(b []byte) (int, error) { return d.f.Write(b) }

// commit gives the file its name, once it is on the disk.
func (d *draft) commit() error {
	err := errors.Join(d.f.Sync(), d.f.Close())
	if err == nil {
		err = d.name()
	}
	if err != nil {
		os.Remove(d.f.Name())
		return fmt.Errorf("write %s: %w", d.path, err)
	}
	return nil
}

func (d *draft) name() error {
	if !d.replace {
		err := os.Link(d.f.Name(), d.path) // unlike a rename, it never replaces
		if err == nil {
			return os.Remove(d.f.Name())
		}
		if _, statErr := os.Lstat(d.path); errors.Is(err, fs.ErrExist) || statErr == nil {
			return alreadyThere(d.path)
		}
	}
	return os.Rename(d.f.Name(), d.path)
}

// drop leaves nothing behind.
func (d *draft) drop() {
	d.f.Close()
	os.Remove(d.f.Name())
}
