package ring

import (
	"math"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

// spill counts what a flood overwrites before anybody has counted it. Writers
// add to it without waiting for one another nor for who takes it: two atomic
// additions an action, in counters of its second and kind.
//
// Who takes it, with derived.mu held, exchanges each counter for zero. A table
// of a second that has passed is unhooked, and given up once nobody can still be
// adding to it: a writer adds while it holds its slot, so none is left when no
// slot is being written by one with a number from before the unhooking.
type spill struct {
	some   atomic.Bool                              // something was added
	tables [spillSeconds]atomic.Pointer[spillTable] // by second
	strays atomic.Pointer[stray]                    // of seconds that found no table

	hooked   bool        // there may be a table; this and the next with derived.mu held
	unhooked []pastTable // that are not yet given up
}

const (
	spillSeconds = 8
	histOctaves  = storage.Buckets / histOctave
	histOctave   = 32
)

// spillTable counts one second.
type spillTable struct {
	second int64
	kinds  [kinds]atomic.Pointer[spillCount]
}

// lastFuzz is how much later than the latest action a count may say that it
// was, in nanoseconds, 17 ms: so that not each action has to say so anew.
const lastFuzz = 1<<24 - 1

// spillCount counts the actions of a kind.
type spillCount struct {
	sum         atomic.Int64
	longest     atomic.Int64
	first, last atomic.Int64 // moments within the second; last perhaps a little late
	octaves     [histOctaves]atomic.Pointer[[histOctave]atomic.Uint64]
}

// pastTable is a table that was unhooked when the newest number was head.
type pastTable struct {
	*spillTable
	head, looked uint64
	cleared      bool // all in it was overwritten before the line was drawn
}

// stray is an action of another second than those that have a table: one that
// was posted with a time of its own.
type stray struct {
	next         *stray
	at, duration int64
	kind         kind
}

// add counts an action. The caller holds a slot for writing.
func (s *spill) add(k kind, at, duration int64) {
	if t := s.table(at / int64(time.Second)); t != nil {
		t.of(k).add(at, duration)
	} else {
		it := &stray{at: at, duration: duration, kind: k}
		for it.next = s.strays.Load(); !s.strays.CompareAndSwap(it.next, it); {
			it.next = s.strays.Load()
		}
	}
	if !s.some.Load() {
		s.some.Store(true)
	}
}

// table returns the table of a second, or nil if another has its place.
func (s *spill) table(second int64) *spillTable {
	p := &s.tables[second&(spillSeconds-1)]
	t := p.Load()
	if t == nil {
		p.CompareAndSwap(nil, &spillTable{second: second})
		t = p.Load()
	}
	if t == nil || t.second != second {
		return nil
	}
	return t
}

func (t *spillTable) of(k kind) *spillCount {
	p := &t.kinds[k]
	if c := p.Load(); c != nil {
		return c
	}
	c := &spillCount{}
	c.first.Store(math.MaxInt64)
	p.CompareAndSwap(nil, c)
	return p.Load()
}

// add counts the action in its bucket last, so that who sees it there sees all
// of it.
func (c *spillCount) add(at, duration int64) {
	for v := c.first.Load(); at < v && !c.first.CompareAndSwap(v, at); v = c.first.Load() {
	}
	raise(&c.last, min(at|lastFuzz, at-at%int64(time.Second)+int64(time.Second)-1))
	raise(&c.longest, duration)
	if c.sum.Add(duration) < 0 {
		c.sum.Store(math.MaxInt64)
	}
	bucket := storage.Bucket(durationOf(duration))
	p := &c.octaves[bucket/histOctave]
	o := p.Load()
	if o == nil {
		p.CompareAndSwap(nil, new([histOctave]atomic.Uint64))
		o = p.Load()
	}
	o[bucket%histOctave].Add(1)
}

// raise makes v at least n.
func raise(v *atomic.Int64, n int64) {
	for old := v.Load(); n > old && !v.CompareAndSwap(old, n); old = v.Load() {
	}
}

// take moves what was counted into h, and returns the sum of the durations.
func (c *spillCount) take(h *storage.Histogram) (sum int64) {
	for i := range c.octaves {
		o := c.octaves[i].Load()
		if o == nil {
			continue
		}
		for j := range o {
			if o[j].Load() != 0 {
				h.AddBucket(i*histOctave+j, o[j].Swap(0))
			}
		}
	}
	if sum = c.sum.Swap(0); sum < 0 {
		return math.MaxInt64
	}
	return sum
}

// takeSpilled counts what was overwritten. The caller holds counts.mu.
func (r *Ring) takeSpilled() {
	s, d := &r.spill, &r.counts
	some := s.some.Load() && s.some.Swap(false)
	if some {
		for _, past := range s.unhooked {
			d.takeTable(past.spillTable, past.cleared)
		}
	}
	if some || s.hooked {
		strays := s.strays.Swap(nil)
		r.takeTables(strays != nil)
		for it := strays; it != nil; it = it.next {
			d.countOverwritten(it)
		}
	}
	if len(s.unhooked) > 0 {
		r.giveUpSpilled()
	}
}

// takeTables counts what is in the tables. Those of seconds that have passed it
// unhooks if nothing was in them, or if others want their places.
func (r *Ring) takeTables(wanted bool) {
	s := &r.spill
	now := r.counts.times.now / int64(time.Second)
	s.hooked = false
	for i := range s.tables {
		t := s.tables[i].Load()
		if t == nil {
			continue
		}
		some := r.counts.takeTable(t, false)
		if now-1 <= t.second && t.second <= now || some && !wanted {
			s.hooked = true
			continue
		}
		r.unhook(i, t)
	}
}

func (r *Ring) unhook(i int, t *spillTable) {
	r.spill.tables[i].Store(nil)
	r.spill.unhooked = append(r.spill.unhooked, pastTable{spillTable: t, head: r.head.Load()})
}

// clearSpilled unhooks all tables: what writers still add to them was
// overwritten before the line was drawn, and counts no more but in totals.
func (r *Ring) clearSpilled() {
	s := &r.spill
	for i := range s.tables {
		if t := s.tables[i].Load(); t != nil {
			r.unhook(i, t)
		}
	}
	for i := range s.unhooked {
		s.unhooked[i].cleared = true
	}
	for it := s.strays.Swap(nil); it != nil; it = it.next {
		r.counts.accounts.of(it.kind).add(it.duration, storage.Bucket(durationOf(it.duration)))
	}
}

// takeTable counts what is in a table, if that was cleared in the totals alone,
// and reports whether that is anything.
func (d *derived) takeTable(t *spillTable, cleared bool) (some bool) {
	var h storage.Histogram
	for k := range t.kinds {
		c := t.kinds[k].Load()
		if c == nil {
			continue
		}
		h.Reset()
		sum := c.take(&h)
		some = some || h.Count() != 0
		if cleared || h.Count() == 0 {
			d.accounts.of(kind(k)).merge(sum, &h)
			continue
		}
		d.lived(kind(k), int64(h.Count()))
		d.times.merge(kind(k), &run{first: c.first.Load(), last: c.last.Load(), longest: c.longest.Load(), sum: sum, durations: &h})
	}
	return some
}

// lived counts actions since the line.
func (d *derived) lived(k kind, n int64) {
	d.life.Total += n
	if k.failed() {
		d.life.Failed += n
	}
}

// countOverwritten counts an action that found no table.
func (d *derived) countOverwritten(it *stray) {
	bucket := storage.Bucket(durationOf(it.duration))
	d.lived(it.kind, 1)
	d.times.add(it.kind, it.at, it.duration, bucket)
}

// giveUpSpilled gives up the unhooked tables that nobody can be adding to. It
// looks again only after as many actions as the ring has slots.
func (r *Ring) giveUpSpilled() {
	s, head := &r.spill, r.head.Load()
	if newest := &s.unhooked[len(s.unhooked)-1]; newest.looked != 0 && head-newest.looked < uint64(len(r.slots)) {
		return
	}
	oldest := uint64(math.MaxUint64) // the least number of those being written
	for i := range r.slots {
		if state := r.slots[i].state.Load(); state&writing != 0 {
			oldest = min(oldest, state>>numShift)
		}
	}
	left := s.unhooked[:0]
	for _, past := range s.unhooked {
		if past.head >= oldest {
			past.looked = head
			left = append(left, past)
			continue
		}
		r.counts.takeTable(past.spillTable, past.cleared)
	}
	clear(s.unhooked[len(left):])
	s.unhooked = left
}
