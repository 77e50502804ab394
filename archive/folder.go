package archive

import (
	"fmt"
	"slices"
)

// listNames returns the names of the archive's files in a folder, in order:
// day, number, kind. What else the folder has is passed over, and so is what
// has such a name but is no regular file, but for its number being taken.
func listNames(fsys fileSystem, dir string) ([]Name, error) {
	entries, err := fsys.readDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the archive folder %s: %w", dir, err)
	}
	names := make([]Name, 0, len(entries))
	for _, e := range entries {
		if n, ok := ParseName(e.Name()); ok {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, Name.Compare)
	return names, nil
}
