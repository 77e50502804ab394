package sqlite

import (
	"net/netip"
	"strings"
)

// boxes are values as the driver takes them, which costs memory for each, of
// those that come again and again.
type boxes struct {
	texts  map[string]any
	addrs  map[netip.Addr]any
	milli  int64
	digits [len("2006-01-02T15:04:05.000Z")]byte
	stamp  any // milli as a timestamp; nil before the first
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

// timestamp returns a moment as text; many end in the same second, or even
// millisecond.
func (b *boxes) timestamp(at int64) any {
	milli := at / 1e6
	switch {
	case b.stamp == nil || milli/1000 != b.milli/1000:
		text := timestamp(at)
		copy(b.digits[:], text)
		b.stamp = text
	case milli != b.milli:
		const end = len("2006-01-02T15:04:05.")
		ms := milli % 1000
		b.digits[end], b.digits[end+1], b.digits[end+2] = byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10)
		b.stamp = string(b.digits[:])
	}
	b.milli = milli
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
