package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"actionlog/archive"
)

const (
	draftPrefix = ".pull-" // of files that are not whole yet
	draftSuffix = ".tmp"
	staleDraft  = 24 * time.Hour
)

// Pull fetches the sealed files and the indexes that the folder dir lacks,
// oldest first, and makes the folder if there is none. A file has its name once
// it is whole, on the disk, and its checksum is the server's; one that is here
// and differs is told of and left alone. The error is what kept Pull from going
// on. No writer's folder should be pulled into: files that are too old for its
// options are removed again.
func (b *Bucket) Pull(ctx context.Context, dir string) (Sum, error) {
	p := puller{b: b, dir: dir}
	if err := b.login(ctx); err != nil {
		return p.sum, fmt.Errorf("pull from %s: %w", b, err)
	}
	objects, err := b.list(ctx)
	if err != nil || len(objects) == 0 {
		return p.sum, err
	}
	if !b.opts.DryRun {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return p.sum, fmt.Errorf("make the folder to pull into: %w", err)
		}
		p.sweep()
	}
	var names []archive.Name
	for base, o := range objects {
		n, _ := archive.ParseName(base)
		names = append(names, n)
		if _, err := os.Lstat(filepath.Join(dir, base)); errors.Is(err, fs.ErrNotExist) {
			p.total += o.size
		}
	}
	slices.SortFunc(names, archive.Name.Compare) // a file comes before its index
	b.opts.OnProgress(0, p.total)
	for _, n := range names {
		if n.Kind == archive.Index {
			if _, ok := objects[n.As(archive.Sealed).String()]; !ok {
				continue // of no use without its file
			}
		}
		f, err := p.file(ctx, n.String(), objects[n.String()])
		if err != nil {
			return p.sum, err
		}
		p.sum.add(f)
		b.opts.OnFile(f)
	}
	return p.sum, nil
}

// puller is the state of a Pull.
type puller struct {
	b   *Bucket
	dir string
	sum Sum

	mu    sync.Mutex
	done  int64
	total int64
}

func (p *puller) count(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.b.opts.OnProgress(p.done, p.total)
}

// file fetches one file, or compares it with the one that is here.
func (p *puller) file(ctx context.Context, base string, o object) (File, error) {
	f := File{Name: base, Size: o.size, State: Missing}
	l, err := openLocal(p.dir, base)
	switch {
	case err == nil:
		defer l.f.Close()
		return f, p.compare(ctx, l, &f)
	case !isGone(err):
		return f, err
	case p.b.opts.DryRun:
		return f, nil
	}
	f.State, f.Sent = Pulled, o.size
	return f, p.fetch(ctx, base)
}

func (p *puller) compare(ctx context.Context, l *local, f *File) error {
	if err := l.read(ctx, p.b.opts.PartSize); err != nil {
		return err
	}
	o, ok, err := p.b.stat(ctx, l.base)
	if err == nil && !ok {
		err = fmt.Errorf("look at %s: it was there a moment ago and is gone", p.b.url(l.base))
	}
	if err != nil {
		return err
	}
	same, theirs, err := p.b.same(ctx, l, o)
	if err != nil {
		return err
	}
	if f.State = There; !same {
		f.State = Differs
		f.Err = fmt.Errorf("%s is not %s: there %s; here %s; both are left as they are", p.b.url(l.base), l.path, theirs, l.sum())
	}
	return nil
}

// fetch writes a draft, makes sure of it, and names it.
func (p *puller) fetch(ctx context.Context, base string) (err error) {
	path := filepath.Join(p.dir, base)
	o, ok, err := p.b.stat(ctx, base)
	if err == nil && !ok {
		err = fmt.Errorf("look at %s: it was there a moment ago and is gone", p.b.url(base))
	}
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(p.dir, draftPrefix+base+".*"+draftSuffix)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(draft.Name()) // it is gone if it was renamed
	got, err := p.copy(ctx, base, o, draft)
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	same, known := o.compare(got)
	switch {
	case got.size != o.size || known && !same:
		return fmt.Errorf("%s did not arrive as it is there: there %d bytes, %s; here %d bytes, SHA-256 %x", p.b.url(base), o.size, o.sum(), got.size, got.sha)
	case !known: // the server has no checksum that can be made here
		if err := p.sound(ctx, base, draft.Name()); err != nil {
			return err
		}
	}
	if err := nameDraft(draft.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncFolder(p.dir)
}

// copy fetches an object into a draft, as often as it takes, and forces it to
// the disk.
func (p *puller) copy(ctx context.Context, base string, o object, draft *os.File) (got *digest, err error) {
	partSize := o.partSize
	if partSize < 1<<20 || o.size/partSize >= maxParts {
		partSize = partSizeFor(o.size, p.b.opts.PartSize)
	}
	err = p.b.try(ctx, "fetch "+p.b.url(base), func(ctx context.Context, beat func()) error {
		if _, err := draft.Seek(0, 0); err != nil {
			return err
		}
		if err := draft.Truncate(0); err != nil {
			return err
		}
		g := newDigester(partSize)
		w := &fetched{f: draft, g: g, count: p.count}
		if err := p.b.read(ctx, base, w, beat); err != nil {
			p.count(-w.n)
			return err
		}
		got = g.end()
		return nil
	})
	if err == nil {
		if err = draft.Sync(); err != nil {
			err = fmt.Errorf("write %s: %w", draft.Name(), err)
		}
	}
	return got, err
}

// fetched writes to a draft, a digest and the progress.
type fetched struct {
	f     *os.File
	g     *digester
	count func(int64)
	n     int64
}

func (w *fetched) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	w.g.Write(b[:n])
	w.n += int64(n)
	w.count(int64(n))
	return n, err
}

// sound reads a draft of a sealed file whole. Of an index, nothing can be said
// without its file; one that is not its file's is not used.
func (p *puller) sound(ctx context.Context, base, path string) error {
	if strings.HasSuffix(base, ".idx") {
		return nil
	}
	d, err := verify(ctx, path)
	if err == nil && d.file != nil {
		err = fmt.Errorf("%s is damaged there, or was on the way: %w", p.b.url(base), d.file)
	}
	return err
}

// nameDraft gives a draft its name, and never replaces a file.
func nameDraft(draft, path string) error {
	err := os.Link(draft, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, statErr := os.Lstat(path); !errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	return os.Rename(draft, path)
}

// syncFolder makes names last, where a system has a way to.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // Windows and some network file systems refuse it
	return d.Close()
}

// sweep removes the drafts of a pull that was killed.
func (p *puller) sweep() {
	left, _ := filepath.Glob(filepath.Join(p.dir, draftPrefix+"actions-*"+draftSuffix))
	for _, path := range left {
		if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > staleDraft {
			_ = os.Remove(path)
		}
	}
}
