package inflate

import "errors"

// What is wrong with the data. The functions of this package return these
// errors as they are.
var (
	ErrCorrupt   = errors.New("the packed data is damaged: it is not valid DEFLATE")
	ErrTruncated = errors.New("the packed data ends before its stream does")
	ErrTooLong   = errors.New("the packed data holds more text than there is room for")
	ErrHeader    = errors.New("the header of the gzip member is damaged, or is none")
	ErrChecksum  = errors.New("the text of the gzip member does not have the checksum and length that its trailer says")
)

// Decoder holds the tables of the codes that it read last, about 32 KiB. The zero
// Decoder is ready for use. Using it again saves the memory; nothing else of one
// call is seen by the next. It must not be used by several goroutines at a time,
// and never allocates.
type Decoder struct {
	lit     [1 << litBits]uint32
	dist    [1 << distBits]uint32
	litSub  [litSubs]uint32
	distSub [distSubs]uint32
	pre     [1 << preBits]uint32
	lengths [maxLits + maxDists]uint8
	fixed   bool // lit and dist are those of the fixed code
}

// Inflate unpacks the stream at the beginning of src into dst. It returns the
// length of the text and of the stream, which bytes may follow.
//
// The text may be shorter than dst; what dst holds after it is then undefined.
// Nothing beyond len(dst) is written and nothing beyond len(src) is read. The two
// must not overlap.
//
// The error is one of [ErrCorrupt], [ErrTruncated] and [ErrTooLong]. Then n bytes
// of text are what the stream held before the error, as far as they fit into dst,
// and read tells about where in src it is.
func (d *Decoder) Inflate(dst, src []byte) (n, read int, err error) {
	s := stream{dst: dst, src: src}
	for final := false; !final && err == nil; {
		final, err = d.block(&s)
	}
	return s.op, s.sp - int(s.n>>3), err
}

// block unpacks one block and reports whether it is the last.
func (d *Decoder) block(s *stream) (final bool, err error) {
	final, coded, err := d.begin(s)
	if coded {
		err = d.symbols(s)
	}
	return final, err
}

// begin reads the head of a block, and the text of one that is not compressed.
// It reports whether the block is the last and whether symbols follow.
func (d *Decoder) begin(s *stream) (final, coded bool, err error) {
	s.fill()
	head, err := s.take(3)
	if err != nil {
		return false, false, err
	}
	switch head >> 1 {
	case 0:
		err = s.stored()
	case 1:
		d.fixedCode()
		coded = true
	case 2:
		err = d.ownCode(s)
		coded = err == nil
	default:
		err = ErrCorrupt
	}
	return head&1 != 0, coded, err
}

// symbols unpacks the literals and matches of a block.
func (d *Decoder) symbols(s *stream) error {
	switch d.fast(s) {
	case blockEnds:
		return nil
	case invalid:
		return ErrCorrupt
	}
	return d.careful(s)
}
