package inflate

// fixedCode makes the tables those of the code that RFC 1951 fixes.
func (d *Decoder) fixedCode() {
	if d.fixed {
		return
	}
	lits, dists := d.lengths[:maxLits], d.lengths[maxLits:]
	for i := range lits {
		switch {
		case i < 144:
			lits[i] = 8
		case i < 256:
			lits[i] = 9
		case i < 280:
			lits[i] = 7
		default:
			lits[i] = 8
		}
	}
	for i := range dists {
		dists[i] = 5
	}
	d.fixed = d.tables(lits, dists)
}

// ownCode reads the code that a block brings and makes the tables its own.
func (d *Decoder) ownCode(s *stream) error {
	head, err := s.take(14) // of the 53 that block left
	if err != nil {
		return err
	}
	lits, dists, pres := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if lits > 286 || dists > 30 {
		return ErrCorrupt
	}
	if err := d.lengthCode(s, pres); err != nil {
		return err
	}
	lengths := d.lengths[:lits+dists]
	if err := d.codeLengths(s, lengths); err != nil {
		return err
	}
	d.fixed = false
	if !d.tables(lengths[:lits], lengths[lits:]) {
		return ErrCorrupt
	}
	return nil
}

// tables fills lit and dist, and reports false for codes that are not allowed.
func (d *Decoder) tables(lits, dists []uint8) bool {
	if !build(d.lit[:], d.litSub[:], litEntries[:], lits, litBits) ||
		!build(d.dist[:], d.distSub[:], distEntries[:], dists, distBits) {
		return false
	}
	pair(&d.lit)
	return true
}

// lengthOrder is the order in which the code of code lengths is written.
var lengthOrder = [numPre]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthCode reads the code, of n lengths, in which code lengths are written.
func (d *Decoder) lengthCode(s *stream, n int) error {
	var lengths [numPre]uint8
	for _, sym := range lengthOrder[:n] {
		s.fill()
		length, err := s.take(3)
		if err != nil {
			return err
		}
		lengths[sym] = uint8(length)
	}
	if !build(d.pre[:], nil, preEntries[:], lengths[:], preBits) {
		return ErrCorrupt
	}
	return nil
}

// codeLengths reads as many code lengths as there is room for.
func (d *Decoder) codeLengths(s *stream, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		s.fill()
		e := d.pre[s.bits&(1<<preBits-1)]
		if _, err := s.take(uint(e & consumeMask)); err != nil {
			return err
		}
		if e&exceptional != 0 {
			return ErrCorrupt
		}
		sym := uint8(e >> valueShift)
		if sym < 16 {
			lengths[i] = sym
			i++
			continue
		}
		var repeated uint8
		least, extra := 3, uint(2)
		switch sym {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			repeated = lengths[i-1]
		case 17:
			extra = 3
		default:
			least, extra = 11, 7
		}
		beyond, err := s.take(extra)
		if err != nil {
			return err
		}
		times := least + int(beyond)
		if times > len(lengths)-i {
			return ErrCorrupt
		}
		for ; times > 0; times-- {
			lengths[i] = repeated
			i++
		}
	}
	return nil
}
