package s3

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"actionlog/archive"
)

// local is a file of an archive that is open.
type local struct {
	base, path string
	f          *os.File
	size       int64
	digest     *digest
	count      func(n int64) // is told of bytes that were read to be sent
}

// sealed returns the names of the sealed files in a folder, oldest first. One
// whose plain file is there is being sealed, or is to be settled by the next
// writer, and is passed over.
func sealed(dir string) ([]archive.Name, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the archive folder %s: %w", dir, err)
	}
	var names []archive.Name
	plain := map[archive.Name]bool{}
	for _, e := range entries {
		n, ok := archive.ParseName(e.Name())
		switch {
		case ok && n.Kind == archive.Plain:
			plain[n] = true
		case ok && n.Kind == archive.Sealed && e.Type().IsRegular():
			names = append(names, n)
		}
	}
	names = slices.DeleteFunc(names, func(n archive.Name) bool { return plain[n.As(archive.Plain)] })
	slices.SortFunc(names, archive.Name.Compare)
	return names, nil
}

// openLocal opens a file of a folder.
func openLocal(dir, base string) (*local, error) {
	l := &local{base: base, path: filepath.Join(dir, base)}
	f, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file (%s)", l.path, info.Mode())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	l.f, l.size = f, info.Size()
	return l, nil
}

// read makes the digest.
func (l *local) read(ctx context.Context, partSize int64) (err error) {
	l.digest, err = digestOf(ctx, l.f, l.size, partSizeFor(l.size, partSize))
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("read %s: %w", l.path, err)
	}
	return err
}

// unchanged returns an error if another file has the name by now, or the file
// has been written to.
func (l *local) unchanged() error {
	was, err := l.f.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", l.path, err)
	}
	is, err := os.Lstat(l.path)
	if err == nil && (!os.SameFile(was, is) || is.Size() != l.size) {
		err = errors.New("it was changed meanwhile")
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", l.path, err)
	}
	return nil
}

// sum returns the checksum in words.
func (l *local) sum() string {
	return fmt.Sprintf("%d bytes, SHA-256 %x", l.size, l.digest.sha)
}

// damage is what verify found.
type damage struct {
	file, index error // nil where all is well
}

// verify reads a sealed file whole, and its index.
func verify(ctx context.Context, path string) (damage, error) {
	a, err := archive.OpenFiles(path)
	if err != nil {
		return damage{}, err
	}
	var d damage
	more := 0
	_, err = a.Verify(ctx, func(f archive.Finding) {
		var index *archive.IndexError
		switch {
		case errors.As(f.Err, &index):
			d.index = f.Err
		case d.file == nil:
			d.file = f.Err
		default:
			more++
		}
	})
	if more > 0 {
		d.file = fmt.Errorf("%w, and at %d places more", d.file, more)
	}
	return d, err
}

// hexOf returns what base64 stands for in hexadecimal digits, or as it is.
func hexOf(sum string) string {
	b, err := base64.StdEncoding.DecodeString(sum)
	if err != nil {
		return sum
	}
	return hex.EncodeToString(b)
}

// isGone reports whether a file has been removed meanwhile.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// body returns a part of the file for a request.
func (l *local) body(p *part, beat func()) *moving {
	return &moving{SectionReader: io.NewSectionReader(l.f, p.off, p.size), beat: beat, count: l.count}
}
