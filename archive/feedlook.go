package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Look sees which texts there are and how long they are, for [Feed.Begin] and
// [Feed.Behind]. gone are marks of those that were removed before all of their
// lines were given: Known less Line are how many. Each is told once. An error
// about one text does not keep the others from being looked at.
func (f *Feed) Look(ctx context.Context) (gone []Mark, err error) {
	names, err := f.a.names()
	if err != nil {
		return nil, err
	}
	there := make(map[Name]bool, len(names))
	for _, n := range names {
		there[n] = true
		t := f.texts[n]
		if t == nil {
			t = &feedText{read: Mark{File: n}, kept: Mark{File: n}}
			f.texts[n] = t
		}
		if t.gone { // and another now has its name
			*t = feedText{read: Mark{File: n}, kept: Mark{File: n}}
		}
	}
	var errs []error
	for _, n := range f.names() {
		t := f.texts[n]
		switch {
		case there[n] && t.read.Done || f.cur != nil && f.cur.name == n && !there[n]:
		case there[n]:
			if err := f.count(ctx, n, t); err != nil {
				errs = append(errs, err)
			}
		default:
			if m, lost := f.lose(n, t); lost {
				gone = append(gone, m)
			}
		}
		if err := ctx.Err(); err != nil {
			return gone, err
		}
	}
	return gone, errors.Join(errs...)
}

// lose notes that a text is gone, and returns its mark if lines of it were not
// read.
func (f *Feed) lose(n Name, t *feedText) (m Mark, lost bool) {
	first := !t.gone
	t.gone = true
	m = t.read
	m.File, m.Known = n, t.known
	if t.kept.Offset == t.read.Offset {
		delete(f.texts, n)
	}
	return m, first && !m.Done && m.Known > m.Line
}

// count sees how many lines a text has. Those of a plain file are counted on from
// where the last count ended, those of a sealed one once.
func (f *Feed) count(ctx context.Context, n Name, t *feedText) error {
	if t.sealed {
		return nil
	}
	text, err := openText(ctx, f.source(n))
	if errors.Is(err, fs.ErrNotExist) || isDamage(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", n, err)
	}
	defer text.close()
	if text.gzip {
		return t.countSealed(text)
	}
	if !t.counted || t.size < t.read.Offset {
		t.size, t.known, t.counted = t.read.Offset, t.read.Line, true
	}
	if text.size < t.size {
		if text.size < t.read.Offset {
			t.doubtful = true
			return nil
		}
		t.size, t.known = t.read.Offset, t.read.Line
	}
	return t.countPlain(text)
}

func (t *feedText) countPlain(text *text) error {
	if text.size == t.size {
		return nil
	}
	buf := make([]byte, min(256<<10, text.size-t.size))
	for size := t.size; size < text.size; {
		n, err := text.f.ReadAt(buf[:min(int64(len(buf)), text.size-size)], size)
		if err != nil && err != io.EOF {
			return text.failure(err)
		}
		if n == 0 || text.ctx.Err() != nil {
			return text.ctx.Err()
		}
		if end := bytes.LastIndexByte(buf[:n], '\n') + 1; end > 0 {
			t.known += int64(bytes.Count(buf[:end], newline))
			t.size = size + int64(end)
		}
		size += int64(n)
	}
	return nil
}

func (t *feedText) countSealed(text *text) error {
	lines, size := int64(0), int64(0)
	for s, err := range text.spans() {
		if err != nil && !isBroken(err) {
			return err
		}
		if err := text.ctx.Err(); err != nil {
			return err
		}
		size += s.plain
		switch {
		case s.text != nil:
			lines += int64(bytes.Count(s.text, newline))
		case err != nil && s.plain > 0:
			lines++
		default:
			lines += int64(s.lines)
		}
	}
	t.known, t.size, t.counted, t.sealed = max(lines, t.read.Line), max(size, t.read.Offset), true, true
	return nil
}

// SkipAll moves the marks to the end of all that there is: what is written later
// is all that Next will give.
func (f *Feed) SkipAll(ctx context.Context) error {
	if _, err := f.Look(ctx); err != nil {
		return err
	}
	for n, t := range f.texts {
		t.read = Mark{File: n, Offset: t.size, Line: t.known, Known: t.known, Done: t.sealed}
		t.kept = t.read
	}
	return nil
}
