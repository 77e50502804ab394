package ring

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// How much is kept beyond the window, so that a flood does not wash it out.
const (
	keepLast = 100 // actions of a service, and failures of a service
	keepSlow = 10  // actions of a service and action
)

// kept is an action that has left the window, copied out of its slot.
type kept struct {
	number uint64
	rec    record
	side   string
}

// keeps are what is kept beyond the window. An action is copied when it leaves
// the window, and only if fewer than keepLast newer ones of its kind are in
// the window.
type keeps struct {
	last     []keepList // by service
	failures []keepList // by service
	slow     []keepList // by service and action

	// floors are durations, by service and action, that an action must
	// exceed to be among the slowest. Writers read them.
	floors [maxPairs + maxServices]atomic.Int64
}

// keepList holds the greatest by some order, the least first.
type keepList struct {
	list   []kept
	latest int64 // no time in list is later
}

func byNumber(a, b kept) int { return cmp.Compare(a.number, b.number) }

func byDuration(a, b kept) int {
	return cmp.Or(cmp.Compare(a.rec.duration, b.rec.duration), byNumber(a, b))
}

// add adds an action, unless it is there already, and drops the least of more
// than most.
func (l *keepList) add(a kept, most int, order func(a, b kept) int) {
	i, found := slices.BinarySearchFunc(l.list, a, order)
	if found || i == 0 && len(l.list) == most {
		return
	}
	if len(l.list) == most {
		copy(l.list, l.list[1:i])
		l.list[i-1] = a
	} else {
		l.list = slices.Insert(l.list, i, a)
	}
	l.latest = max(l.latest, a.rec.time)
}

func (k *keeps) clear() {
	k.last, k.failures, k.slow = nil, nil, nil
	for i := range k.floors {
		k.floors[i].Store(0)
	}
}

// wanted says among which keeps an action belongs.
type wanted struct{ last, failure, slow bool }

func (d *derived) wants(svc int32, k kind, duration int64) wanted {
	d.keeps.grow(int(svc)+1, int(k.pair())+1)
	total, failures := d.window.of(svc)
	return wanted{
		last:    total < keepLast,
		failure: k.failed() && failures < keepLast,
		slow:    duration > d.keeps.floor(k.pair()),
	}
}

// floor returns the duration that an action must exceed to be among the slowest.
func (k *keeps) floor(pair int32) int64 {
	if int(pair) >= len(k.slow) {
		return -1
	}
	return k.floors[pair].Load()
}

func (k *keeps) grow(services, pairs int) {
	for len(k.last) < services {
		k.last = append(k.last, keepList{})
		k.failures = append(k.failures, keepList{})
	}
	for len(k.slow) < pairs {
		k.slow = append(k.slow, keepList{})
		k.floors[len(k.slow)-1].Store(-1)
	}
}

func (k *keeps) add(svc, pair int32, a kept, w wanted) {
	if w.last {
		k.last[svc].add(a, keepLast, byNumber)
	}
	if w.failure {
		k.failures[svc].add(a, keepLast, byNumber)
	}
	if w.slow {
		l := &k.slow[pair]
		l.add(a, keepSlow, byDuration)
		if len(l.list) == keepSlow {
			k.floors[pair].Store(l.list[0].rec.duration)
		}
	}
}

// keep copies an action that leaves the window if it is among the last of its
// service, the last failures of its service, or the slowest of its action.
func (r *Ring) keep(n uint64, svc int32, k kind, duration int64) {
	w := r.counts.wants(svc, k, duration)
	if w == (wanted{}) {
		return
	}
	a := kept{number: n}
	if r.slots[n&r.mask].read(n, &a.rec) != ready {
		return // its overwriter saved it
	}
	if a.rec.sideLen != 0 {
		a.side = string(r.side.at(a.rec.side, int(a.rec.sideLen)))
	}
	r.counts.keeps.add(svc, k.pair(), a, w)
}

// keepRescued keeps what a flood overwrote, once it has left the window.
func (r *Ring) keepRescued() {
	d := &r.counts
	d.rescued = r.rescue.take(d.rescued)
	if len(d.rescued) == 0 {
		return
	}
	slices.SortFunc(d.rescued, byNumber)
	d.rescued = slices.CompactFunc(d.rescued, func(a, b kept) bool { return a.number == b.number })
	left := 0
	for ; left < len(d.rescued) && d.rescued[left].number <= d.low; left++ {
		a := d.rescued[left]
		if nm := r.names.at(a.rec.handle); a.number > d.line {
			d.keeps.add(nm.svc, nm.pair, a, d.wants(nm.svc, kindOf(nm.pair, a.rec.flags&failed != 0), a.rec.duration))
		}
	}
	d.rescued = slices.Delete(d.rescued, 0, left)
}

// kept returns copies of what is kept up to number low and passes wants, each
// once, leaving out the lists whose latest moment does not pass wantsList.
func (r *Ring) kept(low uint64, wantsList func(latest int64) bool, wants func(*record) bool) (found []kept) {
	d := &r.counts
	d.mu.Lock()
	for _, lists := range [][]keepList{d.keeps.last, d.keeps.failures, d.keeps.slow} {
		for i := range lists {
			if !wantsList(lists[i].latest) {
				continue
			}
			for j := range lists[i].list {
				if k := &lists[i].list[j]; k.number <= low && wants(&k.rec) {
					found = append(found, *k)
				}
			}
		}
	}
	d.mu.Unlock()
	slices.SortFunc(found, byNumber)
	return slices.CompactFunc(found, func(a, b kept) bool { return a.number == b.number })
}
