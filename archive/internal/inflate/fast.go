package inflate

import "encoding/binary"

// verdict is why the fast loop ended.
type verdict int

const (
	nearEnd   verdict = iota // of src or dst
	blockEnds                // its last symbol has been read
	invalid                  // what comes next is no symbol, or refers to before the text
)

const (
	maxMatch = 258
	step     = 32 // bytes that a match is copied by, up to step-1 too many

	// What one iteration can read and write. It loads 8 bytes, and 8 more at most
	// 7 bytes later. It writes at most three pairs of literals and a match.
	fastIn  = 7 + 8
	fastOut = 3*2 + (maxMatch+step-1)/step*step
)

// fast unpacks symbols while neither src nor dst is near its end: in src[sp:]
// are at least fastIn bytes and in dst[op:] at least fastOut when an iteration
// begins, so no index below is out of range and no loop over the text can run
// past it. What is written beyond op is written again later, or is not text.
//
// Of n only the low six bits mean anything here, so an entry can be subtracted
// as it is: its own low six bits are what it consumes. An iteration begins with
// at least 56 bits. Three lookups of literals use at most 3*litBits of them, and a
// length at most maxCode+5; a fourth literal ends the iteration. A distance, of
// at most maxCode+13, has 56 of its own. Each iteration uses at least one bit:
// only entries that end the loop have none.
func (d *Decoder) fast(s *stream) verdict {
	const (
		_ = uint(56 - (3*litBits + maxCode + 5))
		_ = uint(56 - (maxCode + 13))
	)
	// Locals, because the compiler keeps fields in memory. The capacities are cut
	// off so that the check of a slice expression is against the length.
	dst, src := s.dst[:len(s.dst):len(s.dst)], s.src[:len(s.src):len(s.src)]
	op, sp, bits, n := s.op, s.sp, s.bits, s.n
	lastOut, lastIn := len(dst)-fastOut, len(src)-fastIn
	why := nearEnd
loop:
	for op <= lastOut && sp <= lastIn {
		bits |= binary.LittleEndian.Uint64(src[sp:sp+8]) << (n & 63)
		sp += int(^n >> 3 & 7)
		n |= 56

		// Two bytes are written whether there are one or two literals.
		e := d.lit[bits&(1<<litBits-1)]
		if e&literal != 0 {
			bits >>= e & consumeMask
			n -= uint(e)
			binary.LittleEndian.PutUint16(dst[op:op+2], uint16(e>>valueShift))
			op += int(e >> countShift & countMask)
			e = d.lit[bits&(1<<litBits-1)]
			if e&literal != 0 {
				bits >>= e & consumeMask
				n -= uint(e)
				binary.LittleEndian.PutUint16(dst[op:op+2], uint16(e>>valueShift))
				op += int(e >> countShift & countMask)
				e = d.lit[bits&(1<<litBits-1)]
				if e&literal != 0 {
					bits >>= e & consumeMask
					n -= uint(e)
					binary.LittleEndian.PutUint16(dst[op:op+2], uint16(e>>valueShift))
					op += int(e >> countShift & countMask)
					e = d.lit[bits&(1<<litBits-1)]
					if e&literal != 0 {
						bits >>= e & consumeMask
						n -= uint(e)
						binary.LittleEndian.PutUint16(dst[op:op+2], uint16(e>>valueShift))
						op += int(e >> countShift & countMask)
						continue
					}
				}
			}
		}

		if e&exceptional != 0 {
			if e&subtable != 0 {
				bits >>= litBits
				n -= litBits
				e = d.litSub[e>>valueShift+uint32(bits)&(1<<(e>>codeShift&codeMask)-1)]
			}
			switch {
			case e&literal != 0:
				bits >>= e & consumeMask
				n -= uint(e)
				dst[op] = byte(e >> valueShift)
				op++
				continue
			case e&endOfBlock != 0:
				bits >>= e & consumeMask
				n -= uint(e)
				why = blockEnds
				break loop
			case e&exceptional != 0:
				why = invalid
				break loop
			}
		}
		length := int(e>>valueShift) + int(bits&(1<<(e&consumeMask)-1)>>(e>>codeShift&codeMask))
		bits >>= e & consumeMask
		n -= uint(e)

		bits |= binary.LittleEndian.Uint64(src[sp:sp+8]) << (n & 63)
		sp += int(^n >> 3 & 7)
		n |= 56
		e = d.dist[bits&(1<<distBits-1)]
		if e&exceptional != 0 {
			if e&subtable != 0 {
				bits >>= distBits
				n -= distBits
				e = d.distSub[e>>valueShift+uint32(bits)&(1<<(e>>codeShift&codeMask)-1)]
			}
			if e&exceptional != 0 {
				why = invalid
				break
			}
		}
		dist := int(e>>valueShift) + int(bits&(1<<(e&consumeMask)-1)>>(e>>codeShift&codeMask))
		bits >>= e & consumeMask
		n -= uint(e)

		// The source may overlap what is written, but no load is of a byte that
		// an earlier store of the same match has still to bring: a load is at
		// most as wide as the distance.
		from, to := op-dist, op
		if from < 0 {
			why = invalid
			break
		}
		op += length
		switch {
		case dist >= 16:
			for {
				w, r := (*[step]byte)(dst[to:to+step]), (*[step]byte)(dst[from:from+step])
				*(*[16]byte)(w[:16]) = *(*[16]byte)(r[:16])
				*(*[16]byte)(w[16:]) = *(*[16]byte)(r[16:])
				to += step
				from += step
				if to >= op {
					continue loop
				}
			}
		case dist >= 8:
			for {
				*(*[8]byte)(dst[to : to+8]) = *(*[8]byte)(dst[from : from+8])
				to += 8
				from += 8
				if to >= op {
					continue loop
				}
			}
		default:
			repeat(dst[from:op], dist)
		}
	}
	s.op, s.sp, s.bits, s.n = op, sp, bits, n&63
	return why
}

// repeat fills b with what its first n bytes are, again and again.
func repeat(b []byte, n int) {
	for n < len(b) {
		n += copy(b[n:], b[:n])
	}
}
