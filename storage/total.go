package storage

import "time"

// Total counts all actions of a service and action since the process began.
// It never goes back, not even where a store is cleared.
type Total struct {
	Service, Action string

	Success, Failed int64
	Sum             time.Duration // of all durations
	Durations       Histogram     // of all; the receiver's own

	// Exemplars are recent actions that have a trace id, at most one of each
	// octave of durations, shortest first.
	Exemplars []Exemplar
}

// Exemplar is an action that stands for others of about its duration.
type Exemplar struct {
	Duration time.Duration
	Time     time.Time // when it ended
	TraceID  TraceID   // never zero
	SpanID   SpanID    // zero if unknown
}
