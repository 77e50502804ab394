package ring

import (
	"time"

	"actionlog/storage"
)

// entry is what the counting reads of a slot.
type entry struct {
	number       uint64
	at, duration int64
	handle       storage.Handle
	kind         kind
	svc          svcKind
	failed       bool
}

// read reads the actions after n, up to to, and returns those that are there.
// What is still being written is late.
func (r *Ring) read(n, to uint64) []entry {
	d := &r.counts
	late, zone := len(d.late), to
	latest := int64(minTime)
	list := d.entries[:0]
	quiet := d.begin(r, n, to)
	for n++; n <= to; n++ {
		s := &r.slots[n&r.mask]
		if !quiet {
			if f := s.acquire(n); f != ready {
				if f == pending {
					d.late = append(d.late, n)
				}
				continue
			}
		} else if state := s.state.Load(); state>>numShift != n || state&writing != 0 {
			d.late = append(d.late, n)
			continue
		}
		list = list[:len(list)+1]
		list[len(list)-1].fill(n, &s.rec)
		latest = max(latest, s.rec.time)
		if !s.rec.trace.IsZero() {
			r.exemplify(&s.rec)
		}
		if !quiet {
			s.releaseCounted()
		}
	}
	if len(d.late) > late {
		d.tellLate(d.late)
	}
	d.end(to)
	d.zoneUp(zone, latest)
	return list
}

// readLate reads action n, which was late.
func (r *Ring) readLate(n uint64, e *entry) found {
	s := &r.slots[n&r.mask]
	f := s.acquire(n)
	if f == ready {
		e.fill(n, &s.rec)
		if !s.rec.trace.IsZero() {
			r.exemplify(&s.rec)
		}
		r.counts.zoneUp(n, s.rec.time)
		s.releaseCounted()
	}
	return f
}

// fill copies what the counting needs of a record that nobody writes meanwhile.
func (e *entry) fill(n uint64, rec *record) {
	e.number, e.at, e.duration = n, rec.time, rec.duration
	e.handle, e.failed = rec.handle, rec.flags&failed != 0
}

// exemplify makes an exemplar of a record that has a trace id.
func (r *Ring) exemplify(rec *record) {
	r.counts.accounts.example(r.names.at(rec.handle).pair, storage.Exemplar{
		Duration: durationOf(rec.duration), Time: time.Unix(0, rec.time).UTC(), TraceID: rec.trace, SpanID: rec.span,
	})
}

// tally counts actions since the line, and says of each what it was counted as.
func (d *derived) tally(names *names, list []entry) {
	var (
		last entry // what the one before had
		open *openCell
		in   *denseKind // in open; nil for none
	)
	d.life.Total += int64(len(list))
	for i := range list {
		e := &list[i]
		if i == 0 || e.handle != last.handle || e.failed != last.failed {
			nm := names.at(e.handle)
			last.handle, last.failed = e.handle, e.failed
			last.kind, last.svc = kindOf(nm.pair, e.failed), svcKindOf(nm.svc, e.failed)
			in = nil
		}
		e.kind, e.svc = last.kind, last.svc
		if e.failed {
			d.life.Failed++
		}
		bucket := storage.Bucket(durationOf(e.duration))
		if in == nil || e.at < open.start || e.at >= open.end {
			if in, open = nil, d.times.openOf(e.at); open == nil {
				d.times.addLate(e.kind, e.at, e.duration)
				d.accounts.of(e.kind).add(e.duration, bucket)
				continue
			}
			in = open.of(e.kind)
		}
		open.span(e.at, e.at)
		in.add(e.duration, bucket)
	}
}
