package inflate

import "encoding/binary"

// stream is how far a decoder is: dst[:op] is text, and src[:sp] has been moved
// to bits, the low n of which are still to be used. Above those n, bits is zero
// or what src[sp:] begins with, and zero where src is at its end.
type stream struct {
	dst, src []byte
	op, sp   int
	bits     uint64
	n        uint // 0 to 63
}

// fill moves input to bits, so that there are at least 56 or all that are left.
func (s *stream) fill() {
	if s.sp <= len(s.src)-8 {
		// Of the eight bytes as many count as fit in whole; what else is set of
		// bits is the same the next time. n becomes 56 plus what it was modulo 8.
		s.bits |= binary.LittleEndian.Uint64(s.src[s.sp:]) << (s.n & 63)
		s.sp += int((63 - s.n) >> 3)
		s.n |= 56
		return
	}
	for s.n < 56 && s.sp < len(s.src) {
		s.bits |= uint64(s.src[s.sp]) << (s.n & 63)
		s.sp++
		s.n += 8
	}
}

// take uses the next n bits, which are at most 56.
func (s *stream) take(n uint) (uint, error) {
	if n > s.n {
		return 0, ErrTruncated
	}
	v := s.bits & (1<<n - 1)
	s.bits >>= n
	s.n -= n
	return uint(v), nil
}

// stored copies the text of a block that is not compressed.
func (s *stream) stored() error {
	// The block goes on at the next byte: give back the whole ones.
	s.sp -= int(s.n >> 3)
	s.bits, s.n = 0, 0
	rest := s.src[s.sp:]
	if len(rest) < 4 {
		return ErrTruncated
	}
	length := binary.LittleEndian.Uint16(rest)
	if length != ^binary.LittleEndian.Uint16(rest[2:]) {
		return ErrCorrupt
	}
	s.sp += 4
	text := rest[4:min(len(rest), 4+int(length))]
	n := copy(s.dst[s.op:], text)
	s.op += n
	s.sp += n
	switch {
	case n < len(text):
		return ErrTooLong
	case n < int(length):
		return ErrTruncated
	}
	return nil
}
