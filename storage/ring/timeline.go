package ring

import (
	"cmp"
	"math"
	"slices"
	"time"

	"actionlog/storage"
)

// How long the time line reaches back, and ahead, for what was posted with a
// time of a clock that is ahead: by seconds so that it leaves those who are on
// time their seconds.
const (
	secondsPromised = 15 * int64(time.Minute)
	secondsKept     = secondsPromised + int64(time.Minute) // who asks for all of them may do so a little late
	minutesKept     = 24 * int64(time.Hour)

	// mostDetail is how many bytes of cells may tell services and actions
	// apart. Beyond it the oldest tell only successes from failures.
	mostDetail = 16 << 20

	// hurriedFor is how long the line is not shortened if only those in a
	// hurry count.
	hurriedFor = 5 * int64(time.Minute)
)

// timeLine counts actions by the second they ended in for 15 minutes, and by
// the minute for 24 hours: each is in one cell. It is guarded by derived.mu.
type timeLine struct {
	now  int64 // as of the last advance
	tick int64 // the minute of now, when the line was last shortened

	seconds map[int64]*cell // by when they begin, in nanoseconds since 1970
	minutes map[int64]*cell // never one where there are seconds of that minute

	open    [2]openCell // by parity of the second
	scratch dense
	most    int  // mostDetail
	grown   int  // bytes since the last look at how much there is
	hurried bool // what can wait is left to others
	strays  bool // something was counted that lies outside of what is kept

	accounts *accounts // of what is in no open cell
}

// openCell is a cell of about now, that most of what comes in belongs to.
type openCell struct {
	dense
	cell        *cell // nil for none
	start, end  int64
	first, last int64 // moments of what was counted
}

func (o *openCell) span(first, last int64) { o.first, o.last = min(o.first, first), max(o.last, last) }

func floor(at int64, width time.Duration) int64 { return at - at%int64(width) }

// openOf returns the open cell of a moment, or nil if that is not of about now.
func (l *timeLine) openOf(at int64) *openCell {
	o := &l.open[at/int64(time.Second)&1]
	if at < o.start || at >= o.end {
		if !l.current(at, o) {
			return nil
		}
		l.reopen(o, at)
	}
	return o
}

// add counts an action of the kind whose duration falls into the bucket.
func (l *timeLine) add(k kind, at, duration int64, bucket int) {
	if o := l.openOf(at); o != nil {
		o.span(at, at)
		o.of(k).add(duration, bucket)
		return
	}
	l.accounts.of(k).add(duration, bucket)
	l.addLate(k, at, duration)
}

// run is actions of one kind and second that were counted together.
type run struct {
	first, last, longest, sum int64
	durations                 *storage.Histogram
}

// merge counts what was counted elsewhere.
func (l *timeLine) merge(k kind, add *run) {
	if o := l.openOf(add.first); o != nil {
		o.span(add.first, add.last)
		o.merge(k, add)
		return
	}
	l.accounts.of(k).merge(add.sum, add.durations)
	if c := l.cellOf(add.first); c != nil {
		c.span(add.first, add.last)
		l.append(c, appendRun(c.log, c.kind(k), add.longest, add.durations))
	}
}

// current reports whether at is of about now, and later than what is open.
func (l *timeLine) current(at int64, o *openCell) bool {
	return l.now-int64(time.Second) <= at && at <= l.now+int64(time.Second) &&
		(at >= o.end || o.start > l.now+int64(time.Second)) && l.cellOf(at) != nil
}

// reopen closes what was open and opens the cell of at.
func (l *timeLine) reopen(o *openCell, at int64) {
	l.close(o)
	o.cell = l.cellOf(at)
	o.start, o.end = o.cell.start, o.cell.start+int64(o.cell.width)
	if o.cell.width != time.Second { // the others of the minute may come to the other one
		o.start = floor(at, time.Second)
		o.end = o.start + int64(time.Second)
	}
}

// close moves what was counted in an open cell to the cell, and to the accounts.
func (l *timeLine) close(o *openCell) {
	if o.cell != nil && len(o.kinds) > 0 {
		o.cell.span(o.first, o.last)
		l.append(o.cell, o.appendTo(o.cell.log, o.cell))
		l.settle(o)
		o.reset()
	}
	o.cell, o.start, o.end = nil, 0, 0
	o.first, o.last = math.MaxInt64, 0
}

// settle adds what was counted in an open cell to the accounts.
func (l *timeLine) settle(o *openCell) {
	for _, k := range o.kinds {
		l.accounts.of(k).merge(o.by[k].sum, &o.by[k].durations)
	}
}

// addLate counts an action that does not belong to what is open.
func (l *timeLine) addLate(k kind, at, duration int64) {
	c := l.cellOf(at)
	if c == nil {
		return
	}
	c.span(at, at)
	l.append(c, appendOne(c.log, c.kind(k), duration))
}

// append makes log, which begins with what c has, the log of c.
func (l *timeLine) append(c *cell, log []byte) {
	l.grown += len(log) - len(c.log)
	if c.log = log; len(log) > 2*c.packed+1024 {
		l.pack(c)
	}
	if l.grown > l.most || l.grown > l.most/4 && !l.hurried {
		l.shed()
	}
}

// pack brings together what a cell has of each kind.
func (l *timeLine) pack(c *cell) {
	eachRun(c.log, func(k kind, longest int64, bucket int, n uint64) {
		l.scratch.countMany(c.kind(k), longest, bucket, n)
	})
	slices.Sort(l.scratch.kinds)
	c.log = slices.Clip(l.scratch.appendTo(nil, c))
	c.packed = len(c.log)
	l.scratch.reset()
}

// cellOf returns the cell for actions of a moment, or nil if it lies outside of
// what is kept.
func (l *timeLine) cellOf(at int64) *cell {
	minute := floor(at, time.Minute)
	if c := l.minutes[minute]; c != nil {
		return c
	}
	if minute < l.tick-minutesKept || minute > l.tick+minutesKept {
		l.strays = true
		return nil
	}
	if minute < l.tick-secondsKept || minute > l.tick+secondsKept {
		return newCell(l.minutes, minute, time.Minute)
	}
	second := floor(at, time.Second)
	if c := l.seconds[second]; c != nil {
		return c
	}
	return newCell(l.seconds, second, time.Second)
}

func newCell(cells map[int64]*cell, start int64, width time.Duration) *cell {
	c := &cell{start: start, width: width, first: math.MaxInt64}
	cells[start] = c
	return c
}

// advance tells the line what time it is. One who is in a hurry, as a writer
// is, leaves it to others to shorten and to shed, as long as that can wait.
func (l *timeLine) advance(now int64, hurried bool) {
	l.now, l.hurried = now, hurried
	switch minute := floor(now, time.Minute); {
	case hurried && l.tick <= minute && minute <= l.tick+hurriedFor:
	case minute != l.tick:
		l.strays = l.strays || minute < l.tick // what was dropped lies within the range again
		l.tick = minute
		l.shorten()
	case l.grown > l.most/4:
		l.shed()
	}
}

// shorten makes minutes of the seconds that are no longer kept, and drops
// minutes. Where the clock was set back, also what lies too far ahead.
func (l *timeLine) shorten() {
	for i := range l.open {
		l.close(&l.open[i])
	}
	for start, c := range l.seconds {
		if minute := floor(start, time.Minute); minute < l.tick-secondsKept || minute > l.tick+secondsKept {
			delete(l.seconds, start)
			l.fold(c, minute)
		}
	}
	for start := range l.minutes {
		if start < l.tick-minutesKept || start > l.tick+minutesKept {
			delete(l.minutes, start)
		}
	}
	l.shed()
}

// fold adds a second to its minute.
func (l *timeLine) fold(c *cell, minute int64) {
	to := l.minutes[minute]
	if to == nil {
		to = newCell(l.minutes, minute, time.Minute)
	}
	to.span(c.first, c.last)
	to.whole = to.whole || c.whole
	to.log = append(to.log, c.log...)
}

// shed packs all cells, and makes the oldest whole where the others take too
// much memory.
func (l *timeLine) shed() {
	var detailed []*cell
	held := 0
	for _, cells := range []map[int64]*cell{l.seconds, l.minutes} {
		for _, c := range cells {
			if len(c.log) > c.packed {
				l.pack(c)
			}
			if !c.whole {
				detailed = append(detailed, c)
				held += cap(c.log)
			}
		}
	}
	l.grown = 0
	if held <= l.most {
		return
	}
	slices.SortFunc(detailed, func(x, y *cell) int { return cmp.Compare(x.start, y.start) })
	for _, c := range detailed {
		if held <= l.most*3/4 {
			return
		}
		held -= cap(c.log)
		c.whole = true
		l.pack(c)
	}
}

func (l *timeLine) clear() {
	if l.accounts == nil {
		l.accounts = &accounts{}
	}
	for i := range l.open {
		l.settle(&l.open[i])
	}
	*l = timeLine{now: l.now, tick: l.tick, most: mostDetail, seconds: map[int64]*cell{}, minutes: map[int64]*cell{}, accounts: l.accounts}
}
