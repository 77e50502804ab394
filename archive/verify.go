package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// Finding is something that [Archive.Verify] found wrong.
type Finding struct {
	File string // base name
	Err  error  // a [*SyntaxError], a [*CorruptError], or an [*IndexError]
}

// IndexError is an index that is not what its file holds. Where that can be
// told without reading the file, it is not used; [Archive.Reindex] makes it
// again.
type IndexError struct {
	File string // base name of the index
	Err  error
}

// Error returns one sentence that names the index.
func (e *IndexError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }

// Unwrap returns what is wrong.
func (e *IndexError) Unwrap() error { return e.Err }

// Verified is what was looked at.
type Verified struct {
	Files, Lines, Bytes int64 // Bytes of plain text
	Indexes             int64
	Findings            int64
}

// Verify reads everything: each member, each line, and compares each index with
// one that is made anew. report, which may be nil, is told of each thing that
// is wrong. The error is what kept Verify from looking at the rest.
func (a *Archive) Verify(ctx context.Context, report func(Finding)) (Verified, error) {
	v := verifier{ctx: ctx, report: report}
	sources, err := a.sources()
	if err != nil {
		return v.sum, err
	}
	p := progress{}
	p.begin(a, sources)
	for i := range sources {
		t, err := openText(ctx, &sources[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var size int64
		if err == nil {
			size = t.size
			err = v.text(t)
			t.close()
		} else {
			err = v.pass("", err)
		}
		if err != nil {
			return v.sum, err
		}
		p.add(size)
	}
	return v.sum, nil
}

// verifier is the state of a Verify.
type verifier struct {
	ctx    context.Context
	report func(Finding)
	sum    Verified
	u      unpacker
}

func (v *verifier) text(t *text) error {
	v.sum.Files++
	for sp, err := range t.spans() {
		if err == nil {
			err = v.span(t, &sp)
		}
		if err = v.pass(t.base, err); err != nil {
			return err
		}
	}
	if !t.gzip || t.src.in != nil {
		return nil
	}
	return v.index(t)
}

// span decodes every line, and compares what the header of a member says.
func (v *verifier) span(t *text, sp *span) error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	lines, err := t.load(&v.u, sp)
	if err != nil {
		return err
	}
	v.sum.Lines += int64(bytes.Count(lines, newline))
	v.sum.Bytes += int64(len(lines))
	d := decoding{t: t, span: sp, times: anyTime}
	d.run(lines, nil, func(err error) bool { v.found(t.base, err); return true })
	return nil
}

// index compares the index of a sealed file with one made anew.
func (v *verifier) index(t *text) error {
	base := filepath.Base(t.path) + ".idx"
	x, err := openIndex(t)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	v.sum.Indexes++
	if err != nil {
		v.found(base, &IndexError{base, err})
		return nil
	}
	defer x.close()
	want, err := indexOf(t.f, t.size, v.ctx.Err)
	if ctxErr := v.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err != nil { // of the sealed file, which has been told
		return nil
	}
	got, err := io.ReadAll(io.NewSectionReader(x.f, 0, int64(len(want))+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", base, err)
	}
	if !bytes.Equal(got, want) {
		v.found(base, &IndexError{base, errors.New("it does not say what the file holds")})
	}
	return nil
}

func (v *verifier) found(file string, err error) {
	v.sum.Findings++
	if v.report != nil {
		v.report(Finding{file, err})
	}
}

// pass returns the errors that end a Verify, and tells the others.
func (v *verifier) pass(file string, err error) error {
	var corrupt *CorruptError
	var syntax *SyntaxError
	switch {
	case errors.As(err, &corrupt):
		v.found(corrupt.File, err)
	case errors.As(err, &syntax):
		v.found(file, err)
	default:
		return err
	}
	return nil
}
