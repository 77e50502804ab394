package cli

import (
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
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &draft{f, path, replace}, nil
}

func alreadyThere(path string) error {
	return fmt.Errorf("write %s: it is there already; --force replaces it", path)
}

// Write appends to the draft.
func (d *draft) Write(b []byte) (int, error) { return d.f.Write(b) }

// commit gives the file its name, once it is on the disk.
func (d *draft) commit() error {
	err := errors.Join(d.f.Chmod(0o644), d.f.Sync(), d.f.Close())
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
