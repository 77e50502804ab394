package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

const (
	firstPause = 200 * time.Millisecond // before a request is tried again, doubled each time
	mostPause  = 20 * time.Second       // the longest such pause
)

// errStalled ends a request whose connection moves nothing.
var errStalled = errors.New("the connection moved nothing for too long")

// try makes a request until it succeeds, fails for good, or has been tried for as
// long as Options allow. do is called again and again, each time with a context
// of its own; it has to call beat whenever something moves.
func (b *Bucket) try(ctx context.Context, what string, do func(ctx context.Context, beat func()) error) error {
	began, pause := time.Now(), firstPause
	for {
		err := b.once(ctx, do)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !passing(err) {
			return fmt.Errorf("%s: %w", what, b.explain(err))
		}
		if spent := time.Since(began); spent >= b.opts.Patience {
			return fmt.Errorf("%s: %w; it has been tried for %s", what, b.explain(err), spent.Round(time.Second))
		}
		wait := pause/2 + rand.N(pause/2)
		pause = min(2*pause, mostPause)
		b.opts.OnRetry(fmt.Errorf("%s: %w", what, b.explain(err)), wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// once makes a request, and ends it when nothing has moved for too long.
func (b *Bucket) once(ctx context.Context, do func(ctx context.Context, beat func()) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(b.opts.Stall, func() { cancel(errStalled) })
	defer timer.Stop()
	err := do(ctx, func() { timer.Reset(b.opts.Stall) })
	if err != nil && context.Cause(ctx) == errStalled {
		return errStalled
	}
	return err
}

// moving is a stretch of a file that a request reads. The connection may go on
// reading when the request has failed already.
type moving struct {
	*io.SectionReader
	beat  func()
	count func(n int64)

	mu    sync.Mutex
	moved int64
	over  bool
}

// Read reads, and tells that something moved.
func (m *moving) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return 0, os.ErrClosed
	}
	n, err := m.SectionReader.Read(p)
	m.beat()
	m.moved += int64(n)
	m.count(int64(n))
	return n, err
}

// takeBack takes back what was counted, as the request has failed.
func (m *moving) takeBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	m.count(-m.moved)
}
