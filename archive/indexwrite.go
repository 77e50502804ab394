package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/klauspost/compress/flate"

	"actionlog/storage"
)

// mostIndex returns how great the index of a sealed file of that size may be:
// a tenth of it, or leastIndexed/4 where that is more.
func mostIndex(size int64) int64 { return max(size/10, leastIndexed/4) }

// errUnindexable is why a file cannot have an index, however often that is
// tried.
var errUnindexable = errors.New("it cannot have an index")

// byWorth is in which order parts find room in an index. Those of one line go
// in together or not at all.
var byWorth = [...][]int{
	{sectionNames}, {sectionMembers}, {sectionFilter}, {sectionRolls}, {sectionErrors},
	{sectionLane, sectionFailed}, {sectionHours, sectionHourRolls}, {sectionHourErrors},
}

// file returns the index of a sealed file of that size and with those last
// eight bytes. What would make it greater than mostIndex is left out: first the
// errors by hour, then the roll-ups by hour, the failed lines, the errors, the
// roll-ups of the whole file, the filters.
func (x *indexer) file(size int64, tail [8]byte) ([]byte, error) {
	var sections [sectionCount][]byte
	x.filter.flush()
	if err := x.lane.flush(); err != nil {
		return nil, err
	}
	sections[sectionFilter] = x.filter.packed
	if !x.lane.none {
		sections[sectionLane], sections[sectionFailed] = x.lane.dir, x.lane.packed
	}
	numbers := x.templateNumbers()
	if x.fails != nil {
		var err1, err2 error
		sections[sectionErrors], err1 = deflate(errorSection(allHours(x.fails), numbers), level)
		sections[sectionHourErrors], err2 = deflate(errorSection(x.fails, numbers), level)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
	}
	if x.tooManyPairs() {
		x.pairList = nil
	} else if err := x.rollSections(&sections); err != nil {
		return nil, err
	}
	sections[sectionNames] = x.nameSection(numbers)
	sections[sectionMembers] = x.memberSection()

	room := mostIndex(size) - indexHead
	for _, together := range byWorth {
		length := int64(0)
		for _, i := range together {
			length += int64(len(sections[i]))
		}
		switch {
		case length <= room:
			room -= length
		case together[0] == sectionNames || together[0] == sectionMembers:
			return nil, fmt.Errorf("%w: one of its %d members would be too large", errUnindexable, len(x.members))
		default:
			for _, i := range together {
				sections[i] = nil
			}
		}
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

// rollSections makes the roll-ups of the whole file and, where there are not
// too many, of each hour.
func (x *indexer) rollSections(sections *[sectionCount][]byte) (err error) {
	if sections[sectionRolls], err = packRolls(x.whole); err != nil {
		return err
	}
	le := binary.LittleEndian
	var hours, rolls []byte
	for _, h := range x.hourList() {
		packed, err := packRolls(x.hours[h])
		if err != nil {
			return err
		}
		hours = le.AppendUint64(le.AppendUint64(hours, uint64(h)), uint64(len(rolls)))
		hours = le.AppendUint32(le.AppendUint32(hours, uint32(len(packed))), checksum(packed))
		rolls = append(rolls, packed...)
	}
	sections[sectionHours], sections[sectionHourRolls] = hours, rolls
	return nil
}

// packRolls returns the roll-ups of each pair, deflated.
func packRolls(cells map[int]*roll) ([]byte, error) {
	var b []byte
	next := 0
	for _, p := range slices.Sorted(maps.Keys(cells)) {
		b = cells[p].appendTo(binary.AppendUvarint(b, uint64(p-next)))
		next = p + 1
	}
	return deflate(b, flate.HuffmanOnly) // looking for repetitions finds none, and takes long
}

// deflate packs a part of an index.
func deflate(b []byte, level int) ([]byte, error) {
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

// appendTo appends what was counted. The total is the sum of the buckets, and
// the longest duration is given from where the last of them begins.
func (r *roll) appendTo(b []byte) []byte {
	first, last := -1, 0
	for bucket := range r.durations.All() {
		if first < 0 {
			first = bucket
		}
		last = bucket
	}
	low, _ := storage.BucketBounds(last)
	for _, v := range [...]int64{r.counts.Failed, int64(r.longest - low), int64(first), int64(last - first)} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	next := first
	for bucket, n := range r.durations.All() {
		for ; next < bucket; next++ {
			b = append(b, 0)
		}
		b = binary.AppendUvarint(b, n)
		next++
	}
	return b
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
			return nil, fmt.Errorf("%w: there is no member of ours at byte %d", errUnindexable, x.off)
		}
		u.packed = resize(u.packed, m.packed)
		if _, err := f.ReadAt(u.packed, x.off); err != nil {
			return nil, err
		}
		if err := u.inflate(m.plain); err != nil {
			return nil, fmt.Errorf("%w: member at byte %d: %w", errUnindexable, x.off, err)
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
