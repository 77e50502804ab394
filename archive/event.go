package archive

import (
	"fmt"
	"sync"
	"time"
)

// EventKind says what an [Event] tells.
type EventKind string

// The kinds of events.
const (
	Opened  EventKind = "opened"  // File is the active file from now on
	Rotated EventKind = "rotated" // File is no longer written to, and waits to be sealed
	SealEnd EventKind = "sealed"  // File has been written as gzip, read back and compared; its plain file is gone
	Removed EventKind = "removed" // File was removed because Options said so, or because it was empty
	Trimmed EventKind = "trimmed" // Bytes of File that were no whole lines were moved to its .torn file
	Moved   EventKind = "moved"   // File was given another name, because something else had its own; Err says why
	Failure EventKind = "failed"  // Err says what could not be done; it is tried again
)

// Event is something that a [Writer] did.
type Event struct {
	Kind   EventKind
	File   string // base name; empty where no one file is meant
	Lines  int64  // of a sealed file
	Bytes  int64  // of its plain text, or what was trimmed or removed
	Packed int64  // bytes of the gzip file
	Took   time.Duration
	Err    error
}

// String returns the event in one line.
func (e Event) String() string {
	switch {
	case e.Err != nil && e.File != "":
		return fmt.Sprintf("%s %s: %v", e.Kind, e.File, e.Err)
	case e.Err != nil:
		return fmt.Sprintf("%s: %v", e.Kind, e.Err)
	case e.Kind == SealEnd:
		return fmt.Sprintf("sealed %s: %d lines, %d bytes in %d, %s", e.File, e.Lines, e.Bytes, e.Packed, e.Took.Round(time.Millisecond))
	case e.Bytes > 0:
		return fmt.Sprintf("%s %s: %d bytes", e.Kind, e.File, e.Bytes)
	}
	return fmt.Sprintf("%s %s", e.Kind, e.File)
}

// events hands events over one at a time, in the order in which they were
// noted, once no other lock is held.
type events struct {
	tell func(Event)

	mu      sync.Mutex
	queue   []Event
	telling bool
}

// note queues an event. It never blocks on who listens.
func (s *events) note(e Event) {
	s.mu.Lock()
	s.queue = append(s.queue, e)
	s.mu.Unlock()
}

// flush tells what was noted, unless another goroutine is telling already.
func (s *events) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.telling {
		return
	}
	s.telling = true
	defer func() { s.telling = false }()
	for len(s.queue) > 0 {
		batch := s.queue
		s.queue = nil
		s.hand(batch)
	}
}

// hand tells events without the lock, and has it again also if that panics.
func (s *events) hand(batch []Event) {
	s.mu.Unlock()
	defer s.mu.Lock()
	for _, e := range batch {
		s.tell(e)
	}
}
