package ship

import (
	"sync"
	"time"

	"actionlog/storage"
)

// Status is how a [Shipper] fares. The counts are since the checkpoint was begun,
// over restarts, but for Retried.
type Status struct {
	Position string // file and line that were delivered last; empty for none

	Lag      int64         // actions in the archive that are not delivered, as it was last looked at
	LagBytes int64         // bytes of their lines
	Behind   time.Duration // how long ago the first action ended that is being delivered; 0 if there is none

	Delivered int64 // actions that the far side has taken
	Retried   int64 // actions that were sent again, each time, since the shipper was opened
	Refused   int64 // actions that the far side refused for good
	Missed    int64 // lines that were removed before they were delivered
	Damaged   int64 // lines and stretches of the archive that could not be read

	LastDelivery time.Time // when the far side last took something, since the shipper was opened; zero if it has not
	LastError    error     // what does not work at present; nil again once it does
	RetryAt      time.Time // when it is tried again; zero while nothing is waited for
}

// board is the status as it stands, with a lock of its own, so that looking at it
// never waits for a disk or a network.
type board struct {
	mu    sync.Mutex
	s     Status
	first time.Time // when the first action ended that is being delivered; zero for none
}

func (b *board) set(change func(*Status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.s)
}

// begin notes which action is the first that is being delivered; a zero time is
// none.
func (b *board) begin(first time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.first = first
}

// Status returns how the shipper fares. It is safe for concurrent use, and never
// waits for the disk or the far side.
func (s *Shipper) Status() Status {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	st := s.board.s
	if !s.board.first.IsZero() {
		st.Behind = max(s.opts.Now().Sub(s.board.first), 0)
	}
	return st
}

// Stats returns the status in the form in which a ring tells of its sinks, for the
// Report method of one. What was refused, and what was damaged in the archive,
// counts as missed. It is safe for concurrent use.
func (s *Shipper) Stats() storage.SinkStats {
	st := s.Status()
	stats := storage.SinkStats{Lag: st.Lag, Written: st.Delivered, Missed: st.Missed + st.Refused + st.Damaged}
	if st.LastError != nil {
		stats.LastError = st.LastError.Error()
	}
	return stats
}
