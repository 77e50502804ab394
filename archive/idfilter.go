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
// filterGroup; a group without ids has no rows. In the file, each group is
//
//	4  number of rows
//	4  CRC-32C of that number
//	…  blocks of as many rows as fit into filterBlock bytes, each block
//	   followed by its CRC-32C
const (
	filterGroup = 512
	filterBlock = 4096 - 4
	filterHead  = 8
	bitsPerKey  = 14
	keyProbes   = 10
	maxRows     = 1 << 28
)

// filterShape is how a group is laid out.
type filterShape struct {
	rows     int
	width    int // bytes of a row
	perBlock int // rows of a block
}

func shapeOf(rows, members int) filterShape {
	width := (members + 7) / 8
	return filterShape{rows, width, filterBlock / width}
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
	packed []byte
	none   bool // there are too many
}

func (f *filterMaker) begin() {
	if len(f.keys) == filterGroup {
		f.flush()
	}
	f.keys = append(f.keys, nil)
}

func (f *filterMaker) add(key uint64) {
	k := &f.keys[len(f.keys)-1]
	*k = append(*k, key)
}

// flush packs the group at hand.
func (f *filterMaker) flush() {
	if f.none = f.none || len(f.packed) > maxFilters; f.none {
		f.keys, f.packed = f.keys[:0], nil
		return
	}
	most := 0
	for i, k := range f.keys {
		slices.Sort(k)
		f.keys[i] = slices.Compact(k)
		most = max(most, len(f.keys[i]))
	}
	shape := shapeOf(min(most*bitsPerKey, maxRows), len(f.keys))
	group := make([]byte, shape.size())
	for column, k := range f.keys {
		for _, key := range k {
			probes(key, shape.rows, func(row int) bool {
				block, off := shape.at(row)
				group[block*shape.blockLen()+off+column/8] |= 1 << (column % 8)
				return true
			})
		}
	}
	f.packed = binary.LittleEndian.AppendUint32(f.packed, uint32(shape.rows))
	f.packed = binary.LittleEndian.AppendUint32(f.packed, checksum(f.packed[len(f.packed)-4:]))
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

// probes calls each with the rows of a key until it returns false.
func probes(key uint64, rows int, each func(row int) bool) {
	step := mix(key) | 1
	for range keyProbes {
		row, _ := bits.Mul64(key, uint64(rows))
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
		rows := binary.LittleEndian.Uint32(head[:])
		if !sound(head[:]) || rows > maxRows {
			return nil, errIndex
		}
		off += filterHead
		members := min(len(x.members)-len(found), filterGroup)
		shape := shapeOf(int(rows), members)
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
	probes(key, shape.rows, func(row int) bool {
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
