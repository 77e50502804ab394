package inflate_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"actionlog/archive/internal/inflate"
)

// complete returns lengths of a code of as many symbols of n, from 2 on, with
// at most longest bits, as a random tree has them.
func complete(rnd *rand.Rand, n, used, longest int) []uint8 {
	leaves := []uint8{1, 1}
	for len(leaves) < used {
		// Splitting the last one most of the time makes long codes.
		i := len(leaves) - 1
		if rnd.IntN(4) == 0 || int(leaves[i]) == longest {
			i = rnd.IntN(len(leaves))
		}
		if int(leaves[i]) == longest {
			i = slices.IndexFunc(leaves, func(n uint8) bool { return int(n) < longest })
		}
		leaves[i]++
		leaves = append(leaves, leaves[i])
	}
	lengths := append(leaves, make([]uint8, n-used)...)
	rnd.Shuffle(n, func(i, j int) { lengths[i], lengths[j] = lengths[j], lengths[i] })
	return lengths
}

// TestRandomCodes writes random symbols in random codes.
func TestRandomCodes(t *testing.T) {
	t.Parallel()
	var d inflate.Decoder
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var w bitWriter
		var want []byte
		blocks := 1 + rnd.IntN(3)
		for i := range blocks {
			lits := complete(rnd, 286, 2+rnd.IntN(285), 9+rnd.IntN(7))
			if lits[256] == 0 {
				used := slices.IndexFunc(lits, func(n uint8) bool { return n > 0 })
				lits[256], lits[used] = lits[used], 0
			}
			block := w.dynamic(i == blocks-1, lits, complete(rnd, 30, 2+rnd.IntN(29), 5+rnd.IntN(11)))
			want = writeRandom(rnd, block, want)
			block.end()
		}
		got, used, err := reference(w.b)
		if err != nil || used != len(w.b) || !bytes.Equal(got, want) {
			t.Fatalf("seed %d: compress/flate reads something else: %v", seed, err)
		}
		compare(t, &d, w.b)
	}
}

// writeRandom writes a few hundred literals and matches that the block has
// codes for, and appends the text to what there is.
func writeRandom(rnd *rand.Rand, block blockWriter, text []byte) []byte {
	var lits []byte
	for i, n := range block.lits.lengths[:256] {
		if n > 0 {
			lits = append(lits, byte(i))
		}
	}
	for range rnd.IntN(1500) {
		if len(lits) > 0 && rnd.IntN(2) == 0 {
			c := lits[rnd.IntN(len(lits))]
			block.literals(c)
			text = append(text, c)
			continue
		}
		length := min(3+rnd.IntN(1<<rnd.IntN(9)), 258)
		dist := 1 + rnd.IntN(1<<rnd.IntN(16))
		sym, _ := lengthSymbol(length)
		distSym, _ := distSymbol(dist)
		if dist > len(text) || block.lits.lengths[sym] == 0 || block.dists.lengths[distSym] == 0 {
			continue
		}
		block.match(length, dist)
		for range length {
			text = append(text, text[len(text)-dist])
		}
	}
	return text
}

// TestLongestCodes has codes of each length from 1 to 15.
func TestLongestCodes(t *testing.T) {
	t.Parallel()
	lits, dists := make([]uint8, 286), make([]uint8, 30)
	for i := range uint8(15) {
		lits['a'+i], dists[2*i] = i+1, i+1
	}
	lits['n'], lits['o'] = 0, 0
	lits[270], lits[285], lits[256] = 14, 15, 15
	dists[29] = 15
	var w bitWriter
	block := w.dynamic(true, lits, dists)
	for range 120 {
		block.literals([]byte("abcdefghijklm")...)
		block.match(25, 1)
		block.match(258, 5)
	}
	for range 100 {
		block.match(25, 24577)
		block.match(258, 20000)
		block.match(25, 32768)
	}
	block.end()
	if _, _, err := reference(w.b); err != nil {
		t.Fatal(err)
	}
	compare(t, new(inflate.Decoder), w.b)
}

// TestAllowedCodes has codes that are not as they should be, in each of the
// places where a block has one. compress/flate says which are allowed.
func TestAllowedCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		lengths []uint8 // of the first symbols
		want    bool
	}{
		{"empty", nil, true},
		{"one-of-one-bit", []uint8{1}, true},
		{"one-of-two-bits", []uint8{2}, false},
		{"one-of-fifteen-bits", []uint8{15}, false},
		{"two", []uint8{1, 1}, true},
		{"two-of-two-bits", []uint8{2, 2}, false},
		{"three-of-one-bit", []uint8{1, 1, 1}, false},
		{"three", []uint8{1, 2, 2}, true},
		{"none-left-over", []uint8{2, 2, 2, 2}, true},
		{"one-left-over", []uint8{2, 2, 2}, false},
		{"one-too-many", []uint8{2, 2, 2, 2, 2}, false},
		{"one-long-left-over", []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, false},
		{"longest", []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15}, true},
		{"one-long-too-many", []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, 15}, false},
		{"wraps-16-bits", slices.Repeat([]uint8{1}, 30), false},
	}
	lits := make([]uint8, 286)
	lits['x'], lits['y'], lits[256], lits[257] = 2, 2, 2, 2
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dists := make([]uint8, 30)
			copy(dists, test.lengths)
			own := make([]uint8, 286)
			copy(own, test.lengths)
			ends := make([]uint8, 286)
			copy(ends[286-30:], dists) // the end of the block comes first

			for _, more := range []int{0, 500} {
				var w bitWriter
				block := w.dynamic(true, lits, dists)
				block.literals(bytes.Repeat([]byte("xy"), 10+more)...)
				block.end()
				if _, _, err := reference(w.b); (err == nil) != test.want {
					t.Fatalf("compress/flate: distances that are not used: error %v", err)
				}
				compare(t, new(inflate.Decoder), w.b)

				for used := range uint(4) {
					for _, first := range [][]uint8{lits, own, ends} {
						w = bitWriter{}
						block = w.dynamic(true, first, dists)
						if used > 0 && first[256] > 0 && first['x'] > 0 {
							block.literals(bytes.Repeat([]byte("xy"), 10)...)
							block.symbol(block.lits, 257)
						}
						// Codes that may not be there, in bits of each kind, then an end.
						w.bits(used, 2)
						for range more {
							w.bits(0x5a, 8)
						}
						if first[256] > 0 {
							block.end()
						}
						compare(t, new(inflate.Decoder), w.b)
					}
				}
			}
		})
	}
}

// TestAllowedLengthCodes has all codes of up to four symbols for code lengths.
func TestAllowedLengthCodes(t *testing.T) {
	t.Parallel()
	var d inflate.Decoder
	for lengths := range uint(1 << 12) {
		for _, tail := range []byte{0, 0xff, 0x6d} {
			var w bitWriter
			w.head(true, 2)
			w.bits(0, 10)
			w.bits(15, 4)
			w.bits(0, 3*6)      // 16, 17, 18, 0, 8, 7
			w.bits(lengths, 12) // 9, 6, 10, 5
			w.bits(0, 3*9)
			for range 100 {
				w.bits(uint(tail), 8)
			}
			compare(t, &d, w.b)
		}
	}
}

func TestCountsBeyondTheSymbols(t *testing.T) {
	t.Parallel()
	for lits := 286; lits <= 288; lits++ {
		for dists := 30; dists <= 32; dists++ {
			var w bitWriter
			ls, ds := make([]uint8, lits), make([]uint8, dists)
			ls[0], ls[256], ds[0], ds[dists-1] = 1, 1, 1, 1
			block := w.dynamic(true, ls, ds)
			block.literals(0, 0)
			block.end()
			if _, _, err := reference(w.b); (err == nil) != (lits == 286 && dists == 30) {
				t.Fatalf("compress/flate: %d and %d: error %v", lits, dists, err)
			}
			compare(t, new(inflate.Decoder), w.b)
		}
	}
}

// TestReservedSymbols uses those of the fixed code that mean nothing.
func TestReservedSymbols(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 1000} {
		for _, sym := range []int{286, 287} {
			var w bitWriter
			block := w.fixed(true)
			block.literals('x', 'y', 'z')
			block.symbol(block.lits, sym)
			block.symbol(block.dists, 0)
			for range more {
				block.literals('.')
			}
			block.end()
			compare(t, new(inflate.Decoder), w.b)
		}
		for _, sym := range []int{30, 31} {
			var w bitWriter
			block := w.fixed(true)
			block.literals('x', 'y', 'z')
			block.symbol(block.lits, 257)
			block.symbol(block.dists, sym)
			for range more {
				block.literals('.')
			}
			block.end()
			compare(t, new(inflate.Decoder), w.b)
		}
	}
	var w bitWriter
	w.head(true, 3)
	w.bits(0, 64)
	compare(t, new(inflate.Decoder), w.b)
}
