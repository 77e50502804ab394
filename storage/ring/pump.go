package ring

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

// PumpOptions configure a [Pump]. The zero PumpOptions are useful.
type PumpOptions struct {
	// Batch is the most actions of one write. Default 512.
	Batch int

	// Linger is how long a batch that is not full may wait for more. Default
	// 0: what is there is written at once; the ring itself wakes a pump at
	// most a hundred times a second.
	Linger time.Duration

	// RetryFrom and RetryTo bound the pause before a failed write is tried
	// again: it doubles from the one to the other, and chance takes up to
	// half of it off. Defaults 100 ms and 10 s.
	RetryFrom, RetryTo time.Duration

	// After is the id of the newest action that the sink already has. Default
	// none: all that the ring holds is written.
	After storage.ID
}

func (o PumpOptions) withDefaults() PumpOptions {
	if o.Batch <= 0 {
		o.Batch = 512
	}
	if o.RetryFrom <= 0 {
		o.RetryFrom = 100 * time.Millisecond
	}
	if o.RetryTo < o.RetryFrom {
		o.RetryTo = max(10*time.Second, o.RetryFrom)
	}
	return o
}

// after returns the pause that follows a pause.
func (o PumpOptions) after(pause time.Duration) time.Duration {
	if pause > o.RetryTo/2 {
		return o.RetryTo
	}
	return 2 * pause
}

// Pump writes a ring's actions to a sink, in order and in batches, and offers
// a batch that failed again until it is taken. What the ring overwrites
// meanwhile is counted as missed. Its methods are safe for concurrent use.
type Pump struct {
	name   string
	ring   *Ring
	sink   storage.Sink
	opts   PumpOptions
	cursor *cursor

	at      atomic.Uint64 // the newest number written or missed
	written atomic.Int64
	missed  atomic.Int64

	mu        sync.Mutex
	lastError error
	moved     chan struct{} // closed when at moves

	stop    context.CancelFunc // of the goroutine
	hurry   chan struct{}      // holds a token when a batch shall not linger
	closing atomic.Bool        // Close has been called
	done    chan struct{}      // closed when the goroutine has ended
}

// stopGrace is how long a sink may take to return once its context is done.
const stopGrace = 500 * time.Millisecond

// Pump starts a goroutine that writes the ring's actions to sink, until the
// pump or the ring is closed. The name is the sink's in the stats; two pumps
// of one name are an error in the program, and panic.
func (r *Ring) Pump(name string, sink storage.Sink, opts PumpOptions) *Pump {
	opts = opts.withDefaults()
	n, _ := r.process.Number(opts.After)
	n = min(n, r.head.Load())
	ctx, stop := context.WithCancel(context.Background())
	p := &Pump{
		name: name, ring: r, sink: sink, opts: opts, cursor: r.follow(n),
		moved: make(chan struct{}), hurry: make(chan struct{}, 1), stop: stop, done: make(chan struct{}),
	}
	p.at.Store(p.cursor.at)
	r.addPump(p)
	go p.run(ctx)
	return p
}

func (r *Ring) addPump(p *Pump) {
	r.pumpsMu.Lock()
	defer r.pumpsMu.Unlock()
	r.checkName(p.name)
	r.pumps = append(r.pumps, p)
}

func (r *Ring) pumpList() []*Pump {
	r.pumpsMu.Lock()
	defer r.pumpsMu.Unlock()
	return append([]*Pump(nil), r.pumps...)
}

// Flush waits until what was recorded before the call has been written, or
// counted as missed. It returns an error that wraps ctx.Err() and the sink's
// last error if that comes first.
func (p *Pump) Flush(ctx context.Context) error {
	return p.reach(ctx, p.ring.head.Load())
}

// reach waits until the pump has come to number n.
func (p *Pump) reach(ctx context.Context, n uint64) error {
	for p.at.Load() < n {
		p.mu.Lock()
		moved := p.moved
		p.mu.Unlock()
		if p.at.Load() >= n {
			break
		}
		select {
		case p.hurry <- struct{}{}:
		default:
		}
		p.ring.wake.wake()
		select {
		case <-moved:
		case <-p.done:
			if p.at.Load() < n {
				return p.unwritten(n, storage.ErrClosed)
			}
		case <-ctx.Done():
			return p.unwritten(n, ctx.Err())
		}
	}
	return nil
}

// unwritten says what has not been written up to number n, and why.
func (p *Pump) unwritten(n uint64, cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lastError != nil {
		cause = errors.Join(cause, p.lastError)
	}
	return fmt.Errorf("%d actions not written to sink %s: %w", n-min(n, p.at.Load()), p.name, cause)
}

// Close writes what was recorded before the call, until ctx is done, and ends
// the pump. The error says how many actions were not written, and why. A sink
// that does not return although its own context is done is left behind after half a
// second, and the error says so. Further calls wait for the first to end the
// pump, or for their ctx.
func (p *Pump) Close(ctx context.Context) error {
	if p.closing.Swap(true) {
		select {
		case <-p.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := p.reach(ctx, p.ring.head.Load())
	p.stop()
	p.ring.removePump(p)
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.done:
	case <-grace.C:
		err = errors.Join(err, fmt.Errorf("sink %s has not returned from Write", p.name))
	}
	return err
}

func (r *Ring) removePump(p *Pump) {
	r.pumpsMu.Lock()
	defer r.pumpsMu.Unlock()
	for i, other := range r.pumps {
		if other == p {
			r.pumps = append(r.pumps[:i:i], r.pumps[i+1:]...)
		}
	}
}

// closePumps closes all pumps at the same time.
func (r *Ring) closePumps(ctx context.Context) error {
	pumps := r.pumpList()
	errs := make([]error, len(pumps))
	var wg sync.WaitGroup
	for i, p := range pumps {
		wg.Go(func() { errs[i] = p.Close(ctx) })
	}
	wg.Wait()
	r.wake.wake()
	return errors.Join(errs...)
}

// run writes batch after batch.
func (p *Pump) run(ctx context.Context) {
	defer close(p.done)
	buf := make([]storage.Action, p.opts.Batch)
	for ctx.Err() == nil {
		n, missed, err := p.next(ctx, buf)
		if err != nil {
			return
		}
		p.missed.Add(int64(missed))
		if n > 0 && !p.write(ctx, buf[:n]) {
			return
		}
		clear(buf[:n])
		p.moveTo(p.cursor.at)
	}
}

// next reads a batch, and waits for a fuller one if the options say so.
func (p *Pump) next(ctx context.Context, buf []storage.Action) (n int, missed uint64, err error) {
	if n, missed, err = p.cursor.Next(ctx, buf); err != nil || n == len(buf) || p.opts.Linger <= 0 {
		return n, missed, err
	}
	timer := time.NewTimer(p.opts.Linger)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.hurry:
	case <-ctx.Done():
	}
	more, alsoMissed := p.cursor.take(buf[n:])
	return n + more, missed + alsoMissed, nil
}

// write offers a batch until it is taken, or until ctx is done.
func (p *Pump) write(ctx context.Context, batch []storage.Action) bool {
	for pause := p.opts.RetryFrom; ; pause = p.opts.after(pause) {
		err := p.offer(ctx, batch)
		p.setError(err)
		if err == nil {
			p.written.Add(int64(len(batch)))
			return true
		}
		timer := time.NewTimer(pause - rand.N(pause/2+1))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// offer is one write. A sink that panics has failed.
func (p *Pump) offer(ctx context.Context, batch []storage.Action) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("sink %s panicked: %v", p.name, v)
		}
	}()
	return p.sink.Write(ctx, batch)
}

func (p *Pump) setError(err error) {
	p.mu.Lock()
	p.lastError = err
	p.mu.Unlock()
}

// moveTo notes that all up to number n is written, or missed.
func (p *Pump) moveTo(n uint64) {
	p.at.Store(n)
	p.mu.Lock()
	close(p.moved)
	p.moved = make(chan struct{})
	p.mu.Unlock()
}

// Stats returns how the pump keeps up.
func (p *Pump) Stats() storage.SinkStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := storage.SinkStats{Written: p.written.Load(), Missed: p.missed.Load()}
	if head, at := p.ring.head.Load(), p.at.Load(); head > at {
		st.Lag = int64(head - at)
	}
	if p.lastError != nil {
		st.LastError = p.lastError.Error()
	}
	return st
}

// sinkStats returns how each sink keeps up, by name.
func (r *Ring) sinkStats() map[string]storage.SinkStats {
	m := map[string]storage.SinkStats{}
	for _, p := range r.pumpList() {
		m[p.name] = p.Stats()
	}
	for _, other := range r.reportList() {
		m[other.name] = other.stats()
	}
	return m
}
