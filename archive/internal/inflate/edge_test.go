package inflate_test

import (
	"bytes"
	"testing"

	"actionlog/archive/internal/inflate"
)

// TestEdges has the most that one step of the fast loop reads and writes, three
// pairs of literals and the longest match, at each distance from the ends of
// both memories.
func TestEdges(t *testing.T) {
	t.Parallel()
	lits, dists := make([]uint8, 286), make([]uint8, 30)
	lits['a'], lits['b'], lits[285], lits['c'], lits[256] = 2, 2, 2, 3, 3
	dists[8], dists[29] = 1, 1
	for shift := range 4 {
		var w bitWriter
		for range shift {
			w.fixed(false).end() // ten bits
		}
		block := w.dynamic(true, lits, dists)
		block.literals([]byte("abacabacabacbcbcbcbcabaaaabbbb")...)
		block.match(258, 17) // ends a step
		block.literals([]byte("ababab")...)
		block.match(258, 18)
		block.literals([]byte("ba")...)
		block.end()
		want, used, err := reference(w.b)
		if err != nil || used != len(w.b) {
			t.Fatal(err)
		}
		var d inflate.Decoder
		for after := range 20 {
			src := append(bytes.Clone(w.b), make([]byte, after)...)
			src = src[:len(src):len(src)]
			for room := range 300 {
				dst := make([]byte, len(want)+room)
				n, read, err := d.Inflate(dst, src)
				if err != nil || read != used || !bytes.Equal(dst[:n], want) {
					t.Fatalf("%d bytes follow, room for %d more: got %d of %d, read %d of %d, error %v", after, room, n, len(want), read, used, err)
				}
			}
		}
	}
}

// TestLongestMatchAtTheEnd has a match of 48 bits where bytes are read singly,
// and streams that end within it.
func TestLongestMatchAtTheEnd(t *testing.T) {
	t.Parallel()
	lits, dists := make([]uint8, 286), make([]uint8, 30)
	for i := range uint8(13) {
		lits['a'+i], dists[i] = i+2, i+1
	}
	lits[256], lits[284], lits[285] = 1, 15, 15
	dists[13], dists[28], dists[29] = 14, 15, 15
	for shift := range 8 {
		var w bitWriter
		for range shift {
			w.fixed(false).end()
		}
		block := w.dynamic(true, lits, dists)
		block.literals('a', 'b', 'c')
		for range 130 {
			block.match(258, 3)
		}
		block.match(240, 30_000)
		block.end()
		if _, _, err := reference(w.b); err != nil {
			t.Fatal(err)
		}
		var d inflate.Decoder
		for missing := range 14 {
			compare(t, &d, w.b[:len(w.b)-missing])
		}
	}
}

// TestEndsWithinLongCodes ends streams where the first bits of a long code are
// there and zeros are all that is missing to find its subtable.
func TestEndsWithinLongCodes(t *testing.T) {
	t.Parallel()
	lits, dists := make([]uint8, 286), make([]uint8, 30)
	lits['a'], lits['b'], lits['c'], lits[257] = 1, 2, 3, 4
	for i := range 128 {
		lits[128+i] = 11
	}
	lits[255], lits[256] = 0, 11
	copy(dists, []uint8{1, 2, 3, 4, 5})
	for i := range 16 {
		dists[5+i] = 9
	}
	for shift := range 8 {
		var w bitWriter
		block := w.dynamic(true, lits, dists)
		for range 20 + shift {
			block.literals('a')
		}
		block.literals(128)
		block.match(3, 7)
		block.literals(128)
		block.end()
		if _, _, err := reference(w.b); err != nil {
			t.Fatal(err)
		}
		var d inflate.Decoder
		for missing := range 9 {
			compare(t, &d, w.b[:len(w.b)-missing])
		}
	}
}
