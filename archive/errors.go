package archive

import "fmt"

// SyntaxError is a line of an archive that is no action. The lines around it
// are read all the same.
type SyntaxError struct {
	File   string // base name
	Line   int    // counted from 1
	Offset int64  // of the line's first byte in the plain text; for a sealed file in the text of its member
	Err    error  // what is wrong with it, such as a [*storage.SyntaxError]
}

// Error returns one sentence that names the file and the line.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns what is wrong with the line.
func (e *SyntaxError) Unwrap() error { return e.Err }

// CorruptError is a part of an archive that cannot be read at all: a damaged
// stretch of a sealed file, or something that has the name of a file and is
// none. What comes after it is read if its beginning can be found.
type CorruptError struct {
	File   string // base name
	Line   int    // number of the first line that is lost, counted from 1
	Offset int64  // where the damage begins, in bytes of the file as it is on the disk
	Err    error
}

// Error returns one sentence that names the file and the place.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s, byte %d (line %d): %v", e.File, e.Offset, e.Line, e.Err)
}

// Unwrap returns what is wrong.
func (e *CorruptError) Unwrap() error { return e.Err }
