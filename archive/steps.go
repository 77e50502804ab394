package archive

import (
	"fmt"
	"time"

	"actionlog/storage"
)

// steps divides time into steps of one length by the clocks of a zone: each
// begins when those clocks show a whole multiple of the length, counted from
// the midnight that began 1970 there. A step in which the clocks are changed is
// longer or shorter by as much, and an hour that they show twice is two hours.
type steps struct {
	length time.Duration
	loc    *time.Location
}

// number returns which multiple of the length the clocks show, and how much
// they show beyond it.
func (s steps) number(t time.Time) (n int64, beyond time.Duration) {
	_, offset := t.Zone()
	shown, length := t.UnixNano()+int64(offset)*int64(time.Second), int64(s.length)
	n = shown / length
	if beyond = time.Duration(shown % length); beyond < 0 {
		n, beyond = n-1, beyond+s.length
	}
	return n, beyond
}

// start returns when the step that holds ns began.
func (s steps) start(ns int64) int64 {
	for t := time.Unix(0, ns).In(s.loc); ; {
		n, beyond := s.number(t)
		began := t.Add(-beyond)
		changed, _ := t.ZoneBounds()
		if changed.IsZero() || !began.Before(changed) {
			return began.UnixNano()
		}
		t = changed.Add(-1).In(s.loc)
		if before, _ := s.number(t); before != n {
			return changed.UnixNano()
		}
	}
}

// next returns when the step ends that began at ns.
func (s steps) next(ns int64) int64 {
	t := time.Unix(0, ns).In(s.loc)
	for n, beyond := s.number(t); ; {
		end := t.Add(s.length - beyond)
		_, changes := t.ZoneBounds()
		if changes.IsZero() || end.Before(changes) {
			return end.UnixNano()
		}
		t = changes.In(s.loc)
		var after int64
		if after, beyond = s.number(t); after != n || beyond == 0 {
			return changes.UnixNano()
		}
	}
}

// ofHours reports whether each step that meets the range begins with an hour of
// UTC.
func (s steps) ofHours(r timeRange) bool {
	if s.length%time.Hour != 0 || r.min > r.max {
		return false
	}
	for t, last := time.Unix(0, s.start(r.min)).In(s.loc), time.Unix(0, r.max); ; {
		if _, offset := t.Zone(); offset%3600 != 0 {
			return false
		}
		_, changes := t.ZoneBounds()
		if changes.IsZero() || changes.After(last) {
			return true
		}
		if t = changes.In(s.loc); t.Unix()%3600 != 0 {
			return false
		}
	}
}

// series is what happened in each step, by when it began.
type series struct {
	in          steps
	rolls       map[int64]*roll
	first, last int64 // of the steps
}

func newSeries(in steps) *series {
	return &series{in: in, rolls: map[int64]*roll{}, first: noTime.min, last: noTime.max}
}

// at returns what happened in the step of a moment, in nanoseconds since 1970.
func (s *series) at(moment int64) *roll {
	began := s.in.start(moment)
	r := s.rolls[began]
	if r == nil {
		r = &roll{}
		s.rolls[began] = r
		s.first, s.last = min(s.first, began), max(s.last, began)
	}
	return r
}

// check refuses a step that makes too many points.
func (s *series) check() error {
	if len(s.rolls) == 0 || (s.last-s.first)/int64(s.in.length) < storage.MaxPoints {
		return nil
	}
	return &storage.ParamError{Param: "step", Value: s.in.length.String(), Allowed: fmt.Sprintf("one that makes at most %d points", storage.MaxPoints)}
}

// points returns the first step to the last, also those between in which
// nothing happened.
func (s *series) points() ([]storage.Point, error) {
	list := []storage.Point{}
	if len(s.rolls) == 0 {
		return list, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	for at := s.first; ; at = s.in.next(at) {
		p := storage.Point{Time: time.Unix(0, at).UTC()}
		if r := s.rolls[at]; r != nil {
			p = storage.NewPoint(p.Time, r.counts, &r.durations, r.longest)
		}
		if list = append(list, p); at >= s.last {
			return list, nil
		}
	}
}

// merge adds what another counted.
func (r *roll) merge(other *roll) {
	r.counts.Total += other.counts.Total
	r.counts.Failed += other.counts.Failed
	r.longest = max(r.longest, other.longest)
	r.durations.Merge(&other.durations)
}
