package ring

import (
	"sync/atomic"
	"time"
)

// clock reads the monotonic clock alone, and adds it to a wall-clock anchor
// that is taken anew each second. Reading both clocks twice a request costs
// half as much again.
type clock struct {
	base     time.Time    // where monotonic time begins
	anchored atomic.Int64 // monotonic moment of the anchor
	offset   atomic.Int64 // wall minus monotonic, at the anchor
}

func (c *clock) init() {
	c.base = time.Now()
	c.offset.Store(c.base.UnixNano())
}

// mono returns nanoseconds since the clock began.
func (c *clock) mono() int64 { return int64(time.Since(c.base)) }

// wall returns the wall clock's nanoseconds since 1970 at a recent mono.
func (c *clock) wall(mono int64) int64 {
	if mono-c.anchored.Load() >= 1e9 {
		return c.anchor(mono)
	}
	return mono + c.offset.Load()
}

// anchor takes the anchor anew, and returns the wall clock as wall does.
func (c *clock) anchor(recent int64) int64 {
	now := time.Now()
	mono := int64(now.Sub(c.base))
	c.offset.Store(now.UnixNano() - mono)
	c.anchored.Store(mono)
	return recent + now.UnixNano() - mono
}
