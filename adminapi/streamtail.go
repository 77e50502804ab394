package adminapi

import (
	"context"
	"sort"
	"sync"
	"time"

	"actionlog/storage"
)

const (
	// defaultTail is about how many bytes a tail holds for those who read it.
	defaultTail = 8 << 20

	// tailPause is how long a tail that has read everything waits before it
	// reads on, so that many actions make one chunk.
	tailPause = 100 * time.Millisecond
)

// tail is the newest actions of a store as many streams read them: each
// action is read and encoded once for all. It holds a bounded number of
// chunks; a stream that falls farther behind goes back to a cursor of its own.
// A tail lives while streams hold it.
type tail struct {
	users int                // guarded by the mutex of streams
	most  int                // about how many bytes the chunks may take
	stop  context.CancelFunc // of its goroutine
	done  chan struct{}      // closed when the goroutine has ended

	mu     sync.Mutex
	chunks []*chunk
	first  uint64     // the number of chunks[0]
	size   int        // of chunks
	floor  storage.ID // the id behind which chunks[0] begins
	newest storage.ID // the id that has been read up to
	err    error      // why the goroutine has ended
	wake   chan struct{}
}

// newTail begins to read behind at.
func newTail(f storage.Follower, at storage.ID, most int) *tail {
	ctx, stop := context.WithCancel(context.Background())
	t := &tail{most: most, stop: stop, done: make(chan struct{}), floor: at, newest: at, wake: make(chan struct{})}
	go t.run(ctx, f, at)
	return t
}

func (t *tail) run(ctx context.Context, f storage.Follower, at storage.ID) {
	defer close(t.done)
	defer t.stop()
	src, err := newSource(f, at)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for err == nil {
		var c *chunk
		if c, err = src.next(ctx); err != nil {
			break
		}
		t.add(c)
		if len(c.actions) < chunkSize/2 {
			pause.Reset(tailPause)
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
	}
	t.mu.Lock()
	t.err = err
	close(t.wake)
	t.mu.Unlock()
}

// newSource returns a source that begins behind at.
func newSource(f storage.Follower, at storage.ID) (s *source, err error) {
	defer rescue(&err)
	return &source{cursor: f.Follow(at), at: at}, nil
}

func (t *tail) add(c *chunk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.chunks = append(t.chunks, c)
	t.size += c.size
	t.newest = c.last
	for t.size > t.most && len(t.chunks) > 1 {
		t.floor = t.chunks[0].last
		t.size -= t.chunks[0].size
		t.chunks[0] = nil
		t.chunks = t.chunks[1:]
		t.first++
	}
	close(t.wake)
	t.wake = make(chan struct{})
}

// locate returns the number of the chunk that goes on behind at, which may be
// yet to come. It reports false if that is held no more, or never comes.
func (t *tail) locate(at storage.ID) (number uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at < t.floor || t.err != nil {
		return 0, false
	}
	i := sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].last > at })
	return t.first + uint64(i), true
}

// get returns a chunk by its number. If there is none it returns a channel
// that is closed when there may be, or the error that ended the tail. held is
// false for a chunk that was dropped.
func (t *tail) get(number uint64) (c *chunk, wake <-chan struct{}, held bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch i := number - t.first; {
	case number < t.first:
		return nil, nil, false, nil
	case i < uint64(len(t.chunks)):
		return t.chunks[i], nil, true, nil
	}
	return nil, t.wake, true, t.err
}
