package ship

import (
	"fmt"
	"time"

	"actionlog/storage"
)

// EventKind says what an [Event] tells.
type EventKind string

// The kinds of events.
const (
	Delivered EventKind = "delivered" // the far side has taken Count actions, and the checkpoint has moved
	Retrying  EventKind = "retrying"  // Count actions are sent again after Wait, as Err says why
	Rejected  EventKind = "refused"   // the far side refuses the action ID for good, as Err says why
	Missed    EventKind = "missed"    // Count lines of File were removed before they were delivered
	Damaged   EventKind = "damaged"   // Err, of the archive, was passed over
	Failure   EventKind = "failed"    // Err, of a file here, is waited for: it is tried again after Wait
)

// Event is something that a [Shipper] did or met.
type Event struct {
	Kind  EventKind
	Count int64
	File  string     // base name
	ID    storage.ID // of an action
	Wait  time.Duration
	Err   error
}

// String returns the event in one line.
func (e Event) String() string {
	switch e.Kind {
	case Delivered:
		return fmt.Sprintf("%d actions delivered", e.Count)
	case Retrying:
		return fmt.Sprintf("%d actions are sent again in %s: %v", e.Count, e.Wait.Round(time.Millisecond), e.Err)
	case Rejected:
		return fmt.Sprintf("action %s is refused: %v", e.ID, e.Err)
	case Missed:
		return fmt.Sprintf("%d lines of %s were removed before they were delivered", e.Count, e.File)
	case Damaged:
		return fmt.Sprintf("passed over: %v", e.Err)
	case Failure:
		return fmt.Sprintf("tried again in %s: %v", e.Wait.Round(time.Millisecond), e.Err)
	}
	return string(e.Kind)
}
