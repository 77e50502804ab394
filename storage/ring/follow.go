package ring

import (
	"context"

	"actionlog/storage"
)

// Follow returns a cursor over the actions with ids greater than after. An id
// of another process, or the empty id, begins with the oldest action that the
// ring still holds.
func (r *Ring) Follow(after storage.ID) storage.Cursor {
	n, ok := r.process.Number(after)
	if !ok {
		n = 0
	}
	return r.follow(min(n, r.head.Load()))
}

// follow returns a cursor over the actions after number n.
func (r *Ring) follow(n uint64) *cursor {
	c := &cursor{r: r, at: n, rd: reader{r: r}}
	if n != 0 {
		c.gaps = r.gaps.below(n + 1)
	} else if head := r.head.Load(); head > uint64(len(r.slots)) {
		c.at = head - uint64(len(r.slots)) // what is older was never asked for
		c.gaps = r.gaps.below(c.at + 1)
	}
	return c
}

// cursor reads the ring in the order of its numbers.
type cursor struct {
	r    *Ring
	at   uint64 // the newest number read
	gaps uint64 // gaps up to at
	rd   reader
}

// Next reads on. See [storage.Cursor].
func (c *cursor) Next(ctx context.Context, buf []storage.Action) (n int, missed uint64, err error) {
	for {
		n, missed = c.take(buf)
		if n > 0 || missed > 0 || len(buf) == 0 {
			return n, missed, nil
		}
		if c.r.closed.Load() && !c.more() {
			return 0, 0, storage.ErrClosed
		}
		if err := c.r.wake.sleep(ctx, func() bool { return c.more() || c.r.closed.Load() }); err != nil {
			return 0, 0, err
		}
	}
}

// take fills buf with what is there. It ends early where something was
// missed, so that missed lies before buf[0].
func (c *cursor) take(buf []storage.Action) (n int, missed uint64) {
	var rec record
	for n < len(buf) && c.at < c.r.head.Load() {
		next := c.at + 1
		s := &c.r.slots[next&c.r.mask]
		switch s.read(next, &rec) {
		case pending:
			if !c.r.gaps.is(next) {
				return n, missed
			}
			c.at, c.gaps = next, c.gaps+1
		case gone:
			if n > 0 {
				return n, missed
			}
			missed += c.skip()
		case ready:
			var side []byte
			if rec.sideLen != 0 {
				side = c.r.side.at(rec.side, int(rec.sideLen))
			}
			c.rd.action(next, &rec, side, &buf[n])
			c.at = next
			n++
		}
	}
	return n, missed
}

// skip goes on behind what was overwritten, with an eighth of the ring to
// spare, and returns how many actions it skipped.
func (c *cursor) skip() (missed uint64) {
	to := c.at + 1
	if reach := uint64(len(c.r.slots)); c.r.head.Load() > c.at+reach {
		to = c.r.head.Load() - reach + reach/8
	}
	gaps := c.r.gaps.below(to + 1)
	missed = to - c.at - (gaps - c.gaps)
	c.at, c.gaps = to, gaps
	return missed
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
		return state&writing == 0
	case number < next:
		return c.r.gaps.is(next)
	}
	return true
}
