package archive

import (
	"bytes"
	"fmt"

	"actionlog/storage"
)

// decodeSpan decodes the lines of a span and offers each action to visit. wants
// is asked first, with the moment of a line where that can be told without
// decoding it. A line that is no action goes to problem. Either returns false to
// end it; decodeSpan reports whether neither did.
func (t *text) decodeSpan(s *span, lines []byte, wants func(ns int64) bool, visit func(*storage.Action) bool, problem func(error) bool) bool {
	number, offset := s.line, int64(0)
	if s.packed == 0 {
		offset = s.off
	}
	var a storage.Action
	for line := range bytes.Lines(lines) {
		ok := true
		if ns, told := fastTime(line); told && !wants(ns) {
			// of no interest
		} else if err := storage.DecodeJSON(bytes.TrimSuffix(line, newline), &a); err != nil {
			ok = problem(&SyntaxError{File: t.base, Line: number, Offset: offset, Err: err})
		} else if told || wants(a.Time.UnixNano()) {
			if a.ID == "" {
				a.ID = lineID(t.src.stem, number)
			}
			ok = visit(&a)
		}
		if !ok {
			return false
		}
		number++
		offset += int64(len(line))
	}
	return true
}

// fastTime returns the moment of a line that begins as our encoder begins it.
func fastTime(line []byte) (ns int64, ok bool) {
	rest, found := bytes.CutPrefix(line, lineStart)
	if !found {
		return 0, false
	}
	return parseTime(rest)
}

// lineID is the id of a line that has none: the file, without what says
// whether it is sealed, and the number of the line, wide enough to compare as
// text. It stays the same when the file is sealed.
func lineID(stem string, line int) storage.ID {
	return storage.ID(fmt.Sprintf("%s:%010d", stem, line))
}
