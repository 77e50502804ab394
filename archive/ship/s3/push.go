package s3

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"actionlog/archive"
)

// State is what became of a file.
type State string

// The states. The errors of a File are in the words of its state.
const (
	Pushed  State = "pushed"       // it was sent, and the server has the same bytes
	Pulled  State = "pulled"       // it was fetched, and is the bytes that the server has
	Wanted  State = "to be pushed" // with Options.DryRun: it would be sent
	Missing State = "to be pulled" // with Options.DryRun: it would be fetched
	There   State = "there"        // both sides have it, and the same bytes
	Differs State = "differs"      // both sides have something by that name, and it is not the same
	Damaged State = "damaged"      // it was read before it was sent, and is not sound
	Aborted State = "aborted"      // no file, but an abandoned upload of one
)

// File is one file, and what became of it.
type File struct {
	Name  string // base name
	State State
	Size  int64 // in bytes; 0 if it is not known
	Sent  int64 // bytes that went over the wire this time; fewer than Size where an upload was continued
	Err   error // of Differs and Damaged
}

// Sum counts the files of a Push or a Pull by their states, and their bytes.
type Sum struct {
	Files map[State]int
	Sent  int64
}

// Troubled reports whether some differ or are damaged.
func (s *Sum) Troubled() bool { return s.Files[Differs]+s.Files[Damaged] > 0 }

// Found reports whether there was any file.
func (s *Sum) Found() bool { return len(s.Files) > 0 }

func (s *Sum) add(f File) {
	if s.Files == nil {
		s.Files = map[State]int{}
	}
	s.Files[f.State]++
	s.Sent += f.Sent
}

// Push sends the sealed files of the folder dir, oldest first, each followed by
// its index. A file that is damaged, or differs from what is there, is told of
// and passed over; the error is what kept Push from going on, and the next Push
// goes on where it was. A folder without sealed files is no error, and nothing
// is asked of the server then.
func (b *Bucket) Push(ctx context.Context, dir string) (Sum, error) {
	p := pusher{b: b, dir: dir}
	names, err := sealed(dir)
	if err != nil || len(names) == 0 {
		return p.sum, err
	}
	if err := b.login(ctx); err != nil {
		return p.sum, fmt.Errorf("push to %s: %w", b, err)
	}
	if p.objects, err = b.list(ctx); err != nil {
		return p.sum, err
	}
	if p.uploads, err = b.uploads(ctx); err != nil {
		return p.sum, err
	}
	p.plan(names)
	for _, n := range names {
		if err = p.pair(ctx, n); err != nil {
			break
		}
	}
	if b.opts.Note && !b.opts.DryRun { // also of a push that could not go on
		err = errors.Join(err, p.note())
	}
	if err == nil {
		err = p.sweep(ctx)
	}
	return p.sum, err
}

// pusher is the state of a Push.
type pusher struct {
	b       *Bucket
	dir     string
	objects map[string]object // as they were listed
	uploads []upload
	ended   map[string]int64 // sizes of the files whose objects are there now, by base name
	sum     Sum

	mu    sync.Mutex
	done  int64
	total int64
}

// plan adds up what there is to be sent.
func (p *pusher) plan(names []archive.Name) {
	p.ended = map[string]int64{}
	for _, n := range names {
		for _, base := range []string{n.String(), n.As(archive.Index).String()} {
			if _, ok := p.objects[base]; ok {
				continue
			}
			if l, err := openLocal(p.dir, base); err == nil {
				p.total += l.size
				l.f.Close()
			}
		}
	}
	if p.total > 0 {
		p.b.opts.OnProgress(0, p.total)
	}
}

// count tells of bytes that were sent, or of fewer.
func (p *pusher) count(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.b.opts.OnProgress(p.done, p.total)
}

// pair deals with a file and then with its index.
func (p *pusher) pair(ctx context.Context, n archive.Name) error {
	var d *damage // not known yet
	look := func() (damage, error) {
		if d == nil {
			found, err := verify(ctx, p.path(n))
			if err != nil {
				return damage{}, err
			}
			d = &found
		}
		return *d, nil
	}
	f, err := p.file(ctx, n.String(), func() (error, error) { d, err := look(); return d.file, err })
	if err != nil || f.State != Pushed && f.State != There && f.State != Wanted {
		return err // an index without its file is of no use there
	}
	_, err = p.file(ctx, n.As(archive.Index).String(), func() (error, error) {
		d, err := look()
		if err == nil && d.index != nil {
			d.index = fmt.Errorf("%w; actionlog index makes it anew", d.index)
		}
		return d.index, err
	})
	return err
}

func (p *pusher) path(n archive.Name) string { return filepath.Join(p.dir, n.String()) }

// file deals with one file. damaged reads it and says what is wrong with it. A
// file that is gone meanwhile, or an index that was never there, is passed over.
func (p *pusher) file(ctx context.Context, base string, damaged func() (found, err error)) (File, error) {
	f := File{Name: base}
	l, err := openLocal(p.dir, base)
	if isGone(err) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	defer l.f.Close()
	l.count = p.count
	f.Size = l.size
	o, listed := p.objects[base]
	if !listed {
		f.State, f.Err, err = p.send(ctx, l, &f, damaged)
	} else {
		f.State, f.Err, err = p.compare(ctx, l, o)
	}
	if err != nil {
		return f, err
	}
	if f.State == Pushed || f.State == There {
		p.ended[base] = f.Size
	}
	p.sum.add(f)
	p.b.opts.OnFile(f)
	return f, nil
}

// compare says whether a file is what is there.
func (p *pusher) compare(ctx context.Context, l *local, o object) (State, error, error) {
	if err := l.read(ctx, p.b.opts.PartSize); err != nil {
		return "", nil, err
	}
	if same, known := o.compare(l.digest); known && same && o.size == l.size { // the list tells an ETag only
		return There, nil, nil
	}
	o, ok, err := p.b.stat(ctx, l.base)
	if err != nil {
		return "", nil, err
	}
	if !ok {
		return "", nil, fmt.Errorf("look at %s: it was there a moment ago and is gone; somebody removes objects", p.b.url(l.base))
	}
	same, theirs, err := p.b.same(ctx, l, o)
	switch {
	case err != nil:
		return "", nil, err
	case same:
		return There, nil, nil
	}
	return Differs, p.differs(l, theirs), nil
}

// differs tells what both sides have.
func (p *pusher) differs(l *local, theirs string) error {
	return fmt.Errorf("%s is not %s: there %s; here %s; both are left as they are", p.b.url(l.base), l.path, theirs, l.sum())
}

// send sends a file that is not there, and looks whether it arrived.
func (p *pusher) send(ctx context.Context, l *local, f *File, damaged func() (found, err error)) (State, error, error) {
	found, err := damaged()
	switch {
	case err != nil:
		return "", nil, err
	case found != nil:
		p.count(l.size)
		return Damaged, found, nil
	case p.b.opts.DryRun:
		return Wanted, nil, nil
	}
	if err := errors.Join(l.read(ctx, p.b.opts.PartSize), l.unchanged()); err != nil {
		return "", nil, err
	}
	var created bool
	if len(l.digest.parts) == 1 {
		created, f.Sent, err = p.b.put(ctx, l)
	} else {
		created, f.Sent, err = p.b.putParts(ctx, l, p.uploads)
	}
	if err != nil {
		return "", nil, err
	}
	o, err := p.b.statSoon(ctx, l.base)
	if err != nil {
		return "", nil, err
	}
	same, theirs, err := p.b.same(ctx, l, o)
	switch {
	case err != nil:
		return "", nil, err
	case !same && created:
		return "", nil, fmt.Errorf("%s was put and did not arrive as it is here: there %s; here %s; remove that object before the next push", p.b.url(l.base), theirs, l.sum())
	case !same:
		return Differs, p.differs(l, theirs), nil
	case !created && f.Sent == 0:
		return There, nil, nil
	}
	return Pushed, nil, nil
}

// sweep aborts uploads that nobody goes on with.
func (p *pusher) sweep(ctx context.Context) error {
	if p.b.opts.Abandoned < 0 {
		return nil
	}
	left := p.uploads
	if !p.b.opts.DryRun && slices.ContainsFunc(left, func(u upload) bool { return p.ended[u.base] > 0 }) {
		var err error
		if left, err = p.b.uploads(ctx); err != nil { // those that were completed are gone
			return err
		}
	}
	for _, u := range left {
		if time.Since(u.initiated) < p.b.opts.Abandoned {
			continue
		}
		f := File{Name: u.base, State: Aborted}
		if !p.b.opts.DryRun {
			if err := p.b.abort(ctx, u); err != nil {
				return err
			}
		}
		p.sum.add(f)
		p.b.opts.OnFile(f)
	}
	return nil
}
