package adminapi

import (
	"fmt"
	"net/http"
	"sync"
)

const (
	exportsAtOnce = 16 // what they take of memory is up to the store
	exportsOfPeer = 8
)

// exportSeats bound how many exports go on at the same time: each lasts as long
// as its client likes, and a store may hold for it all that it has. Pages of
// other origins that a peer's browser shows have seats that are not the peer's
// own. It is safe for concurrent use.
type exportSeats struct {
	mu    sync.Mutex
	taken int
	by    map[asker]int
}

// enter takes a seat, or refuses one. The caller calls leave.
func (s *exportSeats) enter(from asker) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.by[from] >= exportsOfPeer:
		return retryLater(http.StatusTooManyRequests, fmt.Sprintf("this address has %d exports going on, as many as it may; let one end first", exportsOfPeer))
	case s.taken >= exportsAtOnce:
		return retryLater(http.StatusServiceUnavailable, fmt.Sprintf("%d exports are going on, as many as may be; try again later", exportsAtOnce))
	}
	if s.by == nil {
		s.by = make(map[asker]int)
	}
	s.taken++
	s.by[from]++
	return nil
}

// leave gives a seat back.
func (s *exportSeats) leave(from asker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[from]--; s.by[from] == 0 {
		delete(s.by, from)
	}
}
