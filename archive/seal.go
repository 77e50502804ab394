package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// seal turns a plain file into a sealed one:
//
//	write a draft, fsync it          a crash leaves the draft, which is removed
//	link it to the sealed name       … both files; they are compared, see settle
//	fsync the folder
//	read it back and compare
//	write the index, see putIndex    … a file without one, or a draft of one
//	remove the plain file
//
// Nothing is ever put in the place of a file that exists, and the plain file
// goes only after all of it was found in the sealed one. The seal lock and the
// file's lock are held.
func (w *Writer) seal(n Name) error {
	began := time.Now()
	plainPath, path := w.path(n), w.path(n.As(Sealed))
	for _, kind := range []Kind{Draft, SealDraft} {
		if err := w.removeIfThere(n.As(kind)); err != nil {
			return err
		}
	}
	plain, err := w.fs.open(plainPath, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // its owner took it away; nothing can be done for it
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", plainPath, err)
	}
	defer plain.Close()

	x := newIndexer()
	event, err := w.pack(n, plain, x)
	if err != nil {
		return err
	}
	if event.Bytes == 0 {
		return w.removePlain(n, Event{Kind: Removed, File: n.String()})
	}
	draftPath := w.path(n.As(SealDraft))
	if err := w.fs.link(draftPath, path); err != nil {
		return errors.Join(fmt.Errorf("name %s: %w", path, err), w.removeIfThere(n.As(SealDraft)))
	}
	if err := w.removeIfThere(n.As(SealDraft)); err != nil {
		return err
	}
	if err := w.fs.syncDir(w.dir); err != nil {
		return fmt.Errorf("sync the folder of %s: %w", path, err)
	}
	same, err := w.compare(n, plain)
	if err != nil {
		return err
	}
	if same != equal {
		return errors.Join(fmt.Errorf("seal %s: read back, it is not the text of the plain file; it is written again", path), w.removeIfThere(n.As(Sealed)))
	}
	w.writeIndex(n, x)
	event.Took = time.Since(began)
	return w.removePlain(n, event)
}

// pack writes the draft of the sealed file and forces it to the disk. x learns
// what is in it.
func (w *Writer) pack(n Name, plain file, x *indexer) (e Event, err error) {
	path := w.path(n.As(SealDraft))
	draft, err := w.fs.open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return e, fmt.Errorf("create %s: %w", path, err)
	}
	defer func() {
		if err = errors.Join(err, draft.Close()); err != nil {
			err = errors.Join(fmt.Errorf("seal %s: %w", n, err), w.removeIfThere(n.As(SealDraft)))
		}
	}()
	e = Event{Kind: SealEnd, File: n.As(Sealed).String()}
	var p packer
	for piece, err := range pieces(wholeFile(plain)) {
		if err == nil {
			err = w.hurried()
		}
		if err != nil {
			return e, err
		}
		if piece.text == nil || !piece.whole {
			return e, fmt.Errorf("the %d bytes from byte %d are no line of an archive", piece.size, piece.off)
		}
		read := make(chan error, 1)
		go func() { read <- x.read(piece.text) }()
		member, m, err := p.pack(piece.text)
		if err = errors.Join(err, <-read); err != nil {
			return e, err
		}
		if err := writeAll(draft, member, e.Packed); err != nil {
			return e, err
		}
		x.place(m)
		e.Packed += m.packed
		e.Bytes += m.plain
		e.Lines += int64(m.lines)
	}
	return e, draft.Sync()
}

// removePlain removes a plain file that has been dealt with, and says so.
func (w *Writer) removePlain(n Name, e Event) error {
	for _, kind := range []Kind{SealDraft, Plain} {
		if err := w.removeIfThere(n.As(kind)); err != nil {
			return err
		}
	}
	if err := w.fs.syncDir(w.dir); err != nil {
		return fmt.Errorf("sync the folder of %s: %w", w.path(n), err)
	}
	if e.Kind == SealEnd {
		w.board.set(func(s *Status) { s.Sealed++ })
	}
	w.events.note(e)
	return nil
}

// hurried returns an error once sealing is to be broken off.
func (w *Writer) hurried() error {
	select {
	case <-w.hurry:
		return errors.New("it was broken off as the writer was closed")
	default:
		return nil
	}
}

func (w *Writer) removeIfThere(n Name) error {
	if err := w.fs.remove(w.path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", w.path(n), err)
	}
	return nil
}
