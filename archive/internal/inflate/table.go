package inflate

import "math/bits"

// A table is indexed by the next bits of the stream and answers with an entry,
// which says all there is to do. An entry is, from its low bits up:
//
//	0–5   bits to consume: the code and, of a length or distance, its extra bits
//	6–7   of a literal: how many, 1 or 2
//	8–11  bits of the code; of a literal, those of the first
//	12    the end of the block; exceptional is set too
//	13    the code goes on in a subtable; exceptional is set too
//	14    exceptional: neither literal nor length nor distance
//	15    literal
//	16–31 literal: the first, and above it the second
//	      length or distance: what to add the extra bits to
//	      subtable: where it begins among the subtables
//
// An entry that is exceptional alone stands for what no code may say: bits that
// no code begins with, and symbols that RFC 1951 reserves.
const (
	consumeMask = 1<<6 - 1
	countShift  = 6
	countMask   = 3
	codeShift   = 8
	codeMask    = 1<<4 - 1
	endOfBlock  = 1 << 12
	subtable    = 1 << 13
	exceptional = 1 << 14
	literal     = 1 << 15
	valueShift  = 16
)

const (
	maxCode = 15 // bits of the longest code

	// Codes longer than these go on in subtables of equal size.
	litBits  = 10
	distBits = 8
	preBits  = 7 // no code of code lengths is longer

	maxLits  = 288 // of the fixed code; a block's own code has at most 286
	maxDists = 32  // of the fixed code; a block's own code has at most 30
	numPre   = 19

	// Only complete codes have codes of more than one bit, so where one goes on
	// in a subtable at least two do: there are at most half as many subtables
	// as symbols.
	litSubs  = maxLits / 2 << (maxCode - litBits)
	distSubs = maxDists / 2 << (maxCode - distBits)
)

// entries of the symbols, without the bits of their code. What is consumed has
// the extra bits only.
var (
	litEntries  [maxLits]uint32
	distEntries [maxDists]uint32
	preEntries  [numPre]uint32
)

func init() {
	for i := range litEntries {
		switch {
		case i < 256:
			litEntries[i] = literal | 1<<countShift | uint32(i)<<valueShift
		case i == 256:
			litEntries[i] = exceptional | endOfBlock
		case i == 285:
			litEntries[i] = 258 << valueShift
		case i > 285:
			litEntries[i] = exceptional
		case i < 265:
			litEntries[i] = uint32(i-257+3) << valueShift
		default:
			// Four symbols for each number of extra bits.
			extra := uint32(i-261) / 4
			litEntries[i] = (3+(4+uint32(i-261)%4)<<extra)<<valueShift | extra
		}
	}
	for i := range distEntries {
		switch {
		case i < 4:
			distEntries[i] = uint32(i+1) << valueShift
		case i < 30:
			// Two symbols for each number of extra bits.
			extra := uint32(i-2) / 2
			distEntries[i] = (1+(2+uint32(i)%2)<<extra)<<valueShift | extra
		default:
			distEntries[i] = exceptional
		}
	}
	for i := range preEntries {
		preEntries[i] = uint32(i) << valueShift
	}
}

// build fills main, of 1<<mainBits entries, and sub for a code whose symbols
// have the given lengths, 0 for those that do not occur. It reports false for
// a code that is neither complete nor empty nor one code of one bit.
func build(main, sub, entries []uint32, lengths []uint8, mainBits uint) bool {
	var count [maxCode + 1]uint16
	for _, n := range lengths {
		count[n&maxCode]++
	}
	used := len(lengths) - int(count[0])
	count[0] = 0

	// Symbols in the order of their codes.
	var next [maxCode + 2]uint16
	space, longest := 0, uint(0)
	for n := uint(1); n <= maxCode; n++ {
		next[n+1] = next[n] + count[n]
		space += int(count[n]) << (maxCode - n)
		if count[n] > 0 {
			longest = n
		}
	}
	if space != 1<<maxCode {
		if used > 1 || used == 1 && longest != 1 {
			return false
		}
		for i := range main {
			main[i] = exceptional
		}
		if used == 0 {
			return true
		}
	}
	var sorted [maxLits]uint16
	for sym, n := range lengths {
		if n != 0 {
			sorted[next[n&maxCode]] = uint16(sym)
			next[n&maxCode]++
		}
	}
	if space != 1<<maxCode {
		e := entries[sorted[0]] + 1<<codeShift + 1
		for i := 0; i < len(main); i += 2 {
			main[i] = e
		}
		return true
	}

	// A code is stored from its first bit on, so it counts upwards from its
	// other end. The table has as many bits as the codes so far, and doubles.
	code, i := uint(0), 0
	n := uint(1)
	size := uint(2)
	for n <= mainBits {
		for range count[n] {
			main[code&(1<<mainBits-1)] = entries[sorted[i]] + uint32(n)<<codeShift + uint32(n)
			i++
			code = increment(code, n)
		}
		if n == mainBits {
			break
		}
		copy(main[size:2*size], main[:size])
		size *= 2
		n++
	}
	if i == used {
		return true
	}
	subBits := longest - mainBits
	from, prefix := -(1 << subBits), ^uint(0)
	for n = mainBits + 1; n <= longest; n++ {
		for range count[n] {
			if p := code & (1<<mainBits - 1); p != prefix {
				prefix = p
				from += 1 << subBits
				main[p] = exceptional | subtable | uint32(from)<<valueShift | uint32(subBits)<<codeShift | uint32(mainBits)
			}
			e := entries[sorted[i]] + uint32(n-mainBits)<<codeShift + uint32(n-mainBits)
			for j := code >> mainBits; j < 1<<subBits; j += 1 << (n - mainBits) {
				sub[uint(from)+j] = e
			}
			i++
			code = increment(code, n)
		}
	}
	return true
}

// increment returns the code of n bits after code, or 0 after the last one.
func increment(code, n uint) uint {
	// The first zero from the high end becomes one, and the ones before it zero.
	ones := bits.LeadingZeros64(^(uint64(code) << (64 - n)))
	if uint(ones) >= n {
		return 0
	}
	bit := uint(1) << (n - 1 - uint(ones))
	return code&(bit-1) | bit
}

// pair puts two literals into one entry where both fit into the bits of it.
func pair(main *[1 << litBits]uint32) {
	// What follows a code of n bits is found at i>>n, which is before i and so
	// still as it was; at 0 it is the entry itself.
	for i := len(main) - 1; i >= 0; i-- {
		e := main[i]
		if e&literal == 0 {
			continue
		}
		n := e & consumeMask
		second := main[uint32(i)>>n]
		if second&literal == 0 || n+second&consumeMask > litBits {
			continue
		}
		main[i] = e + 1<<countShift + second&consumeMask + second>>valueShift<<(valueShift+8)
	}
}
