package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"actionlog/archive"
)

// defaultFolder is where the example, and many a service, has its archive.
const defaultFolder = "actions"

// open opens the archive that the paths name: one folder, or files, or
// standard input. Without any it is the folder of ACTIONLOG_DIR, or actions.
func (s *session) open(paths []string) (*archive.Archive, error) {
	a, err := s.openQuietly(paths)
	if err != nil {
		return nil, err
	}
	a.OnProblem = s.problem
	if !s.fromIn {
		a.OnProgress = s.progress.set
	}
	return a, nil
}

func (s *session) openQuietly(paths []string) (*archive.Archive, error) {
	if len(paths) == 0 {
		s.dir = s.env.Getenv("ACTIONLOG_DIR")
		if s.dir != "" {
			return archive.Open(s.dir)
		}
		s.dir = defaultFolder
		a, err := archive.Open(s.dir)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("no archive is named, and there is no folder %s here: name a folder or files, or set ACTIONLOG_DIR", defaultFolder)
		}
		return a, err
	}
	if len(paths) == 1 && paths[0] == stdinName {
		s.fromIn = true
		return archive.OpenReader(s.stdin(), "stdin"), nil
	}
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			s.dir = paths[0]
			return archive.Open(s.dir)
		}
	}
	for _, path := range paths {
		if isDatabase(path) {
			return nil, fmt.Errorf("%s is a database, and this command reads folders and files", withoutUser(path))
		}
		if isURL(path) {
			return nil, fmt.Errorf("%s is a URL, and this command reads folders and files; actionlog tail reads from a running service", path)
		}
		if path == stdinName {
			return nil, fmt.Errorf("%s is standard input, and there are %d paths; allowed is one of them", path, len(paths))
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder, and there are %d paths; allowed is one folder, or files", path, len(paths))
		}
	}
	return archive.OpenFiles(paths...)
}

// hintEmpty tells people that nothing was found because there is nothing.
func (s *session) hintEmpty() {
	if s.dir == "" {
		return
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if n, ok := archive.ParseName(e.Name()); ok && (n.Kind == archive.Plain || n.Kind == archive.Sealed) {
			return
		}
	}
	s.note("the folder %s holds no archive: no file there is named as actions-2026-11-22.jsonl or actions-2026-11-22.jsonl.gz; files of other names can be named one by one", s.dir)
}
