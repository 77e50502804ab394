package ring

import (
	"cmp"
	"slices"

	"actionlog/storage"
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
	last     []lastKept // by service
	failures []lastKept // by service
	slow     [][]kept   // by service and action, fastest first
}

// lastKept is a ring of the last kept.
type lastKept struct {
	list []kept
	next int
}

func (k *keeps) clear() { *k = keeps{} }

func (l *lastKept) add(a kept) {
	if contains(l.list, a.number) {
		return
	}
	if len(l.list) < keepLast {
		l.list = append(l.list, a)
		return
	}
	l.list[l.next] = a
	l.next = (l.next + 1) % keepLast
}

// keep copies an action that leaves the window if it is among the last of its
// service, the last failures of its service, or the slowest of its action.
func (r *Ring) keep(n uint64, h storage.Handle, duration int64, hasFailed bool) {
	w := r.counts.wants(r.names.at(h), duration, hasFailed)
	if w == (wanted{}) {
		return
	}
	a := kept{number: n}
	if r.slots[n&r.mask].read(n, &a.rec) != ready {
		return
	}
	if a.rec.sideLen != 0 {
		a.side = string(r.side.at(a.rec.side, int(a.rec.sideLen)))
	}
	r.counts.keeps.add(r.names.at(h), a, w)
}

// keepRescued keeps what a flood overwrote.
func (r *Ring) keepRescued() {
	for _, a := range r.rescue.take() {
		if nm := r.names.at(a.rec.handle); a.number > r.counts.line {
			r.counts.keeps.add(nm, a, r.counts.wants(nm, a.rec.duration, a.rec.flags&failed != 0))
		}
	}
}

// wanted says among which keeps an action belongs.
type wanted struct{ last, failure, slow bool }

func (d *derived) wants(nm *name, duration int64, hasFailed bool) wanted {
	d.keeps.grow(int(nm.svc)+1, int(nm.pair)+1)
	var inWindow tally
	if int(nm.svc) < len(d.svcs) {
		inWindow = d.svcs[nm.svc]
	}
	slow := d.keeps.slow[nm.pair]
	return wanted{
		last:    inWindow.total < keepLast,
		failure: hasFailed && inWindow.failed < keepLast,
		slow:    len(slow) < keepSlow || slow[0].rec.duration < duration,
	}
}

func (k *keeps) grow(services, pairs int) {
	for len(k.last) < services {
		k.last = append(k.last, lastKept{})
		k.failures = append(k.failures, lastKept{})
	}
	for len(k.slow) < pairs {
		k.slow = append(k.slow, nil)
	}
}

// add keeps an action, unless it is kept already: what was rescued may also
// have left the window in the ordinary way.
func (k *keeps) add(nm *name, a kept, w wanted) {
	if w.last {
		k.last[nm.svc].add(a)
	}
	if w.failure {
		k.failures[nm.svc].add(a)
	}
	if w.slow && !contains(k.slow[nm.pair], a.number) {
		insertSlow(&k.slow[nm.pair], a)
	}
}

func contains(list []kept, number uint64) bool {
	return slices.ContainsFunc(list, func(k kept) bool { return k.number == number })
}

func insertSlow(slow *[]kept, a kept) {
	if len(*slow) == keepSlow {
		*slow = slices.Delete(*slow, 0, 1)
	}
	i, _ := slices.BinarySearchFunc(*slow, a, func(x, y kept) int { return cmp.Compare(x.rec.duration, y.rec.duration) })
	*slow = slices.Insert(*slow, i, a)
}

// each calls f for every action kept, each once, whose service and action
// pass wants.
func (k *keeps) each(wants func(*kept) bool, f func(*kept)) {
	seen := map[uint64]bool{}
	visit := func(list []kept) {
		for i := range list {
			a := &list[i]
			if wants(a) && !seen[a.number] {
				seen[a.number] = true
				f(a)
			}
		}
	}
	for i := range k.last {
		visit(k.last[i].list)
		visit(k.failures[i].list)
	}
	for i := range k.slow {
		visit(k.slow[i])
	}
}
