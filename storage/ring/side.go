package ring

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"sync/atomic"

	"actionlog/storage"
)

// Side bytes are what does not fit the slot, as a sequence of
//
//	tag 1 | length uvarint | text
//
// with an attribute as two of them, its key and its value.
const (
	tagError = iota
	tagPath
	tagRequestID
	tagInstance
	tagKey
	tagValue
)

const (
	chunkBits = 16
	chunkSize = 1 << chunkBits

	// maxSide bounds the side bytes of one action.
	maxSide = storage.MaxError + storage.MaxPath + storage.MaxRequestID + storage.MaxName +
		storage.MaxAttrs*(storage.MaxAttrKey+storage.MaxAttrValue+6) + 4*4

	// sideBudget is what may be kept beyond what the window refers to.
	sideBudget = 64 << 20 / chunkSize
)

// chunk holds side bytes of many actions. Its bytes are written once, each by
// the writer that reserved them, and the chunk is never reused: a reader that
// still has it reads what was written.
type chunk struct {
	number  uint64
	used    atomic.Int64
	retired uint64 // the newest action when the next chunk began; guarded by side.mu
	buf     [chunkSize]byte
}

// side is the sequence of chunks.
type side struct {
	current atomic.Pointer[chunk]
	table   []atomic.Pointer[chunk] // by number, modulo its length
	window  uint64
	slots   uint64

	mu     sync.Mutex // held to add and drop chunks
	oldest uint64
}

func (s *side) init(window, slots int) {
	most := uint64(window)*maxSide/(chunkSize-maxSide) + sideBudget + 4
	s.table = make([]atomic.Pointer[chunk], 1<<bits.Len64(most))
	s.window, s.slots = uint64(window), uint64(slots)
	s.install(&chunk{number: 1})
	s.oldest = 1
}

func (s *side) install(c *chunk) {
	s.table[c.number&uint64(len(s.table)-1)].Store(c)
	s.current.Store(c)
}

// reserve returns n bytes for the caller to write, and where they are. The
// caller holds the slot of an action whose number is at most *head.
func (s *side) reserve(n int, head *atomic.Uint64) (at uint64, b []byte) {
	for {
		c := s.current.Load()
		end := c.used.Add(int64(n))
		if end <= chunkSize {
			start := end - int64(n)
			return c.number<<chunkBits | uint64(start), c.buf[start:start:end]
		}
		s.next(c, head)
	}
}

// next begins a new chunk behind full, if no one else has, and drops the
// chunks that nothing in the ring needs any more.
func (s *side) next(full *chunk, head *atomic.Uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.Load() != full {
		return
	}
	newest := head.Load()
	full.retired = newest
	for ; s.oldest < full.number; s.oldest++ {
		entry := &s.table[s.oldest&uint64(len(s.table)-1)]
		c := entry.Load()
		reach := s.slots
		if full.number-s.oldest >= sideBudget {
			reach = s.window
		}
		if c.retired+reach >= newest {
			break
		}
		entry.Store(nil)
	}
	s.install(&chunk{number: full.number + 1})
}

// at returns n side bytes, or nil if they were dropped.
func (s *side) at(at uint64, n int) []byte {
	number := at >> chunkBits
	c := s.table[number&uint64(len(s.table)-1)].Load()
	if c == nil || c.number != number {
		return nil
	}
	start := at & (chunkSize - 1)
	return c.buf[start : start+uint64(n)]
}

// sideSize returns how many bytes appendSide takes for a text.
func sideSize(s string) int {
	if len(s) < 128 {
		return len(s) + 2
	}
	return len(s) + 3 // texts are shorter than 16 KiB
}

func appendSide(b []byte, tag byte, s string) []byte {
	b = binary.AppendUvarint(append(b, tag), uint64(len(s)))
	return append(b, s...)
}

// cutSide returns the first text of side bytes and the rest.
func cutSide(b string) (tag byte, text, rest string) {
	n, w := int(b[1]), 2
	if n >= 128 {
		n, w = n&127|int(b[2])<<7, 3
	}
	return b[0], b[w : w+n], b[w+n:]
}
