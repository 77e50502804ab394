package archive

import (
	"errors"
	"fmt"
	"io"

	"actionlog/archive/internal/inflate"
)

// unpacker loads spans into memory that it uses again.
type unpacker struct {
	decoder inflate.Decoder
	packed  []byte
	plain   []byte
}

// load returns the lines of a span, valid until the next call with the same
// unpacker. Several goroutines may load spans of one text, but those that can only
// be read through one at a time, and better in their order. The error is a
// [*CorruptError] where the span is damaged, and fs.ErrNotExist where the file is
// gone.
func (t *text) load(u *unpacker, s *span) ([]byte, error) {
	switch {
	case s.text != nil:
		return s.text, nil
	case s.stream > 0:
		return t.loadStream(u, s)
	}
	f := t.f
	if f == nil {
		var err error
		if f, err = t.src.openPath(t.path); err != nil {
			return nil, err
		}
		defer f.Close()
	}
	if s.packed == 0 {
		u.plain = resize(u.plain, s.plain)
		if _, err := f.ReadAt(u.plain, s.off); err != nil {
			return nil, t.readError(s, err)
		}
		return u.plain, nil
	}
	u.packed = resize(u.packed, s.packed)
	if _, err := f.ReadAt(u.packed, s.off); err != nil {
		return nil, t.readError(s, err)
	}
	if err := u.inflate(s.plain); err != nil {
		return nil, &CorruptError{File: t.base, Line: s.line, Offset: s.off, Err: err}
	}
	return u.plain, nil
}

// loadStream reads gzip that can only be read through on to the end of the span.
func (t *text) loadStream(u *unpacker, s *span) ([]byte, error) {
	if t.stream != s.stream || t.read > s.off {
		t.memberReader(s.stream - 1)
		t.stream, t.read = s.stream, 0
	}
	skipped, err := io.CopyN(io.Discard, t.gz, s.off-t.read)
	t.read += skipped
	if err == nil {
		u.plain = resize(u.plain, s.plain)
		var n int
		n, err = io.ReadFull(t.gz, u.plain)
		t.read += int64(n)
	}
	if err != nil {
		return nil, t.damage(s.stream-1+t.gz.start, s.line, err)
	}
	return u.plain, nil
}

// readError tells a file that became shorter from a disk that failed.
func (t *text) readError(s *span, err error) error {
	if err == io.EOF {
		return &CorruptError{File: t.base, Line: s.line, Offset: s.off, Err: errors.New("the file became shorter while it was read")}
	}
	return fmt.Errorf("read %s: %w", t.path, err)
}

// release closes the file; each load opens it for itself from now on. A text of
// thousands that are read at a time need not be open all the while. Only a sealed
// file may be released: a plain one could turn into a sealed one.
func (t *text) release() {
	t.f.Close()
	t.f = nil
}

// inflate unpacks the member, whose text must have that length, whose checksum
// must be right, and which must end where its header says.
func (u *unpacker) inflate(plain int64) error {
	u.plain = resize(u.plain, plain)
	n, read, err := u.decoder.Member(u.plain, u.packed)
	switch {
	case errors.Is(err, inflate.ErrTooLong):
		return fmt.Errorf("the member holds more than the %d bytes that its header says", plain)
	case errors.Is(err, inflate.ErrTruncated) || err == nil && int64(n) < plain:
		return errors.New("the member holds less than its header says")
	case err != nil:
		return err
	case read < len(u.packed):
		return fmt.Errorf("the member ends %d bytes before its header says", len(u.packed)-read)
	}
	return nil
}

// resize returns a slice of n bytes, in the memory of b if that is enough.
func resize(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}
