package ring

import (
	"net/netip"
	"runtime"
	"sync/atomic"

	"actionlog/storage"
)

// The low byte of a slot's state; the number of its action is above it.
const (
	readers  = 0x3f // how many readers hold it
	counted  = 0x40 // it was counted by itself: see progress for the others
	writing  = 0x80 // a writer holds it
	busy     = readers | writing
	numShift = 8
)

// slot holds one action.
type slot struct {
	state atomic.Uint64
	rec   record
}

// record is an action without its texts: 120 bytes, no pointers.
type record struct {
	time     int64 // nanoseconds since 1970
	duration int64
	handle   storage.Handle
	code     uint16
	flags    uint8
	outcome  uint8 // index in outcomes
	trace    storage.TraceID
	span     storage.SpanID
	bytes    int64 // the last in the cache line of state, which is all that counting reads

	side    uint64   // where the side bytes are
	remote  [16]byte // an IPv4 address is mapped
	idLen   uint8    // bytes of the request id in text
	pathLen uint8    // bytes of the path in text, behind the request id
	sideLen uint16   // 0 for no side bytes
	text    [36]byte
}

const (
	failed    = 1 << iota // the action failed
	isHTTP                // it was a request
	hasRemote             // the peer's address is known
	isRoute               // the path is the route
	hasSide               // while it is written: something does not fit
)

var outcomes = [...]storage.Outcome{"", storage.Panic, storage.Aborted, storage.Hijacked, storage.Streamed}

func outcomeIndex(o storage.Outcome) uint8 {
	for i, known := range outcomes {
		if o == known {
			return uint8(i)
		}
	}
	return 0
}

// take locks the slot to write action n, if its state is still as it was before.
func (s *slot) take(n, before uint64) bool {
	return s.state.CompareAndSwap(before, n<<numShift|writing)
}

// publish unlocks the slot that holds action n from now on.
func (s *slot) publish(n uint64) { s.state.Store(n << numShift) }

// what a reader finds when it looks for an action.
type found int

const (
	ready   found = iota // it is there, and locked for the reader
	pending              // it is not there yet, or never will be: a gap
	gone                 // it has been overwritten
)

// acquire locks the slot for reading action n. If it is ready the caller
// calls release.
func (s *slot) acquire(n uint64) found {
	for spins := 0; ; spins++ {
		state := s.state.Load()
		switch number := state >> numShift; {
		case number > n:
			return gone
		case number < n, state&writing != 0:
			return pending
		}
		if state&readers != readers && s.state.CompareAndSwap(state, state+1) {
			return ready
		}
		if spins > 16 {
			runtime.Gosched() // only other readers can keep it from us
		}
	}
}

func (s *slot) release() { s.state.Add(^uint64(0)) }

// releaseCounted unlocks the slot and notes that it was counted. Only one
// goroutine counts at a time.
func (s *slot) releaseCounted() { s.state.Add(counted - 1) }

// read copies the record of action n.
func (s *slot) read(n uint64, rec *record) found {
	f := s.acquire(n)
	if f == ready {
		*rec = s.rec
		s.release()
	}
	return f
}

// addr returns the address of the peer.
func (r *record) addr() netip.Addr {
	if r.flags&hasRemote == 0 {
		return netip.Addr{}
	}
	return netip.AddrFrom16(r.remote).Unmap()
}
