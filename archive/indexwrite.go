package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/klauspost/compress/flate"
)

// indexAllowance is how much an index may have beyond a tenth of the sealed
// file.
const indexAllowance = 16 << 10

// file returns the index of a sealed file of that size and with those last
// eight bytes. What would make it greater than a tenth of the file, and a
// little, is left out: first the failed lines, then the filters, the errors,
// the roll-ups.
func (x *indexer) file(size int64, tail [8]byte) ([]byte, error) {
	var sections [sectionCount][]byte
	x.filter.flush()
	if err := x.lane.flush(); err != nil {
		return nil, err
	}
	sections[sectionFilter] = x.filter.packed
	if !x.lane.none {
		sections[sectionFailed] = x.lane.packed
	}
	numbers := x.templateNumbers()
	if x.fails != nil {
		sections[sectionErrors] = errorSection(allHours(x.fails), numbers)
		sections[sectionHourErrors] = errorSection(x.fails, numbers)
	}
	if x.tooManyPairs() {
		x.pairList = nil
	} else if err := x.rollSections(&sections); err != nil {
		return nil, err
	}
	sections[sectionNames] = x.nameSection(numbers)
	sections[sectionMembers] = x.memberSection()

	room := size/10 + indexAllowance - indexHead
	for i := range sections {
		if i > sectionMembers && int64(len(sections[i])) > room || i == sectionRolls && sections[sectionHours] == nil {
			sections[i] = nil
			if i == sectionRolls {
				sections[sectionHours] = nil
			}
		}
		room -= int64(len(sections[i]))
	}
	if room < 0 {
		return nil, fmt.Errorf("an index of its %d members would be too large", len(x.members))
	}
	return x.join(&sections, size, tail), nil
}

// join puts the sections behind their head.
func (x *indexer) join(sections *[sectionCount][]byte, size int64, tail [8]byte) []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, indexHead), indexMagic...)
	b = le.AppendUint64(b, uint64(size))
	b = append(b, tail[:]...)
	b = le.AppendUint32(b, uint32(len(x.members)))
	flags := uint32(0)
	if x.damaged {
		flags |= indexDamaged
	}
	b = le.AppendUint32(b, flags)
	off := int64(indexHead)
	for _, s := range sections {
		b = le.AppendUint64(b, uint64(off))
		b = le.AppendUint64(b, uint64(len(s)))
		b = le.AppendUint32(b, checksum(s))
		off += int64(len(s))
	}
	b = append(b, 0, 0, 0, 0)
	putChecksum(b)
	for _, s := range sections {
		b = append(b, s...)
	}
	return b
}

// templateNumbers numbers the templates of errors in order.
func (x *indexer) templateNumbers() []string {
	if x.fails == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(x.names))
}

func (x *indexer) nameSection(templates []string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(x.pairList)))
	for _, p := range x.pairList {
		b = appendString(appendString(b, p.service), p.action)
	}
	b = binary.AppendUvarint(b, uint64(len(x.codeList)))
	for _, code := range x.codeList {
		b = binary.AppendUvarint(b, uint64(code+1))
	}
	b = binary.AppendUvarint(b, uint64(len(templates)))
	for _, t := range templates {
		b = appendString(b, t)
	}
	return b
}

func (x *indexer) memberSection() []byte {
	le := binary.LittleEndian
	pairs, codes := (len(x.pairList)+7)/8, (len(x.codeList)+7)/8
	b := make([]byte, 0, len(x.members)*(memberLen+pairs+codes))
	for i := range x.members {
		m := &x.members[i]
		b = le.AppendUint64(b, uint64(m.off))
		for _, v := range [...]int64{m.info.packed, m.info.plain, int64(m.info.lines)} {
			b = le.AppendUint32(b, uint32(v))
		}
		for _, v := range [...]int64{m.info.times.min, m.info.times.max, m.durations.min, m.durations.max} {
			b = le.AppendUint64(b, uint64(v))
		}
		b = le.AppendUint32(b, uint32(m.failed))
		b = append(append(b, m.ids.min[:]...), m.ids.max[:]...)
		b = appendPadded(b, m.pairs, pairs)
		b = appendPadded(b, m.codes, codes)
	}
	return b
}

// appendPadded appends n bytes of a set.
func appendPadded(b []byte, set bitset, n int) []byte {
	set = set[:min(len(set), n)]
	return append(append(b, set...), make([]byte, n-len(set))...)
}

// rollSections makes the roll-ups: first that of the whole file, then, where
// there are not too many, one an hour.
func (x *indexer) rollSections(sections *[sectionCount][]byte) error {
	le := binary.LittleEndian
	var hours, rolls []byte
	add := func(hour int64, cells map[int]*roll) error {
		packed, err := packRolls(cells)
		if err != nil {
			return err
		}
		hours = le.AppendUint64(hours, uint64(hour))
		hours = le.AppendUint64(hours, uint64(len(rolls)))
		hours = le.AppendUint32(hours, uint32(len(packed)))
		hours = le.AppendUint32(hours, checksum(packed))
		rolls = append(rolls, packed...)
		return nil
	}
	if err := add(wholeFileHour, x.whole); err != nil {
		return err
	}
	for _, h := range x.hourList() {
		if err := add(h, x.hours[h]); err != nil {
			return err
		}
	}
	sections[sectionHours], sections[sectionRolls] = hours, rolls
	return nil
}

// wholeFileHour stands for all hours.
const wholeFileHour = -1

// packRolls returns the roll-ups of each pair, deflated.
func packRolls(cells map[int]*roll) ([]byte, error) {
	var b []byte
	for _, p := range slices.Sorted(maps.Keys(cells)) {
		r := cells[p]
		buckets := 0
		for range r.durations.All() {
			buckets++
		}
		for _, v := range [...]int64{int64(p), r.counts.Total, r.counts.Failed, int64(r.longest), int64(buckets)} {
			b = binary.AppendUvarint(b, uint64(v))
		}
		last := 0
		for bucket, n := range r.durations.All() {
			b = binary.AppendUvarint(b, uint64(bucket-last))
			b = binary.AppendUvarint(b, n)
			last = bucket
		}
	}
	var packed bytes.Buffer
	zw, err := flate.NewWriter(&packed, level)
	if err != nil {
		return nil, err
	}
	if _, err := zw.Write(b); err != nil {
		return nil, err
	}
	err = zw.Close()
	return packed.Bytes(), err
}

// errorSection packs failures by hour, service and template. What an entry has
// in common with the one before is left out.
func errorSection(fails map[failKey]*failures, templates []string) []byte {
	keys := slices.SortedFunc(maps.Keys(fails), func(a, b failKey) int {
		return cmp.Or(cmp.Compare(a.hour, b.hour), cmp.Compare(a.service, b.service), cmp.Compare(a.template, b.template))
	})
	b := binary.AppendUvarint(nil, uint64(len(keys)))
	var service, example string
	for _, k := range keys {
		f := fails[k]
		number, _ := slices.BinarySearch(templates, k.template)
		b = binary.AppendUvarint(b, uint64(k.hour))
		b = appendShared(b, service, k.service)
		for _, v := range [...]int64{int64(number), f.count, f.first - k.hour*nanosPerHour, f.last - f.first} {
			b = binary.AppendUvarint(b, uint64(v))
		}
		b = appendShared(b, example, string(f.example))
		service, example = k.service, string(f.example)
	}
	return b
}

// allHours returns the failures without their hours.
func allHours(fails map[failKey]*failures) map[failKey]*failures {
	all := map[failKey]*failures{}
	for k, f := range fails {
		k.hour = 0
		sum := all[k]
		if sum == nil {
			c := *f
			all[k] = &c
			continue
		}
		sum.count += f.count
		sum.first = min(sum.first, f.first)
		if f.last > sum.last || f.last == sum.last && f.example > sum.example {
			sum.last, sum.example = f.last, f.example
		}
	}
	return all
}

// indexOf reads a sealed file and makes its index. It fails if the file is not
// members of ours to its end.
func indexOf(f io.ReaderAt, size int64, hurried func() error) ([]byte, error) {
	x := newIndexer()
	var head [memberHead]byte
	var u unpacker
	for x.off < size {
		if err := hurried(); err != nil {
			return nil, err
		}
		n, err := f.ReadAt(head[:], x.off)
		if err != nil && err != io.EOF {
			return nil, err
		}
		m, ours := parseMember(head[:n])
		if !ours || x.off+m.packed > size {
			return nil, fmt.Errorf("there is no member of ours at byte %d", x.off)
		}
		u.packed = resize(u.packed, m.packed)
		if _, err := f.ReadAt(u.packed, x.off); err != nil {
			return nil, err
		}
		if err := u.inflate(m.plain); err != nil {
			return nil, fmt.Errorf("member at byte %d: %w", x.off, err)
		}
		if err := x.read(u.plain); err != nil {
			return nil, err
		}
		x.place(m)
	}
	tail, err := tailOf(f, size)
	if err != nil {
		return nil, err
	}
	return x.file(size, tail)
}

// tailOf returns the last eight bytes of a file.
func tailOf(f io.ReaderAt, size int64) (tail [8]byte, err error) {
	if size < int64(len(tail)) {
		return tail, io.ErrUnexpectedEOF
	}
	if _, err = f.ReadAt(tail[:], size-int64(len(tail))); err == io.EOF {
		err = nil
	}
	return tail, err
}
