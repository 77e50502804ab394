package sqlite

import (
	"net/netip"
	"strings"
)

// boxes are values as the driver takes them, which costs memory for each, of
// those that come again and again.
type boxes struct {
	texts map[string]any
	addrs map[netip.Addr]any
	milli int64
	stamp any // milli as a timestamp; nil before the first
}

// mostBoxes bounds each kind.
const mostBoxes = 4096

func (b *boxes) text(s string) any {
	if v, ok := b.texts[s]; ok {
		return v
	}
	if b.texts == nil || len(b.texts) >= mostBoxes {
		b.texts = map[string]any{}
	}
	s = strings.Clone(s) // which may be a part of something large
	v := any(s)
	b.texts[s] = v
	return v
}

func (b *boxes) addr(addr netip.Addr) any {
	if v, ok := b.addrs[addr]; ok {
		return v
	}
	if b.addrs == nil || len(b.addrs) >= mostBoxes {
		b.addrs = map[netip.Addr]any{}
	}
	v := any(addr.AsSlice())
	b.addrs[addr] = v
	return v
}

// timestamp returns a moment as text; many end in the same millisecond.
func (b *boxes) timestamp(at int64) any {
	const milli = 1e6
	if b.stamp == nil || at-at%milli != b.milli {
		b.milli, b.stamp = at-at%milli, timestamp(at)
	}
	return b.stamp
}

var integers = func() (t [1024]any) {
	for i := range t {
		t[i] = int64(i)
	}
	return t
}()

func integer(n int64) any {
	if 0 <= n && n < int64(len(integers)) {
		return integers[n]
	}
	return n
}
