package inflate

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// The header of RFC 1952: two bytes of magic, the method, the flags, and six
// that do not matter here; then what the flags say.
const (
	headerLen  = 10
	trailerLen = 8

	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagsReserved = 0xe0
)

var magic = []byte{0x1f, 0x8b, 8}

// Member unpacks the gzip member at the beginning of src into dst and compares
// the text with the checksum and length of the trailer. It returns the length of
// the text and of the member, header and trailer included, which bytes, such as
// the next member, may follow.
//
// The error is one of [ErrHeader] and [ErrChecksum], or as [Decoder.Inflate] says,
// which says as well what n, read and dst are. A dst with room for the text and
// no more is enough, and saves nothing.
func (d *Decoder) Member(dst, src []byte) (n, read int, err error) {
	head, err := header(src)
	if err != nil {
		return 0, 0, err
	}
	n, read, err = d.Inflate(dst, src[head:])
	read += head
	if err != nil {
		return n, read, err
	}
	trailer := src[read:]
	if len(trailer) < trailerLen {
		return n, read, ErrTruncated
	}
	if binary.LittleEndian.Uint32(trailer) != crc32.ChecksumIEEE(dst[:n]) || binary.LittleEndian.Uint32(trailer[4:]) != uint32(n) {
		return n, read, ErrChecksum
	}
	return n, read + trailerLen, nil
}

// header returns the length of the header that src begins with.
func header(src []byte) (int, error) {
	if !bytes.HasPrefix(src, magic[:min(len(src), len(magic))]) {
		return 0, ErrHeader
	}
	if len(src) < headerLen {
		return 0, ErrTruncated
	}
	flags := src[3]
	if flags&flagsReserved != 0 {
		return 0, ErrHeader
	}
	n := headerLen
	if flags&flagExtra != 0 {
		if len(src)-n < 2 {
			return 0, ErrTruncated
		}
		n += 2 + int(binary.LittleEndian.Uint16(src[n:]))
		if n > len(src) {
			return 0, ErrTruncated
		}
	}
	for _, flag := range []byte{flagName, flagComment} {
		if flags&flag == 0 {
			continue
		}
		end := bytes.IndexByte(src[n:], 0)
		if end < 0 {
			return 0, ErrTruncated
		}
		n += end + 1
	}
	if flags&flagHeaderCRC != 0 {
		if len(src)-n < 2 {
			return 0, ErrTruncated
		}
		if binary.LittleEndian.Uint16(src[n:]) != uint16(crc32.ChecksumIEEE(src[:n])) {
			return 0, ErrHeader
		}
		n += 2
	}
	return n, nil
}
