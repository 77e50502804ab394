package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"

	"actionlog/storage"
)

var (
	// errClosed ends the streams of a handler that is closed.
	errClosed = errors.New("the server is shutting down")

	// errLoginEnded ends the streams that were let in by a login.
	errLoginEnded = errors.New("its login has ended")
)

// endOf returns why a stream was ended whose context is done.
func endOf(ctx context.Context) error {
	if context.Cause(ctx) == errLoginEnded {
		return errLoginEnded
	}
	return errClosed
}

// streams are all streams of a handler that are open. It is safe for
// concurrent use.
type streams struct {
	follower storage.Follower
	most     int
	perPeer  int
	tailSize int // about how many bytes the tail may hold

	mu     sync.Mutex
	closed bool
	open   map[*streamSeat]struct{}
	peers  map[netip.Addr]int
	tail   *tail
	left   sync.WaitGroup
}

// streamSeat is the place of one stream among those that may be open.
type streamSeat struct {
	peer   netip.Addr
	login  loginKey // that it was let in by; zero if by none
	cancel context.CancelCauseFunc
	ended  bool   // cancel was called
	hurry  func() // see wire; nil until there is one
}

func newStreams(f storage.Follower, o Options) *streams {
	return &streams{
		follower: f, most: o.MaxStreams, perPeer: o.MaxStreamsPerPeer, tailSize: defaultTail,
		open: make(map[*streamSeat]struct{}), peers: make(map[netip.Addr]int),
	}
}

// enter takes a seat, or refuses one. cancel ends the stream that takes it.
func (s *streams) enter(peer netip.Addr, login loginKey, cancel context.CancelCauseFunc) (*streamSeat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	peer = peerKey(peer)
	switch {
	case s.closed:
		return nil, retryLater(http.StatusServiceUnavailable, errClosed.Error())
	case s.peers[peer] >= s.perPeer:
		return nil, retryLater(http.StatusTooManyRequests, fmt.Sprintf("this address has %d streams open, as many as it may (Options.MaxStreamsPerPeer); close one first", s.perPeer))
	case len(s.open) >= s.most:
		return nil, retryLater(http.StatusServiceUnavailable, fmt.Sprintf("%d streams are open, as many as may be (Options.MaxStreams); try again later", s.most))
	}
	seat := &streamSeat{peer: peer, login: login, cancel: cancel}
	s.open[seat] = struct{}{}
	s.peers[peer]++
	s.left.Add(1)
	return seat, nil
}

func retryLater(status int, text string) error {
	return &Error{Status: status, Detail: text, Header: http.Header{"Retry-After": {"10"}}}
}

// connect lets hurry be called when the stream is ended.
func (s *streams) connect(seat *streamSeat, hurry func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seat.hurry = hurry
	if seat.ended {
		hurry()
	}
}

// end ends the stream. The caller holds the mutex of streams.
func (s *streamSeat) end(why error) {
	s.ended = true
	s.cancel(why)
	if s.hurry != nil {
		s.hurry()
	}
}

// leave gives the seat back. Nothing of the stream is touched after it.
func (s *streams) leave(seat *streamSeat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, seat)
	if s.peers[seat.peer]--; s.peers[seat.peer] == 0 {
		delete(s.peers, seat.peer)
	}
	s.left.Done()
}

// hold returns the tail. If there is none one begins behind at. The caller
// calls release.
func (s *streams) hold(at storage.ID) *tail {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tail == nil {
		s.tail = newTail(s.follower, at, s.tailSize)
	}
	s.tail.users++
	return s.tail
}

// release ends the tail if nobody holds it any more, and waits until it has
// ended.
func (s *streams) release(t *tail) {
	s.mu.Lock()
	t.users--
	last := t.users == 0
	if last {
		s.tail = nil
	}
	s.mu.Unlock()
	if last {
		t.stop()
		<-t.done
	}
}

// close ends all streams, refuses new ones, and waits until all have ended.
func (s *streams) close() {
	s.mu.Lock()
	s.closed = true
	for seat := range s.open {
		seat.end(errClosed)
	}
	s.mu.Unlock()
	s.left.Wait()
}

// logout ends the streams that were let in by a login.
func (s *streams) logout(login loginKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for seat := range s.open {
		if seat.login == login {
			seat.end(errLoginEnded)
		}
	}
}
