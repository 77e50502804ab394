package ring

import (
	"context"

	"actionlog/storage"
)

// Follow returns a cursor over the actions with ids greater than after. The
// empty id begins with the oldest action that the ring still holds. All of
// this process's actions count as later than an id of another process: what
// the ring no longer holds of them is missed.
func (r *Ring) Follow(after storage.ID) storage.Cursor {
	n, ok := r.number(after)
	if n == 0 && (ok || after != "") {
		return &cursor{r: r, at: r.warmed(), rd: reader{r: r}}
	}
	return r.follow(min(n, r.head.Load()))
}

// follow returns a cursor over the actions after number n, or, if that lies a
// ring back, over what is still held.
func (r *Ring) follow(n uint64) *cursor {
	c := &cursor{r: r, rd: reader{r: r}}
	for {
		c.at = n
		if n == 0 {
			c.at = r.warmed()
		}
		if head := r.head.Load(); n == 0 && head > c.at+uint64(len(r.slots)) {
			c.at = head - uint64(len(r.slots)) // what is older was never asked for
		}
		var ok bool
		if c.gaps, ok = r.gaps.below(c.at + 1); ok || n != 0 {
			return c
		}
	}
}

// cursor reads the ring in the order of its numbers.
type cursor struct {
	r    *Ring
	at   uint64 // the newest number read
	gaps uint64 // gaps up to at
	owed int64  // what was counted as missed and was not, negative
	rd   reader
}

// Next reads on. See [storage.Cursor].
func (c *cursor) Next(ctx context.Context, buf []storage.Action) (n int, missed uint64, err error) {
	for {
		n, missed = c.take(buf)
		if n > 0 || missed > 0 || len(buf) == 0 {
			return n, missed, nil
		}
		if c.ended() {
			return 0, 0, storage.ErrClosed
		}
		if err := c.r.wake.sleep(ctx, func() bool { return c.more() || c.ended() }); err != nil {
			return 0, 0, err
		}
	}
}

// ended reports whether the ring is closed and everything has been read.
func (c *cursor) ended() bool { return c.r.closed.Load() && c.at >= c.r.head.Load() }

// lapped reports whether writers are a whole ring ahead of what comes next.
func (c *cursor) lapped() bool { return c.r.head.Load() > c.at+uint64(len(c.r.slots)) }

// take fills buf with what is there. It ends early where something was
// missed, so that missed lies before buf[0].
func (c *cursor) take(buf []storage.Action) (n int, missed uint64) {
	var rec record
	for n < len(buf) && c.at < c.r.head.Load() {
		next := c.at + 1
		f := c.r.slots[next&c.r.mask].read(next, &rec)
		switch {
		case f == ready:
			var side []byte
			if rec.sideLen != 0 {
				side = c.r.side.at(rec.side, int(rec.sideLen))
			}
			c.rd.action(next, &rec, side, &buf[n])
			c.at = next
			n++
		case f == pending && c.r.gaps.is(next):
			c.at, c.gaps = next, c.gaps+1
		case c.lapped(): // so it is gone, or never came
			if n > 0 {
				return n, missed
			}
			missed += c.skip()
		default:
			return n, missed
		}
	}
	return n, missed
}

// skip goes on behind what was overwritten, with an eighth of the ring to
// spare, and returns how many actions it skipped. A writer that was lapped
// before it had its slot leaves a gap that is noted only then; it was counted
// as missed, and is taken off what is missed next.
func (c *cursor) skip() (missed uint64) {
	reach := uint64(len(c.r.slots))
	var to, gaps uint64
	for ok := false; !ok; {
		to = c.r.head.Load() - reach + reach/8
		gaps, ok = c.r.gaps.below(to + 1)
	}
	n := int64(to-c.at) - int64(gaps-c.gaps) + c.owed
	c.at, c.gaps, c.owed = to, gaps, min(n, 0)
	return uint64(max(n, 0))
}

// more reports whether there is something to read, or something was missed.
func (c *cursor) more() bool {
	next := c.at + 1
	if next > c.r.head.Load() {
		return false
	}
	state := c.r.slots[next&c.r.mask].state.Load()
	switch number := state >> numShift; {
	case number == next:
		return state&writing == 0 || c.lapped()
	case number < next:
		return c.r.gaps.is(next) || c.lapped()
	}
	return true
}
