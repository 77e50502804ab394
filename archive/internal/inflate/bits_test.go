package inflate_test

import "math/bits"

// bitWriter writes streams that no compressor would.
type bitWriter struct {
	b []byte
	n uint // bits used of the last byte, 0 for all
}

// bits writes the low n bits of v, the lowest first.
func (w *bitWriter) bits(v, n uint) {
	for i := range n {
		if w.n == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v>>i&1) << w.n
		w.n = (w.n + 1) & 7
	}
}

// code writes n bits of v, the highest first.
func (w *bitWriter) code(v, n uint) {
	for i := range n {
		w.bits(v>>(n-1-i), 1)
	}
}

// prefixCode is a code given by the lengths of its symbols.
type prefixCode struct {
	lengths []uint8
	codes   []uint
}

// newCode gives the codes out as section 3.2.2 of RFC 1951 says.
func newCode(lengths []uint8) prefixCode {
	c := prefixCode{lengths, make([]uint, len(lengths))}
	next := uint(0)
	for n := uint8(1); n <= 15; n++ {
		for sym, length := range lengths {
			if length == n {
				c.codes[sym] = next
				next++
			}
		}
		next <<= 1
	}
	return c
}

func (w *bitWriter) symbol(c prefixCode, sym int) { w.code(c.codes[sym], uint(c.lengths[sym])) }

// blockWriter writes the symbols of a block.
type blockWriter struct {
	*bitWriter
	lits, dists prefixCode
}

// fixed begins a block of the fixed code.
func (w *bitWriter) fixed(final bool) blockWriter {
	lits, dists := make([]uint8, 288), make([]uint8, 32)
	for i := range lits {
		switch {
		case i < 144 || i >= 280:
			lits[i] = 8
		case i < 256:
			lits[i] = 9
		default:
			lits[i] = 7
		}
	}
	for i := range dists {
		dists[i] = 5
	}
	w.head(final, 1)
	return blockWriter{w, newCode(lits), newCode(dists)}
}

// dynamic begins a block of its own code, allowed or not. It has at least 257
// literals and 1 distance.
func (w *bitWriter) dynamic(final bool, lits, dists []uint8) blockWriter {
	w.head(final, 2)
	w.bits(uint(len(lits)-257), 5)
	w.bits(uint(len(dists)-1), 5)
	w.bits(19-4, 4)
	// 16, 17 and 18 do not occur, each length is written in four bits.
	pre := make([]uint8, 19)
	for i := range 19 {
		if i < 3 {
			w.bits(0, 3)
		} else {
			w.bits(4, 3)
		}
	}
	for i := range 16 {
		pre[i] = 4
	}
	c := newCode(pre)
	for _, lengths := range [][]uint8{lits, dists} {
		for _, n := range lengths {
			w.symbol(c, int(n))
		}
	}
	return blockWriter{w, newCode(lits), newCode(dists)}
}

// head begins a block.
func (w *bitWriter) head(final bool, kind uint) {
	if final {
		w.bits(1, 1)
	} else {
		w.bits(0, 1)
	}
	w.bits(kind, 2)
}

// literals writes each byte by its code.
func (w blockWriter) literals(text ...byte) {
	for _, c := range text {
		w.symbol(w.lits, int(c))
	}
}

// end writes the end of the block.
func (w blockWriter) end() { w.symbol(w.lits, 256) }

// match writes a length and a distance.
func (w blockWriter) match(length, dist int) {
	sym, extra := lengthSymbol(length)
	w.symbol(w.lits, sym)
	w.bits(uint(length-3), extra) // the bases but three are multiples of their range
	sym, extra = distSymbol(dist)
	w.symbol(w.dists, sym)
	w.bits(uint(dist-1), extra)
}

// lengthSymbol returns the symbol of a length and how many extra bits it has.
func lengthSymbol(length int) (sym int, extra uint) {
	v := uint(length - 3)
	switch {
	case length == 258:
		return 285, 0
	case v < 8:
		return 257 + int(v), 0
	}
	extra = uint(bits.Len(v)) - 3
	return 257 + int(extra*4+v>>extra), extra
}

// distSymbol returns the symbol of a distance and how many extra bits it has.
func distSymbol(dist int) (sym int, extra uint) {
	v := uint(dist - 1)
	if v < 4 {
		return int(v), 0
	}
	extra = uint(bits.Len(v)) - 2
	return int(extra*2 + v>>extra), extra
}
