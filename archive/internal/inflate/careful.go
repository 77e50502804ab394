package inflate

// careful unpacks symbols to the end of a block, with every step checked
// against the ends of src and dst. It takes literals one by one, so that of a
// stream that ends early all is unpacked that is there.
func (d *Decoder) careful(s *stream) error {
	for {
		// A length and a distance, of at most 20 and 28 bits, are in one fill.
		s.fill()
		e := d.lit[s.bits&(1<<litBits-1)]
		if e&subtable != 0 {
			if _, err := s.take(litBits); err != nil {
				return err
			}
			e = d.litSub[e>>valueShift+uint32(s.bits)&(1<<(e>>codeShift&codeMask)-1)]
		}
		if e&literal != 0 {
			if _, err := s.take(uint(e >> codeShift & codeMask)); err != nil {
				return err
			}
			if s.op == len(s.dst) {
				return ErrTooLong
			}
			s.dst[s.op] = byte(e >> valueShift)
			s.op++
			continue
		}
		length, err := s.number(e)
		if e&endOfBlock != 0 || err != nil {
			return err
		}
		e = d.dist[s.bits&(1<<distBits-1)]
		if e&subtable != 0 {
			if _, err := s.take(distBits); err != nil {
				return err
			}
			e = d.distSub[e>>valueShift+uint32(s.bits)&(1<<(e>>codeShift&codeMask)-1)]
		}
		dist, err := s.number(e)
		if err != nil {
			return err
		}
		if dist > s.op {
			return ErrCorrupt
		}
		fits := min(length, len(s.dst)-s.op)
		repeat(s.dst[s.op-dist:s.op+fits], dist)
		s.op += fits
		if fits < length {
			return ErrTooLong
		}
	}
}

// number uses the code and the extra bits of an entry that is not a literal,
// and returns the length or distance.
func (s *stream) number(e uint32) (int, error) {
	v, err := s.take(uint(e & consumeMask))
	if err != nil {
		return 0, err
	}
	if e&(exceptional|endOfBlock) == exceptional {
		return 0, ErrCorrupt
	}
	return int(e>>valueShift) + int(v>>(e>>codeShift&codeMask)), nil
}
