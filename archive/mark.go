package archive

import (
	"fmt"
	"hash/crc32"

	"actionlog/storage"
)

// Mark is how far one text of an archive has been read. It holds for the text,
// whether it is a plain file or was sealed meanwhile.
type Mark struct {
	File   Name   // the plain file's
	Offset int64  // bytes of the text that were read, whole lines
	Line   int64  // how many lines they are
	Last   int64  // bytes of the last of them; 0 if there is none, or it is not known
	Sum    uint32 // CRC-32C of that line, by which the text is known again
	Known  int64  // lines that were seen in the text, read or not
	Done   bool   // the text was sealed, and read to its end
}

// String returns the file and the number of the line that was read last.
func (m Mark) String() string { return fmt.Sprintf("%s, line %d", m.File, m.Line) }

// pass moves the mark behind a line.
func (m *Mark) pass(line []byte) {
	m.Offset += int64(len(line))
	m.Line++
	m.Last, m.Sum = int64(len(line)), crc32.Checksum(line, castagnoli)
	m.Known = max(m.Known, m.Line)
}

// ends reports whether text, which ends where the mark is, ends in the mark's
// last line.
func (m *Mark) ends(text []byte) bool {
	if m.Last == 0 {
		return true
	}
	if int64(len(text)) < m.Last {
		return false
	}
	return crc32.Checksum(text[int64(len(text))-m.Last:], castagnoli) == m.Sum
}

// Entry is a line of an archive, or something else of it that a [Feed] has come
// past.
type Entry struct {
	// Action is what the line holds, if it was found.
	Action storage.Action

	// Size is how many bytes the line has; 0 where lines were passed over, or the
	// text has ended.
	Size int

	// Err is damage that was passed over: a [*SyntaxError], a [*CorruptError]
	// or a [*ChangedError].
	Err error

	// Mark is behind it.
	Mark Mark
}

// Found reports whether the entry holds an action.
func (e *Entry) Found() bool { return e.Err == nil && e.Size > 0 }

// ChangedError is a text of an archive that is no longer the one of which a part
// was read: another has its name, or a crash of the system took lines that were
// read and others came in their place. It is read from its beginning again.
type ChangedError struct {
	File string // base name
	Mark Mark   // how far it had been read; Known less Line are lines that are lost if it was another text
}

// Error returns one sentence that names the file.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s is not the text any more of which %d lines were read; it is read from its beginning", e.File, e.Mark.Line)
}
