package s3

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"actionlog/archive"
)

// notesName is the file of a folder in which pushes note what is there: a line
// for each file and place, with the size, the base name and the URL of the place.
const notesName = ".actions-pushed"

// noted is a line of it.
type noted struct {
	base, place string
}

// Unpushed returns what archive.Options.Keep asks, for a folder to which pushes
// write with [Options.Note]: whether a file has not been pushed yet, anywhere.
// What cannot be read counts as not pushed.
//
//	archive.OpenWriter("actions", archive.Options{Keep: s3.Unpushed("actions")})
func Unpushed(dir string) func(file string) bool {
	return func(file string) bool {
		info, err := os.Lstat(filepath.Join(dir, file))
		if err != nil {
			return true
		}
		notes, err := readNotes(dir)
		if err != nil {
			return true
		}
		for n, size := range notes {
			if n.base == file && size == info.Size() {
				return false
			}
		}
		return true
	}
}

// readNotes returns the sizes of what is noted. A line that is not understood is
// passed over.
func readNotes(dir string) (map[noted]int64, error) {
	f, err := os.Open(filepath.Join(dir, notesName))
	if errors.Is(err, fs.ErrNotExist) {
		return map[noted]int64{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	notes := map[noted]int64{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text, rest, _ := strings.Cut(lines.Text(), " ")
		base, place, ok := strings.Cut(rest, " ")
		size, err := strconv.ParseInt(text, 10, 64)
		if _, isName := archive.ParseName(base); ok && err == nil && isName {
			notes[noted{base, place}] = size
		}
	}
	return notes, lines.Err()
}

// note replaces the notes: those of files that are no more here go, and those
// of other places stay.
func (p *pusher) note() error {
	notes, err := readNotes(p.dir)
	if err != nil {
		return fmt.Errorf("note what was pushed: %w", err)
	}
	maps.DeleteFunc(notes, func(n noted, size int64) bool {
		info, err := os.Lstat(filepath.Join(p.dir, n.base))
		return n.place == p.b.String() || err != nil || info.Size() != size
	})
	for base, size := range p.ended {
		if n, ok := archive.ParseName(base); ok && n.Kind == archive.Sealed {
			notes[noted{base, p.b.String()}] = size
		}
	}
	var text strings.Builder
	byName := func(x, y noted) int {
		return cmp.Or(strings.Compare(x.base, y.base), strings.Compare(x.place, y.place))
	}
	for _, n := range slices.SortedFunc(maps.Keys(notes), byName) {
		fmt.Fprintf(&text, "%d %s %s\n", notes[n], n.base, n.place)
	}
	if err := replaceFile(filepath.Join(p.dir, notesName), text.String()); err != nil {
		return fmt.Errorf("note what was pushed: %w", err)
	}
	return nil
}

// replaceFile gives a file another text, so that there is either at every moment.
func replaceFile(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
