package ring

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// wakeEvery is how long a wake may be put off so that one serves all.
const wakeEvery = 10 * time.Millisecond

// waker wakes all who sleep, at most once in wakeEvery. A writer pays one load
// when no one sleeps, and arms the timer at most once for each wake.
type waker struct {
	sleepers atomic.Int64
	armed    atomic.Bool
	timer    *time.Timer

	mu sync.Mutex
	ch chan struct{} // closed to wake
}

func (w *waker) init() { w.ch = make(chan struct{}) }

// notify sees to it that the sleepers wake soon.
func (w *waker) notify() {
	if w.sleepers.Load() != 0 {
		w.arm()
	}
}

func (w *waker) arm() {
	if w.armed.Load() || !w.armed.CompareAndSwap(false, true) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil {
		w.timer = time.AfterFunc(wakeEvery, w.wake)
	} else {
		w.timer.Reset(wakeEvery)
	}
}

// wake wakes all who sleep now.
func (w *waker) wake() {
	w.armed.Store(false)
	w.mu.Lock()
	close(w.ch)
	w.ch = make(chan struct{})
	w.mu.Unlock()
}

// sleep waits until ready returns true or ctx is done. ready is asked before
// each sleep, and again after the sleeper can be seen.
func (w *waker) sleep(ctx context.Context, ready func() bool) error {
	for !ready() {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.sleepers.Add(1)
		w.mu.Lock()
		ch := w.ch
		w.mu.Unlock()
		if !ready() {
			select {
			case <-ch:
			case <-ctx.Done():
			}
		}
		w.sleepers.Add(-1)
	}
	return nil
}
