package archive

import (
	"encoding/binary"
	"hash/crc32"
)

// The layout of an index is in the documentation of the package.
const (
	indexMagic   = "alindex\x02"
	indexHead    = 32 + sectionCount*sectionLen + 4
	sectionLen   = 20
	indexDamaged = 1 << 0 // a line could not be decoded
	maxSection   = 64 << 20
	hourLen      = 24 // of an entry of sectionHours
	laneLen      = 28 // of an entry of sectionLane
)

// The sections, in the order in which they lie in the file. Those of filters,
// roll-ups and failed lines are read in parts that have checksums of their own.
const (
	sectionNames      = iota // pairs of service and action, codes, templates
	sectionMembers           // what each member holds
	sectionRolls             // counts and durations by pair, of the whole file
	sectionErrors            // failures by service and template, of the whole file
	sectionHours             // where the roll-ups of each hour are
	sectionLane              // where the members of failed lines are
	sectionFilter            // the filters of request and trace ids
	sectionHourRolls         // what sectionRolls has, by hour
	sectionHourErrors        // what sectionErrors has, by hour
	sectionFailed            // the failed lines once more, as members
	sectionCount
)

// member is what the index holds of one member.
type member struct {
	off       int64
	info      memberInfo // with times to the nanosecond
	durations timeRange
	failed    int
	ids       idRange
	pairs     bitset // nil where there are too many for an index
	codes     bitset // likewise
}

// memberLen is the length of the fixed part of a member in its section; the
// two sets of bits follow.
const memberLen = 8 + 3*4 + 4*8 + 4 + 2*idPrefix

// idPrefix is how many bytes of an id are compared.
const idPrefix = 32

// idRange is a range of ids by their first bytes, both ends inclusive.
type idRange struct {
	min, max [idPrefix]byte
}

// anyID is the range of ids that are not known.
var anyID = func() (r idRange) {
	for i := range r.max {
		r.max[i] = 0xff
	}
	return r
}()

func prefixOf(id string) (p [idPrefix]byte) {
	copy(p[:], id)
	return p
}

func (r *idRange) add(id string) {
	p := prefixOf(id)
	if string(p[:]) < string(r.min[:]) {
		r.min = p
	}
	if string(p[:]) > string(r.max[:]) {
		r.max = p
	}
}

func (r *idRange) contains(id string) bool {
	p := prefixOf(id)
	return string(r.min[:]) <= string(p[:]) && string(p[:]) <= string(r.max[:])
}

// bitset is a set of small numbers.
type bitset []byte

func (b *bitset) set(i int) {
	for len(*b) <= i/8 {
		*b = append(*b, 0)
	}
	(*b)[i/8] |= 1 << (i % 8)
}

func (b bitset) has(i int) bool { return i/8 < len(b) && b[i/8]&(1<<(i%8)) != 0 }

// pair is a service and an action of it.
type pair struct {
	service, action string
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// reader takes values off bytes that may be damaged. After the first that is
// not there, all are zero and bad is set.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) int64() int64 {
	if b := r.bytes(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// number reads a number of a length that depends on it, at most most.
func (r *reader) number(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > most {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many things of at least one byte follow.
func (r *reader) count() int { return int(r.number(uint64(len(r.b)))) }

func (r *reader) string() string { return string(r.bytes(r.count())) }

// shared reads what appendShared appended.
func (r *reader) shared(before string) string {
	n := int(r.number(uint64(len(before))))
	return before[:n] + r.string()
}

// appendShared appends a string that begins as the one before does.
func appendShared(b []byte, before, s string) []byte {
	n := 0
	for n < min(len(before), len(s)) && before[n] == s[n] {
		n++
	}
	return appendString(binary.AppendUvarint(b, uint64(n)), s[n:])
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
