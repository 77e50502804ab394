package ring

import "actionlog/storage"

// put writes an action into the next free slot. An empty instance is the ring's.
func (r *Ring) put(at, duration int64, f *storage.Finish, instance string) storage.Stamp {
	if !isClean(f) {
		r.clean(f)
	}
	n, s := r.claim()
	rec := &s.rec
	rec.time, rec.duration = at, duration
	rec.handle, rec.code = f.Handle, uint16(f.Code)
	rec.trace, rec.span = f.TraceID, f.SpanID
	rec.bytes = f.Bytes
	rec.outcome, rec.idLen, rec.pathLen, rec.sideLen = 0, 0, 0, 0
	var flags uint8
	if f.HTTP {
		flags = isHTTP
		if f.Outcome != "" {
			rec.outcome = outcomeIndex(f.Outcome)
		}
		if f.Remote.IsValid() {
			rec.remote = f.Remote.As16()
			flags |= hasRemote
		}
		if len(f.RequestID)+len(f.Path) <= len(rec.text) {
			rec.idLen = uint8(copy(rec.text[:], f.RequestID))
			rec.pathLen = uint8(copy(rec.text[rec.idLen:], f.Path))
		} else {
			flags |= hasSide
		}
	}
	if f.Failed || flags&hasSide != 0 || len(f.Attrs) != 0 || instance != "" {
		flags = r.putSide(rec, f, flags&^hasSide, instance)
	}
	rec.flags = flags
	s.publish(n)
	r.wake.notify()
	if n%lookEvery == 0 {
		r.counts.nudge(r, n)
	}
	return storage.Stamp{UnixNano: at, Duration: durationOf(duration), Number: n, Process: &r.process}
}

// putSide puts all texts of an action that are not in the slot yet into it as
// far as they fit, and what does not into side bytes. It returns the action's
// flags.
func (r *Ring) putSide(rec *record, f *storage.Finish, flags uint8, instance string) uint8 {
	t := texts{instance: instance, attrs: f.Attrs}
	if f.Failed {
		flags |= failed
		t.err = f.Error
	}
	if f.HTTP && rec.idLen == 0 && rec.pathLen == 0 {
		flags |= r.putTexts(rec, f, &t)
	}
	if t.err != "" || t.path != "" || t.requestID != "" || t.instance != "" || len(t.attrs) != 0 {
		r.putSideBytes(rec, &t)
	}
	return flags
}

// putTexts puts the request id and the path into the slot, as far as they fit,
// and what does not into t.
func (r *Ring) putTexts(rec *record, f *storage.Finish, t *texts) (flags uint8) {
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
		return isRoute
	default:
		t.path = f.Path
	}
	return 0
}

// texts are the texts of an action that did not fit its slot.
type texts struct {
	err, path, requestID, instance string
	attrs                          []storage.Attr
}

func (r *Ring) putSideBytes(rec *record, t *texts) {
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
		before := s.state.Load()
		old := before >> numShift
		if before&busy == 0 && old <= n {
			if old <= left {
				if s.take(n, before) {
					return n, s
				}
			} else if r.overwrite(n, s, before) {
				return n, s
			}
		}
		r.gaps.note(n)
	}
}

// overwrite takes the slot, counts the action in it if that was not done yet,
// and saves it: a flood is a whole ring ahead of the counting. It fails if the
// action is just being counted.
func (r *Ring) overwrite(n uint64, s *slot, before uint64) bool {
	old := before >> numShift
	isCounted, isRead := r.counts.of(old, before)
	if isRead || !s.take(n, before) {
		return false
	}
	nm := r.names.at(s.rec.handle)
	if !isCounted {
		r.spill.add(kindOf(nm.pair, s.rec.flags&failed != 0), s.rec.time, s.rec.duration)
	}
	r.save(old, nm, &s.rec)
	return true
}

// isClean reports whether clean has nothing to do, as of nearly all that come.
func isClean(f *storage.Finish) bool {
	if f.Failed || f.Error != "" || len(f.Attrs) != 0 || uint(f.Code) > 999 || f.Bytes < 0 {
		return false
	}
	return !f.HTTP || len(f.Path) <= storage.MaxPath && len(f.RequestID) <= storage.MaxRequestID && plain(f.Path) && plain(f.RequestID)
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
// bytes at a time.
func plain(s string) bool {
	if len(s) < 8 {
		for i := range len(s) {
			if c := s[i]; c < ' ' || c > '~' || c == '?' {
				return false
			}
		}
		return true
	}
	last := word(s[len(s)-8:]) // with bytes of the word before, if need be
	for ; len(s) > 8; s = s[8:] {
		if !plainWord(word(s)) {
			return false
		}
	}
	return plainWord(last)
}

// word returns the first eight bytes of s.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func plainWord(w uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	mark := w ^ '?'*ones
	// A top bit is set where a byte has its own, is below a space, is
	// DEL, or where mark has a zero byte.
	return (w|(w-' '*ones)|(w+ones)|(mark-ones)&^mark)&tops == 0
}
