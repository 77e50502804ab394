package adminapi

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"

	"actionlog/storage"
)

// chunkSize is the most actions of a chunk.
const chunkSize = 512

// chunk is a run of actions as a cursor gave them out. It is not changed any
// more, and may be read by many streams at once.
type chunk struct {
	prev    storage.ID // the id behind which the chunk was read
	missed  uint64     // actions between prev and the first that were overwritten unread
	actions []storage.Action
	last    storage.ID // the id of the last action, or prev
	size    int        // about how many bytes it takes in memory

	encoded [len(formats)]encoding
}

// encoding is a chunk in one of the formats, made when it is first asked for.
type encoding struct {
	once  sync.Once
	bytes []byte
	ends  []int // where each action ends
}

// in returns the chunk in a format.
func (c *chunk) in(format int) *encoding {
	e := &c.encoded[format]
	e.once.Do(func() {
		e.ends = make([]int, len(c.actions))
		e.bytes = make([]byte, 0, 512*len(c.actions))
		for i := range c.actions {
			e.bytes = formats[format].appendAction(e.bytes, &c.actions[i])
			e.ends[i] = len(e.bytes)
		}
	})
	return e
}

// from returns where in bytes action i begins.
func (e *encoding) from(i int) int {
	if i == 0 {
		return 0
	}
	return e.ends[i-1]
}

// behind returns the index of the first action with an id greater than at.
func (c *chunk) behind(at storage.ID) int {
	if len(c.actions) == 0 || at < c.actions[0].ID {
		return 0
	}
	return sort.Search(len(c.actions), func(i int) bool { return c.actions[i].ID > at })
}

// follows reports whether a stream that has come to at can go on with the
// chunk, so that what was missed is what the stream missed.
func (c *chunk) follows(at storage.ID) bool {
	return c.missed == 0 || at == c.prev || len(c.actions) > 0 && at >= c.actions[0].ID
}

// source makes chunks of what a cursor gives out. It is not safe for
// concurrent use.
type source struct {
	cursor storage.Cursor
	at     storage.ID // the newest id read
	missed uint64     // missed since
	buf    []storage.Action
}

// next waits for a chunk, which is never empty. Where ctx is done first
// nothing is lost, and the source can be used on. What was missed before the
// store was closed comes first, without actions.
func (s *source) next(ctx context.Context) (c *chunk, err error) {
	defer rescue(&err)
	if s.buf == nil {
		s.buf = make([]storage.Action, chunkSize)
	}
	n := 0
	for n == 0 && err == nil {
		var missed uint64
		n, missed, err = s.cursor.Next(ctx, s.buf)
		s.missed += missed
	}
	if n == 0 && (s.missed == 0 || !errors.Is(err, storage.ErrClosed)) {
		return nil, err
	}
	c = &chunk{prev: s.at, last: s.at, missed: s.missed, actions: slices.Clone(s.buf[:n])}
	clear(s.buf[:n])
	for i := range c.actions {
		c.size += sizeOf(&c.actions[i])
	}
	if n > 0 {
		c.last = c.actions[n-1].ID
	}
	s.at, s.missed = c.last, 0
	return c, nil
}

// peek returns a chunk if there is one already.
func (s *source) peek() (*chunk, error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := s.next(ctx)
	if errors.Is(err, context.Canceled) {
		return nil, nil
	}
	return c, err
}

// sizeOf returns about how many bytes an action takes, its encodings included.
func sizeOf(a *storage.Action) int {
	n := 1024 + 3*len(a.Error)
	if a.HTTP != nil {
		n += 3 * len(a.HTTP.Path)
	}
	for i := range a.Attrs {
		n += 3 * (len(a.Attrs[i].Key) + len(a.Attrs[i].Value))
	}
	return n
}
