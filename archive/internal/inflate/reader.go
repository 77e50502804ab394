package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

const (
	window = 32 << 10 // how far back a match may refer to

	// What is in memory of the input before a block begins, or symbols go on: a
	// block that is not compressed is whole, and so is the code of another.
	needIn = 4 + 1<<16 + 1<<10

	// What there is room for then: a block that is not compressed, or what the
	// last bits of the input can be: of less than fastIn bytes and the 63 bits
	// that were moved before, each bit may be a match of maxMatch bytes.
	needOut = 1 << 16

	_ = uint(needOut - (8*fastIn+63)*maxMatch - fastOut)

	inLen  = 512 << 10
	outLen = window + 1<<20 + needOut

	maxEmptyReads = 100
)

// Reader unpacks members of gzip one after the other, as they come from an
// [io.Reader], which it reads ahead of. It takes about 2 MiB. The zero Reader has
// to be Reset before it is used. It must not be used by several goroutines at a
// time.
type Reader struct {
	d     Decoder
	s     stream // dst is the window and the text behind it; src is what is in memory of the input
	from  io.Reader
	ended error // why no more input comes; nil while more may
	base  int64 // offset of s.src in the input
	in    []byte

	given  int // s.dst[:given] has been given out
	length uint32
	sum    uint32
	coded  bool  // within a block that has symbols
	final  bool  // the block is the last
	state  error // what Read returns once all text is given out; nil within a member
}

// Reset makes the Reader begin with what comes from r. What was allocated is
// kept.
func (r *Reader) Reset(from io.Reader) {
	if r.in == nil {
		r.in, r.s.dst = make([]byte, inLen), make([]byte, outLen)
	}
	r.from, r.ended, r.base = from, nil, 0
	r.s = stream{dst: r.s.dst, src: r.in[:0]}
	r.given, r.state = 0, io.EOF
}

// Offset returns where in the input the Reader is: at the next member, once Read
// has returned [io.EOF] and before Next is called.
func (r *Reader) Offset() int64 { return r.base + int64(r.s.sp) - int64(r.s.n>>3) }

// Next begins with the next member. The error is [io.EOF] where the input ends,
// or as that of [Decoder.Member]: a header of more than some hundred kilobytes is
// ErrHeader too. Or it is that of the input. All of the member before must have
// been read.
func (r *Reader) Next() error {
	s := &r.s
	r.need(headerLen)
	if s.sp == len(s.src) {
		return r.early(io.EOF)
	}
	n, err := header(s.src[s.sp:])
	for err == ErrTruncated && r.ended == nil && len(s.src)-s.sp <= inLen/2 {
		r.need(len(s.src) - s.sp + 1)
		n, err = header(s.src[s.sp:])
	}
	switch {
	case err == ErrTruncated && r.ended == nil:
		return ErrHeader
	case err == ErrTruncated:
		return r.early(err)
	case err != nil:
		return err
	}
	s.sp += n
	s.op, r.given = 0, 0
	r.length, r.sum, r.coded, r.final, r.state = 0, 0, false, false, nil
	return nil
}

// Read gives text of the member out. The error is [io.EOF] once all of it was
// given and its checksum was found right, or as that of [Decoder.Member], or that
// of the input, and comes behind all text that there is before it.
func (r *Reader) Read(p []byte) (int, error) {
	for r.given == r.s.op {
		if r.state != nil {
			return 0, r.state
		}
		r.more()
	}
	n := copy(p, r.s.dst[r.given:r.s.op])
	r.given += n
	return n, nil
}

// more unpacks as much as there is room for behind the window.
func (r *Reader) more() {
	s := &r.s
	if s.op > window {
		copy(s.dst, s.dst[s.op-window:s.op])
		s.op = window
	}
	r.given = s.op
	done, err := r.unpack()
	text := s.dst[r.given:s.op]
	r.sum = crc32.Update(r.sum, crc32.IEEETable, text)
	r.length += uint32(len(text))
	if err == nil && done {
		err = r.trailer()
	}
	if errors.Is(err, ErrTruncated) {
		err = r.early(err)
	}
	r.state = err
}

// unpack goes on until the text ends, or its room.
func (r *Reader) unpack() (done bool, err error) {
	s := &r.s
	for err == nil {
		r.need(needIn)
		switch {
		case len(s.dst)-s.op < needOut:
			return false, nil
		case !r.coded && r.final:
			return true, nil
		case !r.coded:
			r.final, r.coded, err = r.d.begin(s)
			continue
		}
		switch r.d.fast(s) {
		case blockEnds:
			r.coded = false
		case invalid:
			return false, ErrCorrupt
		case nearEnd:
			if r.ended != nil && len(s.src)-s.sp < fastIn {
				err = r.d.careful(s)
				r.coded = false
			}
		}
	}
	return false, err
}

// trailer compares the text with what follows it.
func (r *Reader) trailer() error {
	s := &r.s
	s.sp -= int(s.n >> 3)
	s.bits, s.n = 0, 0
	r.need(trailerLen)
	trailer := s.src[s.sp:]
	if len(trailer) < trailerLen {
		return ErrTruncated
	}
	if binary.LittleEndian.Uint32(trailer) != r.sum || binary.LittleEndian.Uint32(trailer[4:]) != r.length {
		return ErrChecksum
	}
	s.sp += trailerLen
	return io.EOF
}

// early returns why the input ended: how it failed, or err where it is over.
func (r *Reader) early(err error) error {
	if r.ended != nil && r.ended != io.EOF {
		return r.ended
	}
	return err
}

// need reads until n bytes that have not been moved to bits are in memory, or
// the input ends. The last eight that have been moved are kept, so that whole
// ones of them can be given back.
func (r *Reader) need(n int) {
	s := &r.s
	if len(s.src)-s.sp >= n || r.ended != nil {
		return
	}
	done := max(s.sp-8, 0)
	held := copy(r.in, s.src[done:])
	s.sp -= done
	r.base += int64(done)
	for empty := 0; held-s.sp < n && r.ended == nil; {
		got, err := r.from.Read(r.in[held:])
		held += got
		r.ended = err
		if got > 0 {
			empty = 0
		} else if empty++; empty > maxEmptyReads && err == nil {
			r.ended = io.ErrNoProgress
		}
	}
	s.src = r.in[:held]
}
