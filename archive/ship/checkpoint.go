package ship

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"actionlog/archive"
)

// CheckpointError is a checkpoint that is refused. Its file is not touched.
type CheckpointError struct {
	Path string
	Err  error // what is wrong with it
}

// Error returns one sentence that names the file and says what can be done.
func (e *CheckpointError) Error() string {
	return fmt.Sprintf("the checkpoint %s is refused: %v; name another, or remove it to begin anew", e.Path, e.Err)
}

// Unwrap returns what is wrong with the checkpoint.
func (e *CheckpointError) Unwrap() error { return e.Err }

const (
	version       = 1
	maxCheckpoint = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checkpoint is what the file of it holds.
type checkpoint struct {
	Version   int        `json:"actionlogShip"`
	Name      string     `json:"name"`
	Archive   string     `json:"archive"` // absolute path
	From      time.Time  `json:"from,omitzero"`
	Saved     time.Time  `json:"saved"`
	Delivered int64      `json:"delivered"`
	Refused   int64      `json:"refused"`
	Missed    int64      `json:"missed"`
	Damaged   int64      `json:"damaged"`
	Texts     []textMark `json:"texts"` // in order of the files
}

// textMark is an [archive.Mark].
type textMark struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Line   int64  `json:"line"`
	Last   int64  `json:"last,omitempty"`
	Sum    uint32 `json:"sum,omitempty"`
	Known  int64  `json:"known"`
	Done   bool   `json:"done,omitempty"`
}

func newTextMarks(marks []archive.Mark) []textMark {
	texts := make([]textMark, len(marks))
	for i, m := range marks {
		texts[i] = textMark{m.File.String(), m.Offset, m.Line, m.Last, m.Sum, m.Known, m.Done}
	}
	return texts
}

// marks returns the marks of all texts, which are valid.
func (c *checkpoint) marks() []archive.Mark {
	marks := make([]archive.Mark, len(c.Texts))
	for i, t := range c.Texts {
		name, _ := archive.ParseName(t.File)
		marks[i] = archive.Mark{File: name, Offset: t.Offset, Line: t.Line, Last: t.Last, Sum: t.Sum, Known: t.Known, Done: t.Done}
	}
	return marks
}

// encode returns the two lines of the file.
func (c *checkpoint) encode() ([]byte, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	return fmt.Appendf(b, "crc32c %08x\n", crc32.Checksum(b, castagnoli)), nil
}

// parseCheckpoint reads what encode wrote, and nothing else.
func parseCheckpoint(b []byte) (*checkpoint, error) {
	end := bytes.IndexByte(b, '\n') + 1
	if !bytes.HasPrefix(b, []byte(`{"actionlogShip":`)) {
		return nil, errors.New("it does not begin as a checkpoint does")
	}
	if want := fmt.Sprintf("crc32c %08x\n", crc32.Checksum(b[:end], castagnoli)); end == 0 || string(b[end:]) != want {
		return nil, errors.New("it is damaged: its checksum is not that of its text")
	}
	var c checkpoint
	dec := json.NewDecoder(bytes.NewReader(b[:end]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("it is not understood: %w", err)
	}
	return &c, c.validate()
}

func (c *checkpoint) validate() error {
	if c.Version != version {
		return fmt.Errorf("it has version %d; allowed is %d", c.Version, version)
	}
	if min(c.Delivered, c.Refused, c.Missed, c.Damaged) < 0 {
		return errors.New("one of its counts is negative")
	}
	var before archive.Name
	for i, t := range c.Texts {
		name, ok := archive.ParseName(t.File)
		switch {
		case !ok || name.Kind != archive.Plain:
			return fmt.Errorf("its file %q is none of an archive", t.File)
		case i > 0 && name.Compare(before) <= 0:
			return fmt.Errorf("its file %s is out of order", t.File)
		case t.Offset < 0 || t.Line < 0 || t.Line > t.Offset || t.Last < 0 || t.Last > t.Offset || t.Known < t.Line:
			return fmt.Errorf("its position in %s cannot be: %d bytes, %d lines of %d, the last of %d bytes", t.File, t.Offset, t.Line, t.Known, t.Last)
		}
		before = name
	}
	return nil
}

// readCheckpoint returns nil if there is none.
func readCheckpoint(path string) (*checkpoint, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return nil, &CheckpointError{path, fmt.Errorf("it is not a regular file (%s)", info.Mode())}
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint %s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint %s: %w", path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCheckpoint+1))
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint %s: %w", path, err)
	}
	if len(b) > maxCheckpoint {
		return nil, &CheckpointError{path, fmt.Errorf("it has more than %d bytes", maxCheckpoint)}
	}
	c, err := parseCheckpoint(b)
	if err != nil {
		return nil, &CheckpointError{path, err}
	}
	return c, nil
}

// writeCheckpoint replaces the file as a whole, on the disk before it returns.
func writeCheckpoint(path string, c *checkpoint) error {
	b, err := c.encode()
	if err == nil {
		err = replaceFile(path, b)
	}
	if err != nil {
		return fmt.Errorf("write the checkpoint %s: %w", path, err)
	}
	return nil
}

// replaceFile gives path the content b: at every moment, and after a loss of
// power, it has the old or the new one. One process at a time does it.
func replaceFile(path string, b []byte) error {
	draft := path + ".tmp"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		os.Remove(draft)
		return err
	}
	return syncDir(filepath.Dir(path))
}
