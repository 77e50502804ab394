package archive

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"actionlog/storage"
)

// A filter of ids is bit-sliced: a Bloom filter a member, all of the same size,
// stored as a row for each bit with a column for each member, so that one id
// is looked up in all members by reading a few rows. Members are in groups of
// filterGroup; a group without ids has no rows. A group takes at most a
// filterShare of what its members take in the sealed file, and fewer bits a key
// where that would be more.
const (
	filterGroup = 512
	filterBlock = 4096 - 4
	filterHead  = 12
	filterShare = 16
	mostBits    = 14 // a key: one of a thousand members is read in vain
	leastBits   = 5  // … one of eleven
	mostProbes  = 10
	maxRows     = 1 << 28
)

// filterShape is how a group is laid out.
type filterShape struct {
	rows     int
	probes   int // rows that a key sets
	width    int // bytes of a row
	perBlock int // rows of a block
}

func shapeOf(rows, probes, members int) filterShape {
	width := (members + 7) / 8
	return filterShape{rows, probes, width, filterBlock / width}
}

func (s filterShape) blockLen() int { return s.perBlock*s.width + 4 }
func (s filterShape) size() int     { return (s.rows + s.perBlock - 1) / s.perBlock * s.blockLen() }

// at returns which block a row is in, and where.
func (s filterShape) at(row int) (block, off int) {
	return row / s.perBlock, row % s.perBlock * s.width
}

// filterMaker gathers the keys of each member. Whole groups are packed as soon
// as they are there.
type filterMaker struct {
	keys   [][]uint64 // of the members of the group at hand
	sealed int64      // bytes of those members
	packed []byte
	none   bool // there are too many
}

func (f *filterMaker) begin() {
	if len(f.keys) == filterGroup {
		f.flush()
	}
	f.keys = append(f.keys, nil)
}

// place says how many bytes the member has whose keys were added last.
func (f *filterMaker) place(packed int64) { f.sealed += packed }

func (f *filterMaker) add(key uint64) {
	k := &f.keys[len(f.keys)-1]
	*k = append(*k, key)
}

// flush packs the group at hand.
func (f *filterMaker) flush() {
	most := 0
	for i, k := range f.keys {
		slices.Sort(k)
		f.keys[i] = slices.Compact(k)
		most = max(most, len(f.keys[i]))
	}
	bitsPerKey := 0
	if most > 0 {
		width := (len(f.keys) + 7) / 8
		bitsPerKey = int(min(mostBits, f.sealed/filterShare/int64(most*width)))
	}
	f.sealed = 0
	if f.none = f.none || len(f.packed) > maxFilters || most > 0 && bitsPerKey < leastBits; f.none {
		f.keys, f.packed = f.keys[:0], nil
		return
	}
	shape := shapeOf(min(most*bitsPerKey, maxRows), min(bitsPerKey*7/10+1, mostProbes), len(f.keys))
	group := make([]byte, shape.size())
	for column, k := range f.keys {
		for _, key := range k {
			shape.probe(key, func(row int) bool {
				block, off := shape.at(row)
				group[block*shape.blockLen()+off+column/8] |= 1 << (column % 8)
				return true
			})
		}
	}
	f.packed = binary.LittleEndian.AppendUint32(f.packed, uint32(shape.rows))
	f.packed = binary.LittleEndian.AppendUint32(f.packed, uint32(shape.probes))
	f.packed = binary.LittleEndian.AppendUint32(f.packed, checksum(f.packed[len(f.packed)-8:]))
	for at := 0; at < len(group); at += shape.blockLen() {
		block := group[at : at+shape.blockLen()]
		putChecksum(block)
	}
	f.packed = append(f.packed, group...)
	f.keys = f.keys[:0]
}

// putChecksum fills in the last four bytes of b, and sound compares them.
func putChecksum(b []byte) { binary.LittleEndian.PutUint32(b[len(b)-4:], checksum(b[:len(b)-4])) }

func sound(b []byte) bool {
	return len(b) >= 4 && binary.LittleEndian.Uint32(b[len(b)-4:]) == checksum(b[:len(b)-4])
}

// probe calls each with the rows of a key until it returns false.
func (s filterShape) probe(key uint64, each func(row int) bool) {
	step := mix(key) | 1
	for range s.probes {
		row, _ := bits.Mul64(key, uint64(s.rows))
		if !each(int(row)) {
			return
		}
		key += step
	}
}

// hashRequest and hashTrace return the keys of ids, which are written to files
// and therefore never change: FNV-1a, and then the finish of MurmurHash3.
func hashRequest(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return mix(h)
}

func hashTrace(id storage.TraceID) uint64 {
	return mix(binary.LittleEndian.Uint64(id[:8]) ^ mix(binary.LittleEndian.Uint64(id[8:])^0x9e3779b97f4a7c15))
}

func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// candidates returns the members that may have the key, of an index that has
// filters.
func (x *index) candidates(key uint64) (found []bool, err error) {
	found = make([]bool, 0, len(x.members))
	off := int64(0)
	for len(found) < len(x.members) {
		var head [filterHead]byte
		if err := x.part(sectionFilter, head[:], off); err != nil {
			return nil, err
		}
		rows, probes := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint32(head[4:])
		if !sound(head[:]) || rows > maxRows || probes > mostProbes {
			return nil, errIndex
		}
		off += filterHead
		members := min(len(x.members)-len(found), filterGroup)
		shape := shapeOf(int(rows), int(probes), members)
		columns, err := x.columns(key, shape, off)
		if err != nil {
			return nil, err
		}
		for i := range members {
			found = append(found, columns.has(i))
		}
		off += int64(shape.size())
	}
	return found, nil
}

// columns returns which members of the group at off may have the key.
func (x *index) columns(key uint64, shape filterShape, off int64) (columns bitset, err error) {
	if shape.rows == 0 {
		return nil, nil
	}
	columns = bytes.Repeat([]byte{0xff}, shape.width)
	block := make([]byte, shape.blockLen())
	shape.probe(key, func(row int) bool {
		number, at := shape.at(row)
		if err = x.part(sectionFilter, block, off+int64(number*len(block))); err != nil {
			return false
		}
		if !sound(block) {
			err = errIndex
			return false
		}
		left := byte(0)
		for i := range columns {
			columns[i] &= block[at+i]
			left |= columns[i]
		}
		return left != 0
	})
	return columns, err
}
