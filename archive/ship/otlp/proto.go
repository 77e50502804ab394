package otlp

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// The wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// message writes a message of protobuf. The few that are needed are written by
// hand: generated code and what it needs would add 1.7 MB to a program.
type message struct {
	buf []byte
}

func (m *message) tag(field, wire int) {
	m.buf = binary.AppendUvarint(m.buf, uint64(field)<<3|uint64(wire))
}

// varint adds a number, and 0 too.
func (m *message) varint(field int, v uint64) {
	m.tag(field, wireVarint)
	m.buf = binary.AppendUvarint(m.buf, v)
}

func (m *message) fixed64(field int, v uint64) {
	m.tag(field, wireFixed64)
	m.buf = binary.LittleEndian.AppendUint64(m.buf, v)
}

// bytes adds a field, unless it is empty.
func (m *message) bytes(field int, v []byte) {
	if len(v) > 0 {
		m.tag(field, wireBytes)
		m.buf = append(binary.AppendUvarint(m.buf, uint64(len(v))), v...)
	}
}

// text adds a string, which has to be UTF-8. It adds an empty one, too.
func (m *message) text(field int, s string) {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	m.tag(field, wireBytes)
	m.buf = append(binary.AppendUvarint(m.buf, uint64(len(s))), s...)
}

// open begins a message within the message, and returns what close needs.
func (m *message) open(field int) int {
	m.tag(field, wireBytes)
	return len(m.buf)
}

// close puts the length before what was written since.
func (m *message) close(start int) {
	n := len(m.buf) - start
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	m.buf = append(m.buf, length[:size]...)
	copy(m.buf[start+size:], m.buf[start:start+n])
	copy(m.buf[start:], length[:size])
}

// fieldOf is a field as it was read. Which of num and bytes means anything is the
// wire type's to say.
type fieldOf struct {
	number, wire int
	num          uint64
	bytes        []byte
}

var errMessage = errors.New("that is no message of protobuf")

// fields calls yield for the fields of a message.
func fields(b []byte, yield func(fieldOf)) error {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		yield(f)
		b = rest
	}
	return nil
}

func nextField(b []byte) (f fieldOf, rest []byte, err error) {
	tag, n := binary.Uvarint(b)
	if n <= 0 || tag>>3 == 0 || tag>>3 > math.MaxInt32>>2 {
		return f, nil, errMessage
	}
	b = b[n:]
	f.number, f.wire = int(tag>>3), int(tag&7)
	switch f.wire {
	case wireVarint:
		if f.num, n = binary.Uvarint(b); n <= 0 {
			return f, nil, errMessage
		}
		return f, b[n:], nil
	case wireFixed64:
		if len(b) < 8 {
			return f, nil, errMessage
		}
		f.num = binary.LittleEndian.Uint64(b)
		return f, b[8:], nil
	case wireFixed32:
		if len(b) < 4 {
			return f, nil, errMessage
		}
		f.num = uint64(binary.LittleEndian.Uint32(b))
		return f, b[4:], nil
	case wireBytes:
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return f, nil, errMessage
		}
		f.bytes = b[n : n+int(size)]
		return f, b[n+int(size):], nil
	}
	return f, nil, errMessage
}
