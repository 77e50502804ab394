package storage

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// ID identifies an action over processes and restarts. Ids compare as bytes;
// later actions of one process have greater ids. An id that this module made
// is 27 characters of Crockford's base 32 in lower case: ten of the
// millisecond in which the process began, seven of chance, ten of the
// action's number. A store keeps other programs' ids as they are.
type ID string

// Process is the part of an [ID] that all actions of one recorder share.
type Process [processLen]byte

const (
	processLen = 17
	numberLen  = 10
	idLen      = processLen + numberLen

	crockford = "0123456789abcdefghjkmnpqrstvwxyz"
)

// NewProcess returns the id prefix of a recorder that begins at now. Two that
// begin in the same millisecond differ by 35 bits of chance.
func NewProcess(now time.Time) Process {
	var chance [8]byte
	rand.Read(chance[:]) // never fails
	var p Process
	putBase32(p[:10], uint64(now.UnixMilli()))
	putBase32(p[10:], binary.LittleEndian.Uint64(chance[:]))
	return p
}

// AppendID appends the id of action number n, 27 bytes. Numbers use 50 bits.
func (p *Process) AppendID(dst []byte, n uint64) []byte {
	var number [numberLen]byte
	putBase32(number[:], n)
	return append(append(dst, p[:]...), number[:]...)
}

// ID returns the id of action number n.
func (p *Process) ID(n uint64) ID {
	var buf [idLen]byte
	return ID(p.AppendID(buf[:0], n))
}

// Number returns the number of an id that p made, and false for any other id.
func (p *Process) Number(id ID) (uint64, bool) {
	if len(id) != idLen || string(id[:processLen]) != string(p[:]) {
		return 0, false
	}
	var n uint64
	for _, c := range []byte(id[processLen:]) {
		v := fromCrockford[c]
		if v == 0xff {
			return 0, false
		}
		n = n<<5 | uint64(v)
	}
	return n, true
}

// Before returns the id just before id among those of its process, and false
// for one of a form that this module does not make. What follows it begins
// with id.
func (id ID) Before() (ID, bool) {
	if len(id) != idLen {
		return "", false
	}
	p := Process([]byte(id[:processLen]))
	n, ok := p.Number(id)
	if !ok || n == 0 {
		return "", false
	}
	return p.ID(n - 1), true
}

// putBase32 fills dst with the low 5*len(dst) bits of v, most significant
// first, so that text order is number order.
func putBase32(dst []byte, v uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = crockford[v&31]
		v >>= 5
	}
}

var fromCrockford = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range len(crockford) {
		t[crockford[i]] = byte(i)
	}
	return t
}()
