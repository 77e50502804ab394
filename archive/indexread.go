package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/klauspost/compress/flate"

	"actionlog/storage"
)

// errIndex is why an index is not used. Its file is searched without.
var errIndex = errors.New("the index is damaged")

// index is the open index of a sealed file that it belongs to.
type index struct {
	f        *os.File
	sections [sectionCount]section
	damaged  bool // the sealed file has lines that could not be decoded

	pairs     []pair
	codes     []int
	templates []string
	members   []member
}

type section struct {
	off, size int64
	crc       uint32
}

// openIndex opens the index of a sealed file that is open. It fails if there
// is none, or if it is not that file's.
func openIndex(t *text) (*index, error) {
	open := openRegular
	if t.src.follow {
		open = func(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, 0) }
	}
	f, err := open(t.path+".idx", os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	x := &index{f: f}
	if err := x.read(t); err != nil {
		f.Close()
		return nil, err
	}
	return x, nil
}

func (x *index) read(t *text) error {
	var head [indexHead]byte
	if _, err := x.f.ReadAt(head[:], 0); err != nil {
		return err
	}
	tail, err := tailOf(t.f, t.size)
	if err != nil {
		return err
	}
	info, err := x.f.Stat()
	if err != nil {
		return err
	}
	if string(head[:8]) != indexMagic || !sound(head[:]) {
		return errIndex
	}
	r := reader{b: head[8:]}
	if r.int64() != t.size || string(r.bytes(8)) != string(tail[:]) {
		return errors.New("the index belongs to another file")
	}
	members := int(r.uint32())
	x.damaged = r.uint32()&indexDamaged != 0
	end := int64(indexHead)
	for i := range x.sections {
		s := section{r.int64(), r.int64(), r.uint32()}
		if s.off != end || s.size < 0 || s.size > info.Size()-s.off {
			return errIndex
		}
		x.sections[i] = s
		end += s.size
	}
	if end != info.Size() || end > mostIndex(t.size) {
		return errIndex
	}
	if err := x.readNames(); err != nil {
		return err
	}
	return x.readMembers(members, t.size)
}

// whole returns a section that is read in one piece.
func (x *index) whole(n int) ([]byte, error) {
	s := x.sections[n]
	if s.size > maxSection {
		return nil, errIndex
	}
	b := make([]byte, s.size)
	if _, err := x.f.ReadAt(b, s.off); err != nil && (err != io.EOF || s.size > 0) {
		return nil, err
	}
	if checksum(b) != s.crc {
		return nil, errIndex
	}
	return b, nil
}

// part fills b from a section that has checksums of its own.
func (x *index) part(n int, b []byte, off int64) error {
	s := x.sections[n]
	if off < 0 || off > s.size || int64(len(b)) > s.size-off {
		return errIndex
	}
	_, err := x.f.ReadAt(b, s.off+off)
	return err
}

func (x *index) has(n int) bool { return x.sections[n].size > 0 }

func (x *index) readNames() error {
	b, err := x.whole(sectionNames)
	if err != nil {
		return err
	}
	r := reader{b: b}
	for range r.number(maxPairs) {
		x.pairs = append(x.pairs, pair{r.string(), r.string()})
	}
	for range r.number(maxCodes) {
		x.codes = append(x.codes, int(r.number(maxCodes))-1)
	}
	for range r.number(maxTemplates) {
		x.templates = append(x.templates, r.string())
	}
	if r.bad {
		return errIndex
	}
	return nil
}

func (x *index) readMembers(count int, size int64) error {
	b, err := x.whole(sectionMembers)
	if err != nil {
		return err
	}
	pairs, codes := (len(x.pairs)+7)/8, (len(x.codes)+7)/8
	if count != len(b)/(memberLen+pairs+codes) {
		return errIndex
	}
	r := reader{b: b}
	x.members = make([]member, count)
	off := int64(0)
	for i := range x.members {
		m := &x.members[i]
		m.off = r.int64()
		m.info.packed, m.info.plain, m.info.lines = int64(r.uint32()), int64(r.uint32()), int(r.uint32())
		m.info.times = timeRange{r.int64(), r.int64()}
		m.durations = timeRange{r.int64(), r.int64()}
		m.failed = int(r.uint32())
		copy(m.ids.min[:], r.bytes(idPrefix))
		copy(m.ids.max[:], r.bytes(idPrefix))
		m.pairs, m.codes = r.bytes(pairs), r.bytes(codes)
		if m.off != off || m.info.packed < memberHead+memberTrailer || m.info.plain > maxMemberText {
			return errIndex
		}
		off += m.info.packed
	}
	if r.bad || len(r.b) > 0 || off != size {
		return errIndex
	}
	return nil
}

// times returns from when to when the actions of the file reach.
func (x *index) times() timeRange {
	all := noTime
	for i := range x.members {
		t := x.members[i].info.times
		all.min, all.max = min(all.min, t.min), max(all.max, t.max)
	}
	return all
}

// rolls calls each with the roll-ups of the hours from first to last, or with
// those of the whole file if first is everyHour. What each gets is valid during
// the call. It returns errIndex, having called nothing, if one of them is
// damaged.
func (x *index) rolls(first, last int64, each func(hour int64, p pair, r *roll)) error {
	blocks, err := x.rollBlocks(first, last)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if err := x.readRolls(b.text, nil); err != nil {
			return err
		}
	}
	for _, b := range blocks {
		if err := x.readRolls(b.text, func(p pair, r *roll) { each(b.hour, p, r) }); err != nil {
			return err
		}
	}
	return nil
}

// rollBlock is the roll-ups of an hour, or of a whole file, as packRolls had
// them before it deflated them.
type rollBlock struct {
	hour int64
	text []byte
}

// everyHour stands for the roll-ups of the whole file.
const everyHour = -1

// maxInflated is how much of what was deflated is held at a time.
const maxInflated = 64 << 20

func (x *index) rollBlocks(first, last int64) ([]rollBlock, error) {
	if first == everyHour {
		b, err := x.whole(sectionRolls)
		if err != nil {
			return nil, err
		}
		text, err := inflated(b, maxInflated)
		return []rollBlock{{everyHour, text}}, err
	}
	b, err := x.whole(sectionHours)
	if err != nil {
		return nil, err
	}
	var blocks []rollBlock
	room, before := int64(maxInflated), int64(-1)
	r := reader{b: b}
	for len(r.b) > 0 {
		hour, off, size, crc := r.int64(), r.int64(), int64(r.uint32()), r.uint32()
		if r.bad || hour <= before || hour > math.MaxInt64/nanosPerHour || size > x.sections[sectionHourRolls].size {
			return nil, errIndex
		}
		if before = hour; hour < first || hour > last {
			continue
		}
		packed := make([]byte, size)
		if err := x.part(sectionHourRolls, packed, off); err != nil {
			return nil, err
		}
		if checksum(packed) != crc {
			return nil, errIndex
		}
		text, err := inflated(packed, room)
		if err != nil {
			return nil, err
		}
		room -= int64(len(text))
		blocks = append(blocks, rollBlock{hour, text})
	}
	return blocks, nil
}

// inflated undoes deflate, for at most most bytes.
func inflated(packed []byte, most int64) ([]byte, error) {
	zr := flate.NewReader(bytes.NewReader(packed))
	defer zr.Close()
	b, err := io.ReadAll(io.LimitReader(zr, most+1))
	if err != nil || int64(len(b)) > most {
		return nil, errIndex
	}
	return b, nil
}

// hourly reports whether there are roll-ups of each hour.
func (x *index) hourly() bool { return x.has(sectionHours) }

// readRolls calls each with the roll-ups of a block, with one roll for all of
// them. A nil each only looks whether they are sound.
func (x *index) readRolls(text []byte, each func(pair, *roll)) error {
	const most = 1 << 48 // the sum of all buckets does not overflow
	var sum roll
	r := reader{b: text}
	for p := 0; len(r.b) > 0; p++ {
		p += int(r.number(maxPairs))
		failed, beyond := r.number(most), r.number(math.MaxInt64)
		bucket := int(r.number(storage.Buckets - 1))
		last := bucket + int(r.number(storage.Buckets-1))
		if r.bad || p >= len(x.pairs) || last >= storage.Buckets {
			return errIndex
		}
		low, _ := storage.BucketBounds(last)
		if beyond > uint64(math.MaxInt64-low) {
			return errIndex
		}
		sum.durations.Reset()
		for ; bucket <= last; bucket++ {
			if n := r.number(most); n > 0 && each != nil {
				sum.durations.AddBucket(bucket, n)
			}
		}
		if r.bad {
			return errIndex
		}
		if each != nil {
			sum.counts = storage.Counts{Total: int64(sum.durations.Count()), Failed: int64(failed)}
			sum.longest = low + time.Duration(beyond)
			each(x.pairs[p], &sum)
		}
	}
	return nil
}

// errors calls each with the failures of the hours from first to last, or with
// those of the whole file if n is sectionErrors.
func (x *index) errors(n int, first, last int64, each func(service string, g storage.ErrorGroup)) error {
	b, err := x.whole(n)
	if err == nil {
		b, err = inflated(b, maxInflated)
	}
	if err != nil {
		return err
	}
	const most = 1<<63 - 1
	type group struct {
		service string
		g       storage.ErrorGroup
	}
	var groups []group
	var service, example string
	r := reader{b: b}
	for range r.number(maxCells) {
		hour := int64(r.number(uint64(most / nanosPerHour)))
		service = r.shared(service)
		number := int(r.number(uint64(len(x.templates))))
		g := storage.ErrorGroup{Count: int64(r.number(most))}
		from := hour*nanosPerHour + int64(r.number(most))
		to := from + int64(r.number(most))
		g.First, g.Last = time.Unix(0, from).UTC(), time.Unix(0, to).UTC()
		example = r.shared(example)
		g.Example = storage.ID(example)
		if r.bad || number >= len(x.templates) || from < 0 || to < from {
			return fmt.Errorf("%w: in its errors", errIndex)
		}
		g.Template = x.templates[number]
		if n == sectionErrors || hour >= first && hour <= last {
			groups = append(groups, group{service, g})
		}
	}
	for _, g := range groups {
		each(g.service, g.g)
	}
	return nil
}

// laneSpans returns the members of failed lines, in the index file, whose times
// overlap those that are asked for. Each has been found whole.
func (x *index) laneSpans(asked timeRange) ([]span, error) {
	b, err := x.whole(sectionLane)
	if err != nil {
		return nil, err
	}
	var list []span
	var packed []byte
	off := int64(0)
	r := reader{b: b}
	for len(r.b) > 0 {
		s := span{off: x.sections[sectionFailed].off + off, packed: int64(r.uint32()), plain: int64(r.uint32()), line: 1}
		s.times = timeRange{r.int64(), r.int64()}
		crc := r.uint32()
		at := off
		off += s.packed
		if r.bad || off > x.sections[sectionFailed].size || s.plain > maxMemberText {
			return nil, errIndex
		}
		if s.times.max < asked.min || s.times.min > asked.max {
			continue
		}
		packed = resize(packed, s.packed)
		if err := x.part(sectionFailed, packed, at); err != nil {
			return nil, err
		}
		if checksum(packed) != crc {
			return nil, errIndex
		}
		list = append(list, s)
	}
	if off != x.sections[sectionFailed].size {
		return nil, errIndex
	}
	return list, nil
}

func (x *index) close() { x.f.Close() }
