package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// Feed reads an archive's folder line by line, file after file, on from marks
// that its caller keeps: for who delivers actions elsewhere, each once. It follows
// files while they are written, sealed and removed. It is not safe for
// concurrent use.
//
//	gone, err := feed.Look(ctx) // what there is, and what is no more
//	feed.Begin()
//	for {
//		e, ok, err := feed.Next(ctx)
//		if !ok {
//			break // the end of what is there; Look and Begin again later
//		}
//		…
//		feed.Keep(e.Mark)
//	}
type Feed struct {
	a     *Archive
	from  time.Time
	texts map[Name]*feedText
	queue []Name   // texts that Next has still to read
	cur   *reading // the text at hand; nil for none
	errs  []error  // of texts that could not be read
}

// feedText is what is known of a text.
type feedText struct {
	read Mark // behind what Next gave last
	kept Mark // behind what Keep was told last

	known   int64 // lines that there are
	size    int64 // bytes of them
	counted bool  // whether these were looked for
	sealed  bool  // whether they are final
	gone    bool  // no file has the name any more
	queued  bool
	told    bool // that it is no regular file

	doubtful bool // it has the name of what was read, and is not it
}

// Feed returns a feed of the folder, on from marks, which are kept ones of an
// earlier [Feed.Marks]; what has none is read from its beginning. Lines of
// actions that ended before from are passed over. The caller closes it.
func (a *Archive) Feed(marks []Mark, from time.Time) (*Feed, error) {
	if a.dir == "" {
		return nil, errors.New("a feed is of a folder, and the archive is of files")
	}
	f := &Feed{a: a, from: from, texts: map[Name]*feedText{}}
	for _, m := range marks {
		f.texts[m.File.As(Plain)] = &feedText{read: m, kept: m, known: m.Known, size: m.Offset}
	}
	return f, nil
}

// Close lets go of the file that is open.
func (f *Feed) Close() { f.Release() }

// Release closes the file that is open until the next call of Next, for a caller
// that is to pause.
func (f *Feed) Release() {
	if f.cur == nil {
		return
	}
	name := f.cur.name
	f.cur.close()
	f.cur = nil
	f.texts[name].queued = true
	f.queue = slices.Insert(f.queue, 0, name)
}

// Rewind goes back to what is kept.
func (f *Feed) Rewind() {
	f.Release()
	f.queue = nil
	for _, t := range f.texts {
		t.read, t.queued = t.kept, false
	}
}

// Begin lets Next read all texts to the end that they have when it comes to
// them. Those that it has not yet come to keep their turn.
func (f *Feed) Begin() {
	for _, n := range f.names() {
		t := f.texts[n]
		if t.queued || t.gone || t.read.Done || f.cur != nil && f.cur.name == n {
			continue
		}
		if t.counted && !t.sealed && !t.doubtful && t.size <= t.read.Offset {
			continue
		}
		t.queued = true
		f.queue = append(f.queue, n)
	}
}

// Next returns the next entry, or false at the end. What cannot be read is
// passed by until the next Begin, and its error is given at the end. The error of
// ctx ends it at once.
func (f *Feed) Next(ctx context.Context) (e Entry, ok bool, err error) {
	if f.cur != nil && f.cur.t.ctx.Err() != nil { // of an earlier call
		f.Release()
	}
	for {
		if err := ctx.Err(); err != nil {
			return Entry{}, false, err
		}
		if f.cur == nil {
			if len(f.queue) == 0 {
				err := errors.Join(f.errs...)
				f.errs = nil
				return Entry{}, false, err
			}
			if e, ok := f.open(ctx); ok {
				return e, true, nil
			}
			continue
		}
		t := f.texts[f.cur.name]
		e, ok, err := f.cur.next()
		if ok {
			t.read = e.Mark
			return e, true, nil
		}
		sealed, passed := f.cur.t.gzip && err == nil, f.cur.mark.Offset > t.read.Offset
		t.read = f.cur.mark
		f.cur.close()
		f.cur = nil
		switch {
		case err != nil && ctx.Err() != nil:
			return Entry{}, false, ctx.Err()
		case err != nil:
			f.errs = append(f.errs, err)
		case sealed:
			t.read.Done, t.read.Known = true, t.read.Line
			t.known, t.size, t.sealed = t.read.Line, t.read.Offset, true
			return Entry{Mark: t.read}, true, nil
		case passed:
			return Entry{Mark: t.read}, true, nil
		}
	}
}

// open opens the next text of the queue. ok is whether something is to be told
// of it.
func (f *Feed) open(ctx context.Context) (e Entry, ok bool) {
	name := f.queue[0]
	f.queue = f.queue[1:]
	t := f.texts[name]
	if t == nil || t.gone {
		return Entry{}, false
	}
	t.queued, t.doubtful = false, false
	text, err := openText(ctx, f.source(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Entry{}, false // Look will find it gone
	case isDamage(err):
		e := Entry{Err: err, Mark: t.read}
		told := t.told
		t.told = true
		return e, !told
	case err != nil:
		f.errs = append(f.errs, err)
		return Entry{}, false
	}
	r := &reading{t: text, name: name, mark: t.read, from: f.from}
	changed, err := r.seek()
	switch {
	case err != nil:
		r.close()
		f.errs = append(f.errs, err)
		return Entry{}, false
	case changed:
		r.close()
		was := t.read
		was.Known = max(t.known, was.Line)
		e := Entry{Err: &ChangedError{File: text.base, Mark: was}, Mark: Mark{File: name}}
		*t = feedText{read: e.Mark, kept: t.kept, queued: true}
		f.queue = slices.Insert(f.queue, 0, name)
		return e, true
	}
	f.cur = r
	return Entry{}, false
}

// Keep notes that all before m, the mark of an entry, has been dealt with.
func (f *Feed) Keep(m Mark) {
	t := f.texts[m.File]
	if t == nil {
		return
	}
	t.kept = m
	if t.gone && t.kept.Offset == t.read.Offset {
		delete(f.texts, m.File)
	}
}

// Marks returns what is kept, in the order of the files. A text that has none
// and was seen is among them, for its Known.
func (f *Feed) Marks() []Mark {
	marks := make([]Mark, 0, len(f.texts))
	for _, n := range f.names() {
		t := f.texts[n]
		m := t.kept
		m.File, m.Known = n, max(t.known, t.read.Line)
		if t.gone {
			m.Known = t.read.Line // what is beyond was told
		}
		marks = append(marks, m)
	}
	return marks
}

// Behind returns how many lines were seen that are not kept, and how many bytes
// they have, as [Feed.Look] saw them.
func (f *Feed) Behind() (lines, bytes int64) {
	for _, t := range f.texts {
		known, size := max(t.known, t.read.Line), max(t.size, t.read.Offset)
		if t.gone {
			known, size = t.read.Line, t.read.Offset
		}
		lines += max(known-t.kept.Line, 0)
		bytes += max(size-t.kept.Offset, 0)
	}
	return lines, bytes
}

// names returns the texts in their order.
func (f *Feed) names() []Name {
	return slices.SortedFunc(maps.Keys(f.texts), Name.Compare)
}

func (f *Feed) source(n Name) *source {
	plain, sealed := filepath.Join(f.a.dir, n.String()), filepath.Join(f.a.dir, n.As(Sealed).String())
	return &source{paths: []string{plain, sealed}, stem: stemOf(n.String())}
}

// Check looks whether the texts that were read last are still those that the marks
// are of. same is how many are, and other how many have the name of one and are not
// it; these will be read from their beginning. It goes back until it has found a few
// that are the same.
func (f *Feed) Check(ctx context.Context) (same, other int, err error) {
	for _, n := range slices.Backward(f.names()) {
		t := f.texts[n]
		if t.kept.Last == 0 {
			continue
		}
		if same == enoughSame {
			break
		}
		changed, err := f.check(ctx, n, t.kept)
		switch {
		case errors.Is(err, fs.ErrNotExist) || isDamage(err):
		case err != nil:
			return same, other, fmt.Errorf("look for what was read of %s: %w", n, err)
		case changed:
			other++
			t.read.Done, t.kept.Done, t.doubtful = false, false, true
		default:
			same++
		}
	}
	return same, other, nil
}

// enoughSame is how many texts Check has to find as they were.
const enoughSame = 3

// check reports whether a text is not the one that a mark is of.
func (f *Feed) check(ctx context.Context, n Name, m Mark) (changed bool, err error) {
	t, err := openText(ctx, f.source(n))
	if err != nil {
		return false, err
	}
	r := &reading{t: t, name: n, mark: m}
	defer r.close()
	return r.seek()
}
