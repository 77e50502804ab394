package middleware

// told is what an exchange was told of its request. It does not change: what
// is told next to it makes another one. A name or a route alone, as nearly
// all have, has its own, so that it costs nothing to tell.
type told struct {
	said   *name  // by Name, or by Action
	routed *route // by Route, or by bunrouter
	notes  *notes // the rarer things
}

var nothing told

// heard returns what x was told so far.
func (x *exchange) heard() *told {
	if t := x.told.Load(); t != nil {
		return t
	}
	return &nothing
}

// say tells x what its action is called.
func (x *exchange) say(n *name) {
	for {
		old, now := x.told.Load(), &n.told
		if old != nil && (old.routed != nil || old.notes != nil) {
			now = &told{n, old.routed, old.notes}
		}
		if x.told.CompareAndSwap(old, now) {
			return
		}
	}
}

// route tells x which route its request took.
func (x *exchange) route(r *route) {
	for {
		old, now := x.told.Load(), &r.told
		if old != nil && (old.said != nil || old.notes != nil) {
			now = &told{old.said, r, old.notes}
		}
		if x.told.CompareAndSwap(old, now) {
			return
		}
	}
}

// note returns the notes of x, made when they are first wanted.
func (x *exchange) note() *notes {
	for {
		old := x.told.Load()
		now := &notes{}
		if old != nil {
			if old.notes != nil {
				return old.notes
			}
			now.told = *old
		}
		now.told.notes = now
		if x.told.CompareAndSwap(old, &now.told) {
			return now
		}
	}
}
