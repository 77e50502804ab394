package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"actionlog/storage"
)

// Archive reads the files of a folder, sealed and active, also while writers
// write, seal and remove them. It holds nothing open between calls, each of
// which sees the files as they are when it begins. It is a [storage.Searcher].
// All methods are safe for concurrent use.
//
// Sealed files that have an index beside them are not read where it says that
// nothing matches; one that is missing, damaged or another file's is not used.
type Archive struct {
	// OnProblem is told of each line and each stretch of a file that Search
	// and Stats pass over because it is damaged: a [*SyntaxError] or a
	// [*CorruptError]. It may be called from several goroutines at a time. Set
	// it before the first use; nil tells nobody. [Archive.Actions] hands the
	// same errors to its caller instead.
	OnProblem func(error)

	// OnProgress is told how many bytes of files, of how many, Search, Stats,
	// Errors, Series, Slow, Actions and Verify have dealt with. It is called by
	// one goroutine at a time. Set it before the first use.
	OnProgress func(done, total int64)

	// IgnoreIndex makes every question read the files themselves. The answers
	// are the same.
	IgnoreIndex bool

	dir   string
	files []string // instead of a folder
	in    *input   // instead of either
}

var _ storage.Searcher = (*Archive)(nil)

// Open returns a reader of the archive in dir. It looks whether dir is a
// folder; that it is empty, or holds other files too, is no error.
func Open(dir string) (*Archive, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a folder; a file is opened by OpenFiles")
	}
	if err != nil {
		return nil, fmt.Errorf("open the archive %s: %w", dir, err)
	}
	return &Archive{dir: dir}, nil
}

// OpenFiles returns a reader of the named files, whatever they are called:
// JSON Lines, plain or in gzip. Unlike within a folder, symbolic links are
// followed. As within a folder, what follows the last newline of a plain file is
// not there yet: a last line without one is not read.
func OpenFiles(paths ...string) (*Archive, error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir():
			err = errors.New("it is a folder, which is opened by Open")
		case err == nil && !info.Mode().IsRegular():
			err = fmt.Errorf("it is not a regular file (%s)", info.Mode())
		}
		if err != nil {
			return nil, fmt.Errorf("open the archive file %s: %w", path, err)
		}
	}
	return &Archive{files: slices.Clone(paths)}, nil
}

// source is one text of an archive: a plain file, a sealed one, or a plain one
// that turns into a sealed one at any moment.
type source struct {
	paths  []string // where it may be, in this order
	stem   string   // the base name, without what sealing changes
	follow bool     // whether symbolic links are followed
	in     *input   // instead of files
}

// sources returns the texts of the archive, oldest first.
func (a *Archive) sources() ([]source, error) {
	if a.in != nil {
		return []source{{stem: stemOf(a.in.name), in: a.in}}, a.in.begin()
	}
	var list []source
	seen := make(map[string]bool)
	for i, path := range a.files {
		stem := stemOf(filepath.Base(path))
		if seen[stem] { // lines without ids are told apart by it
			stem = fmt.Sprintf("%s~%06d", stem, i+1)
		}
		seen[stem] = true
		list = append(list, source{paths: []string{path}, stem: stem, follow: true})
	}
	if a.dir == "" {
		return list, nil
	}
	names, err := a.names()
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		plain, sealed := filepath.Join(a.dir, n.String()), filepath.Join(a.dir, n.As(Sealed).String())
		list = append(list, source{paths: []string{plain, sealed}, stem: stemOf(n.String())})
	}
	return list, nil
}

// names returns the plain name of each text in the folder. A folder is not
// listed in one moment, and a file that is sealed meanwhile may be seen under
// neither name; in a second look it has the second.
func (a *Archive) names() ([]Name, error) {
	var names []Name
	for range 2 {
		list, err := listNames(disk{}, a.dir)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			if n.Kind == Plain || n.Kind == Sealed {
				names = append(names, n.As(Plain))
			}
		}
	}
	slices.SortFunc(names, Name.Compare)
	return slices.Compact(names), nil
}

// open opens the text under the first name that it has. It returns
// fs.ErrNotExist if it has none any more.
func (s *source) open() (*os.File, error) {
	for range 3 {
		for _, path := range s.paths {
			f, err := s.openPath(path)
			if !errors.Is(err, fs.ErrNotExist) {
				return f, err
			}
		}
	}
	return nil, fs.ErrNotExist
}

func (s *source) openPath(path string) (*os.File, error) {
	if s.follow {
		return os.Open(path)
	}
	return openRegular(path, os.O_RDONLY)
}
