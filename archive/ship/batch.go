package ship

import (
	"actionlog/archive"
	"actionlog/storage"
)

// batch is what is sent together, and the marks behind it.
type batch struct {
	actions []storage.Action
	bytes   int
	marks   []archive.Mark // of all entries, in order; more than one of a file where it changed
	damaged int64
	refused []refused
}

// reset makes the batch empty, and forgets what it held.
func (b *batch) reset() {
	clear(b.actions)
	clear(b.refused)
	*b = batch{actions: b.actions[:0], marks: b.marks[:0], refused: b.refused[:0]}
}

// empty reports whether nothing was come past.
func (b *batch) empty() bool { return len(b.marks) == 0 }

// add takes an entry in.
func (b *batch) add(e *archive.Entry) {
	if n := len(b.marks); n > 0 && b.marks[n-1].File == e.Mark.File {
		b.marks[n-1] = e.Mark
	} else {
		b.marks = append(b.marks, e.Mark)
	}
	switch {
	case e.Found():
		b.actions = append(b.actions, e.Action)
		b.bytes += e.Size
	case e.Err != nil:
		b.damaged++
	}
}

// fits reports whether an entry may be added.
func (b *batch) fits(e *archive.Entry, o *Options) bool {
	return !e.Found() || len(b.actions) == 0 || len(b.actions) < o.Batch && b.bytes+e.Size <= o.BatchBytes
}

// full reports whether no further action may be added.
func (b *batch) full(o *Options) bool {
	return len(b.actions) >= o.Batch || b.bytes >= o.BatchBytes || b.damaged >= int64(o.Batch)
}

// gather returns the actions with these indexes. The whole batch is not copied.
func (b *batch) gather(part []int, buf []storage.Action) (actions, reused []storage.Action) {
	if len(part) == len(b.actions) {
		return b.actions, buf
	}
	buf = buf[:0]
	for _, i := range part {
		buf = append(buf, b.actions[i])
	}
	return buf, buf
}
