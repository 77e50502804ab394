package ring

import "actionlog/storage"

// texts are the texts of an action that did not fit its slot.
type texts struct {
	err, path, requestID, instance string
	attrs                          []storage.Attr
}

// put writes an action into the next free slot. An empty instance is the ring's.
func (r *Ring) put(at, duration int64, f *storage.Finish, instance string) storage.Stamp {
	r.clean(f)
	n, s := r.claim()
	rec := &s.rec
	rec.time, rec.duration, rec.bytes = at, duration, f.Bytes
	rec.trace, rec.span = f.TraceID, f.SpanID
	rec.handle = f.Handle
	rec.code = uint16(f.Code)
	rec.flags, rec.outcome = 0, 0
	rec.idLen, rec.pathLen, rec.sideLen = 0, 0, 0
	var t texts
	if f.Failed {
		rec.flags = failed
		t.err = f.Error
	}
	if f.HTTP {
		rec.flags |= isHTTP
		if f.Outcome != "" {
			rec.outcome = outcomeIndex(f.Outcome)
		}
		rec.flags |= putAddr(&rec.remote, f.Remote)
		r.putTexts(rec, f, &t)
	}
	t.instance, t.attrs = instance, f.Attrs
	if t.err != "" || t.path != "" || t.requestID != "" || t.instance != "" || len(t.attrs) != 0 {
		r.putSide(rec, &t)
	}
	s.publish(n)
	r.wake.notify()
	r.counts.nudge(r, n)
	return storage.Stamp{UnixNano: at, Duration: durationOf(duration), Number: n, Process: &r.process}
}

// putTexts puts the request id and the path into the slot, as far as they fit,
// and what does not into t.
func (r *Ring) putTexts(rec *record, f *storage.Finish, t *texts) {
	if len(f.RequestID) <= len(rec.text) {
		rec.idLen = uint8(copy(rec.text[:], f.RequestID))
	} else {
		t.requestID = f.RequestID
	}
	free := rec.text[rec.idLen:]
	switch {
	case len(f.Path) <= len(free):
		rec.pathLen = uint8(copy(free, f.Path))
	case f.Path == r.names.at(f.Handle).route:
		rec.flags |= isRoute
	default:
		t.path = f.Path
	}
}

func (r *Ring) putSide(rec *record, t *texts) {
	single := [...]struct {
		tag  byte
		text string
	}{{tagError, t.err}, {tagPath, t.path}, {tagRequestID, t.requestID}, {tagInstance, t.instance}}
	size := 0
	for i := range single {
		if single[i].text != "" {
			size += sideSize(single[i].text)
		}
	}
	for i := range t.attrs {
		size += sideSize(t.attrs[i].Key) + sideSize(t.attrs[i].Value)
	}
	at, b := r.side.reserve(size, &r.head)
	for i := range single {
		if single[i].text != "" {
			b = appendSide(b, single[i].tag, single[i].text)
		}
	}
	for i := range t.attrs {
		b = appendSide(b, tagKey, t.attrs[i].Key)
		b = appendSide(b, tagValue, t.attrs[i].Value)
	}
	rec.side, rec.sideLen = at, uint16(size)
}

// claim hands out the next number and locks its slot.
func (r *Ring) claim() (uint64, *slot) {
	for {
		n := r.head.Add(1)
		s := &r.slots[n&r.mask]
		left := r.counts.left.Load() // before the slot is taken, from when on it cannot be kept
		before, ok := s.take(n)
		if !ok {
			r.gaps.note(n)
			continue
		}
		if old := before >> numShift; old != 0 && (before&counted == 0 || old > left) {
			r.overwrite(old, before, &s.rec)
		}
		return n, s
	}
}

// overwrite counts action n, which is overwritten before it was counted or
// before it has left the window, and saves it: a flood is a whole ring ahead of
// the counting.
func (r *Ring) overwrite(n, state uint64, rec *record) {
	nm := r.names.at(rec.handle)
	if state&counted == 0 {
		r.spill.add(kindOf(nm.pair, rec.flags&failed != 0), rec.time, rec.duration)
	}
	r.save(n, nm, rec)
}

// clean bounds and redacts the texts of f in place.
func (r *Ring) clean(f *storage.Finish) {
	if !f.Failed {
		f.Error = ""
	} else if f.Error != "" {
		f.Error = r.opts.Redactor.Error(f.Error)
	}
	if f.HTTP {
		if len(f.Path) > storage.MaxPath || !plain(f.Path) {
			f.Path = r.opts.Redactor.Path(f.Path)
		}
		if len(f.RequestID) > storage.MaxRequestID || !plain(f.RequestID) {
			f.RequestID = tidy(f.RequestID, storage.MaxRequestID)
		}
	}
	if len(f.Attrs) != 0 {
		f.Attrs = r.opts.Redactor.Attrs(f.Attrs)
	}
	if f.Code < 0 || f.Code > 999 {
		f.Code = 0
	}
	f.Bytes = max(f.Bytes, 0)
}

// plain reports whether s is printable ASCII without a question mark, eight
// bytes at a time where it can.
func plain(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		mark := w ^ '?'*ones
		// A top bit is set where a byte has its own, is below a space, is
		// DEL, or where mark has a zero byte.
		if (w|(w-' '*ones)|(w+ones)|(mark-ones)&^mark)&tops != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '?' {
			return false
		}
	}
	return true
}
