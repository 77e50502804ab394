package sqlite

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
)

func TestBoxedTimestamps(t *testing.T) {
	t.Parallel()
	var b boxes
	r := rand.New(rand.NewPCG(1, 1))
	for at := int64(0); at < 4e18; at += r.Int64N(3) * r.Int64N(1<<r.IntN(60)) {
		if got, want := b.timestamp(at), timestamp(at); got != want {
			t.Fatalf("%d: got %v, want %s", at, got, want)
		}
		if at > 1e6 && r.IntN(3) == 0 {
			at -= 1e6
		}
	}
}

func TestBoxesAreBounded(t *testing.T) {
	t.Parallel()
	var b boxes
	for i := range 3 * mostBoxes {
		text, addr := strconv.Itoa(i), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if b.text(text) != text || string(b.addr(addr).([]byte)) != string(addr.AsSlice()) {
			t.Fatalf("box %d holds something else", i)
		}
		if len(b.texts) > mostBoxes || len(b.addrs) > mostBoxes {
			t.Fatalf("there are %d and %d boxes", len(b.texts), len(b.addrs))
		}
	}
	for _, n := range []int64{-1, 0, 1023, 1024, 1 << 62} {
		if integer(n) != n {
			t.Errorf("the box of %d holds %v", n, integer(n))
		}
	}
}
