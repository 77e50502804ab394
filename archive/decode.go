package archive

import (
	"bytes"
	"fmt"

	"actionlog/storage"
)

// decoding decodes the lines of a span that may be of interest.
type decoding struct {
	t      *text
	span   *span
	filter *lineFilter // nil to decode all
	times  timeRange   // of what is of interest
}

// run offers each action to visit, unless that is nil, and what is wrong with a line that is none
// to problem. Either returns false to end it; run reports whether neither did.
func (d *decoding) run(lines []byte, visit func(*storage.Action) bool, problem func(error) bool) bool {
	none := lineFilter{}
	filter := d.filter
	if filter == nil {
		filter = &none
	}
	find := newFinder(filter, lines)
	number, from := d.span.line, 0
	var a storage.Action
	for {
		start, end, more := filter.next(lines, from, &find)
		if !more {
			return true
		}
		number += bytes.Count(lines[from:start], newline)
		line := lines[start:end]
		from = end
		ok := true
		if ns, told := fastTime(line); told && !d.times.contains(ns) || !filter.head(line) {
			// of no interest
		} else if err := storage.DecodeJSON(bytes.TrimSuffix(line, newline), &a); err != nil {
			ok = problem(&SyntaxError{File: d.t.base, Line: number, Offset: d.offset(start), Err: err})
		} else if told || d.times.contains(a.Time.UnixNano()) {
			if a.ID == "" {
				a.ID = lineID(d.t.src.stem, number)
			}
			ok = visit == nil || visit(&a)
		}
		if !ok {
			return false
		}
		number++
	}
}

// offset returns where in the plain text, or in the text of its member, a line
// of the span begins.
func (d *decoding) offset(start int) int64 {
	if d.span.packed == 0 {
		return d.span.off + int64(start)
	}
	return int64(start)
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
