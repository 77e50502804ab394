package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
)

// leastIndexed is the size from which on sealed files are indexed: a smaller
// one is read whole as fast.
const leastIndexed = 64 << 10

// putIndex writes an index beside its file by the steps of sealing: a draft,
// fsync, its name, and an fsync of the folder that is left to the caller. An
// index that is there already is removed first: without one, searches are
// slower and nothing else.
func putIndex(fsys fileSystem, draft, path string, b []byte) (err error) {
	remove := func(path string) error {
		if err := fsys.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := errors.Join(remove(draft), remove(path)); err != nil {
		return fmt.Errorf("index %s: %w", path, err)
	}
	f, err := fsys.open(draft, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return fmt.Errorf("index %s: %w", path, err)
	}
	err = writeAll(f, b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.link(draft, path)
	}
	if err = errors.Join(err, remove(draft)); err != nil {
		return fmt.Errorf("index %s: %w", path, err)
	}
	return nil
}

// writeIndex gives a sealed file its index. That it fails is noted, and no
// reason not to seal.
func (w *Writer) writeIndex(n Name, x *indexer) {
	if x.off < leastIndexed {
		return
	}
	err := func() error {
		path := w.path(n.As(Sealed))
		f, err := w.fs.open(path, os.O_RDONLY)
		if err != nil {
			return fmt.Errorf("index %s: %w", path, err)
		}
		tail, err := tailOf(f, x.off)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("index %s: %w", path, err)
		}
		b, err := x.file(x.off, tail)
		if err != nil {
			return fmt.Errorf("index %s: %w", path, err)
		}
		return putIndex(w.fs, w.path(n.As(IndexDraft)), w.path(n.As(Index)), b)
	}()
	if err != nil {
		w.events.note(Event{Kind: Failure, File: n.As(Index).String(), Err: err})
		return
	}
	w.indexed[n.As(Sealed)] = true
}

// indexAll makes the indexes that are missing, or that are not of their files,
// and removes those that have no file any more. The seal lock is held.
func (w *Writer) indexAll() error {
	names, err := w.list()
	if err != nil {
		return err
	}
	sealed := namesOf(names, Sealed)
	maps.DeleteFunc(w.indexed, func(n Name, _ bool) bool { return !sealed[n.As(Plain)] })
	var errs []error
	for _, n := range names {
		switch {
		case w.stopping():
			return errors.Join(errs...)
		case n.Kind == IndexDraft, n.Kind == Index && !sealed[n.As(Plain)]:
			errs = append(errs, w.removeIfThere(n))
		case n.Kind == Sealed && !w.indexed[n]:
			path := w.path(n)
			made, err := reindex(w.fs, path, w.path(n.As(IndexDraft)), false, false, w.hurried)
			switch {
			case err != nil && w.stopping(), errors.Is(err, fs.ErrNotExist):
				continue
			case err != nil && !errors.Is(err, errUnindexable) && !errors.As(err, new(*CorruptError)):
				errs = append(errs, err) // it is tried again
				continue
			case err != nil:
				w.events.note(Event{Kind: Failure, File: n.As(Index).String(), Err: err})
			case made:
				errs = append(errs, w.fs.syncDir(w.dir))
			}
			w.indexed[n] = true // one that cannot be indexed is not tried again
		}
	}
	return errors.Join(errs...)
}

// reindex makes the index of a sealed file, unless it has one and force is
// false. It reports whether it made one.
func reindex(fsys fileSystem, path, draft string, follow, force bool, hurried func() error) (made bool, err error) {
	t, err := openText(context.Background(), &source{paths: []string{path}, stem: stemOf(filepath.Base(path)), follow: follow})
	if err != nil {
		return false, err
	}
	defer t.close()
	if t.size < leastIndexed {
		return false, nil
	}
	if !force {
		if x, err := openIndex(t); err == nil {
			x.close()
			return false, nil
		}
	}
	b, err := indexOf(t.f, t.size, hurried)
	if err != nil {
		return false, fmt.Errorf("index %s: %w", path, err)
	}
	return true, putIndex(fsys, draft, path+".idx", b)
}

// Reindex makes the index of each sealed file that has none, or not its own;
// with force, of all of them. A file of less than 64 KiB needs none. report, which may be nil, is told of each file
// that was looked at whether it got one, or why it could not: files that other
// programs packed are searched without. The error is what kept Reindex from
// going on. No writer may seal in the folder meanwhile; one that does makes
// Reindex fail at once.
func (a *Archive) Reindex(ctx context.Context, force bool, report func(file string, made bool, err error)) error {
	sources, err := a.sources()
	if err != nil {
		return err
	}
	if a.dir != "" {
		l, ok, err := disk{}.tryLock(filepath.Join(a.dir, sealLockName))
		if err == nil && !ok {
			err = errors.New("another process is sealing or indexing")
		}
		if err != nil {
			return fmt.Errorf("index the archive %s: %w", a.dir, err)
		}
		defer l.Unlock()
	}
	p := progress{}
	p.begin(a, sources)
	for i := range sources {
		src := &sources[i]
		path := src.paths[len(src.paths)-1]
		if filepath.Ext(path) != ".gz" {
			continue
		}
		dir, base := filepath.Split(path)
		made, err := reindex(disk{}, path, filepath.Join(dir, "."+base+".idx.tmp"), src.follow, force, ctx.Err)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && made {
			err = disk{}.syncDir(filepath.Clean(dir + "."))
		}
		if report != nil {
			report(base, made, err)
		}
		if info, err := os.Stat(path); err == nil {
			p.add(info.Size())
		}
	}
	return nil
}
