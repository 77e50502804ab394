package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"actionlog/archive/internal/inflate"
)

// likeness is how the text of a sealed file compares with the plain one.
type likeness uint8

const (
	equal    likeness = iota
	shorter           // the sealed text is how the plain one begins
	longer            // the plain text is how the sealed one begins
	distinct          // each has something that the other has not
	damaged           // the sealed file cannot be read to its end
)

// settle deals with a plain file whose sealed one exists already, as a crash
// between naming the one and removing the other leaves them. It returns the
// name that is still to be sealed and its lock, or a nil lock if all is done.
// Whatever holds a line that the other does not have is kept. The seal lock and
// the file's lock are held.
func (w *Writer) settle(ctx context.Context, n Name, l fileLock) (Name, fileLock, error) {
	plain, err := w.fs.open(w.path(n), os.O_RDONLY)
	if err != nil {
		return n, l, fmt.Errorf("open %s: %w", w.path(n), err)
	}
	like, err := w.compare(n, plain)
	if err = errors.Join(err, plain.Close()); err != nil {
		return n, l, err
	}
	switch like {
	case equal, longer:
		err = w.removePlain(n, Event{Kind: SealEnd, File: n.As(Sealed).String()})
		if err == nil {
			err = w.release(ctx, n, l)
		}
		return n, nil, err
	case shorter:
		return n, l, errors.Join(w.removeIfThere(n.As(Sealed)), w.removeIfThere(n.As(Index)))
	case damaged:
		return n, l, w.setAside(n)
	}
	return w.rename(ctx, n, l)
}

// setAside gives a damaged sealed file, whose plain file exists, another name.
func (w *Writer) setAside(n Name) error {
	to := n.As(SetAside)
	if err := w.fs.link(w.path(n.As(Sealed)), w.path(to)); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("set %s aside: %w", n.As(Sealed), err)
	}
	if err := errors.Join(w.removeIfThere(n.As(Sealed)), w.removeIfThere(n.As(Index))); err != nil {
		return err
	}
	w.events.note(Event{Kind: Moved, File: to.String(), Err: fmt.Errorf("%s is damaged; it is sealed again from the plain file", n.As(Sealed))})
	return nil
}

// rename gives a plain file the next free name of its day, as another text is
// sealed under its own.
func (w *Writer) rename(ctx context.Context, n Name, l fileLock) (to Name, toLock fileLock, err error) {
	err = w.withFolder(ctx, func() error {
		names, err := w.list()
		if err != nil {
			return err
		}
		to = nextName(names, n.Day)
		if toLock, err = w.tryName(to); err != nil || toLock == nil {
			return errors.Join(err, fmt.Errorf("rename %s: %s is in use", n, to))
		}
		if err := w.fs.link(w.path(n), w.path(to)); err != nil {
			return errors.Join(fmt.Errorf("rename %s: %w", n, err), w.dropLock(to, toLock))
		}
		if err := w.removeIfThere(n); err != nil {
			if w.missing(n) { // it went all the same
				return nil
			}
			if _, statErr := w.fs.lstat(w.path(n)); statErr == nil { // else to may be all that is left
				err = errors.Join(err, w.removeIfThere(to))
			}
			return errors.Join(err, w.dropLock(to, toLock))
		}
		return nil
	})
	if err != nil {
		return n, l, err
	}
	w.events.note(Event{Kind: Moved, File: to.String(), Err: fmt.Errorf("%s holds another text than %s", n.As(Sealed), n)})
	return to, toLock, w.release(ctx, n, l)
}

// compare reads a sealed file whole, with another decoder than the one that
// belongs to its encoder, and compares its text with the plain file byte by
// byte. An error means that the disk failed, not that the files differ.
func (w *Writer) compare(n Name, plain file) (likeness, error) {
	path := w.path(n.As(Sealed))
	sealed, err := w.fs.open(path, os.O_RDONLY)
	if err != nil {
		return damaged, fmt.Errorf("open %s: %w", path, err)
	}
	defer sealed.Close()
	src := &sourceReader{r: io.NewSectionReader(sealed, 0, 1<<62)}
	zr := &sealedText{}
	if zr.members.Reset(src); zr.members.Next() != nil {
		return damaged, src.failure(path)
	}
	theirs, ours := make([]byte, 256<<10), make([]byte, 256<<10)
	off := int64(0)
	for {
		if err := w.hurried(); err != nil {
			return damaged, fmt.Errorf("compare %s: %w", path, err)
		}
		read, err := io.ReadFull(zr, theirs)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF || err == io.ErrUnexpectedEOF && !ended(zr) {
			return damaged, src.failure(path)
		}
		m, plainErr := plain.ReadAt(ours[:read], off)
		if plainErr != nil && plainErr != io.EOF {
			return damaged, fmt.Errorf("read the plain file of %s: %w", path, plainErr)
		}
		if !bytes.Equal(ours[:m], theirs[:m]) {
			return whole(zr, distinct, src, path)
		}
		if m < read {
			return whole(zr, longer, src, path)
		}
		off += int64(read)
		if err != nil {
			break
		}
	}
	info, err := plain.Stat()
	if err != nil {
		return damaged, fmt.Errorf("read the plain file of %s: %w", path, err)
	}
	if info.Size() > off {
		return shorter, nil
	}
	return equal, nil
}

// sealedText is the text of all members of a file, one after the other.
type sealedText struct{ members inflate.Reader }

func (t *sealedText) Read(p []byte) (int, error) {
	for {
		if n, err := t.members.Read(p); n > 0 || err != io.EOF {
			return n, err
		}
		if err := t.members.Next(); err != nil {
			return 0, err // io.EOF at the end of the file
		}
	}
}

// ended reports whether a decoder that gave less than was asked for has come
// to the end of the file, and not upon damage.
func ended(zr io.Reader) bool {
	_, err := zr.Read(make([]byte, 1))
	return err == io.EOF
}

// whole reads on to the end: what differs counts only if it is sound.
func whole(zr io.Reader, like likeness, src *sourceReader, path string) (likeness, error) {
	if _, err := io.Copy(io.Discard, zr); err != nil {
		return damaged, src.failure(path)
	}
	return like, nil
}

// sourceReader remembers how reading the disk failed, to tell it from damage.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *sourceReader) failure(path string) error {
	if s.err != nil {
		return fmt.Errorf("read %s: %w", path, s.err)
	}
	return nil
}
