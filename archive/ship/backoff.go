package ship

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before what failed is tried again.
type backoff struct {
	from, to, maxAfter time.Duration
	next               time.Duration // 0 for from
}

// reset begins anew, for something has gone forward.
func (b *backoff) reset() { b.next = 0 }

// pause returns the next pause: between half of a time that doubles and that
// time, and no less than what the far side asks for, up to maxAfter.
func (b *backoff) pause(after time.Duration) time.Duration {
	d := max(b.next, b.from)
	if b.next = b.to; d <= b.to/2 {
		b.next = 2 * d
	}
	d -= rand.N(d/2 + 1)
	return max(d, min(after, b.maxAfter))
}
