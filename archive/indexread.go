package archive

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
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
	for i := range x.sections {
		s := section{r.int64(), r.int64(), r.uint32()}
		if s.off < 0 || s.size < 0 || s.off > info.Size() || s.size > info.Size()-s.off {
			return errIndex
		}
		x.sections[i] = s
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

// verify compares the checksum of a section without holding it.
func (x *index) verify(n int) error {
	s := x.sections[n]
	h := crc32.New(castagnoli)
	if _, err := io.Copy(h, io.NewSectionReader(x.f, s.off, s.size)); err != nil {
		return err
	}
	if h.Sum32() != s.crc {
		return errIndex
	}
	return nil
}

func (x *index) has(n int) bool { return x.sections[n].size > 0 }

func (x *index) readNames() error {
	b, err := x.whole(sectionNames)
	if err != nil {
		return err
	}
	r := reader{b: b}
	for range r.count() {
		x.pairs = append(x.pairs, pair{r.string(), r.string()})
	}
	for range r.count() {
		x.codes = append(x.codes, int(r.number(1<<16))-1)
	}
	for range r.count() {
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
// those of the whole file if first is wholeFileHour. It returns errIndex, having
// called nothing, if one of them is damaged.
func (x *index) rolls(first, last int64, each func(hour int64, p pair, r *roll)) error {
	b, err := x.whole(sectionHours)
	if err != nil {
		return err
	}
	var calls []func()
	r := reader{b: b}
	for len(r.b) > 0 {
		hour, off, size, crc := r.int64(), r.int64(), int64(r.uint32()), r.uint32()
		if hour < first || hour > last || hour == wholeFileHour && first != wholeFileHour {
			continue
		}
		if size > x.sections[sectionRolls].size {
			return errIndex
		}
		packed := make([]byte, size)
		if err := x.part(sectionRolls, packed, off); err != nil {
			return err
		}
		if checksum(packed) != crc {
			return errIndex
		}
		if err := x.unpackRolls(packed, func(p pair, r *roll) { calls = append(calls, func() { each(hour, p, r) }) }); err != nil {
			return err
		}
	}
	if r.bad {
		return errIndex
	}
	for _, call := range calls {
		call()
	}
	return nil
}

// hourly reports whether there are roll-ups of each hour.
func (x *index) hourly() bool {
	const entry = 24
	return x.sections[sectionHours].size > entry
}

func (x *index) unpackRolls(packed []byte, each func(pair, *roll)) error {
	zr := flate.NewReader(&sliceReader{packed})
	defer zr.Close()
	b, err := io.ReadAll(io.LimitReader(zr, maxSection))
	if err != nil {
		return errIndex
	}
	const most = 1 << 62
	r := reader{b: b}
	for len(r.b) > 0 {
		p := int(r.number(uint64(max(len(x.pairs)-1, 0))))
		sum := &roll{}
		sum.counts.Total, sum.counts.Failed = int64(r.number(most)), int64(r.number(most))
		sum.longest = time.Duration(r.number(1<<63 - 1))
		bucket := 0
		for range r.count() {
			bucket += int(r.number(storage.Buckets))
			n := r.number(most)
			if bucket >= storage.Buckets {
				return errIndex
			}
			sum.durations.AddBucket(bucket, n)
		}
		if r.bad || p >= len(x.pairs) {
			return errIndex
		}
		each(x.pairs[p], sum)
	}
	return nil
}

// sliceReader reads a slice without copying it first.
type sliceReader struct{ b []byte }

func (s *sliceReader) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.b)
	s.b = s.b[n:]
	return n, nil
}

// errors calls each with the failures of the hours from first to last, or with
// those of the whole file if n is sectionErrors.
func (x *index) errors(n int, first, last int64, each func(service string, g storage.ErrorGroup)) error {
	b, err := x.whole(n)
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
	for range r.count() {
		hour := int64(r.number(most))
		service = r.shared(service)
		number := int(r.number(uint64(len(x.templates))))
		g := storage.ErrorGroup{Count: int64(r.number(most))}
		from := hour*nanosPerHour + int64(r.number(most))
		g.First, g.Last = time.Unix(0, from).UTC(), time.Unix(0, from+int64(r.number(most))).UTC()
		example = r.shared(example)
		g.Example = storage.ID(example)
		if r.bad || number >= len(x.templates) {
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

// laneSpans returns the members that hold the failed lines, in the index file.
func (x *index) laneSpans() ([]span, error) {
	s := x.sections[sectionFailed]
	var list []span
	var head [memberHead]byte
	for off := int64(0); off < s.size; {
		if err := x.part(sectionFailed, head[:], off); err != nil {
			return nil, err
		}
		m, ok := parseMember(head[:])
		if !ok || m.packed > s.size-off {
			return nil, errIndex
		}
		list = append(list, span{off: s.off + off, packed: m.packed, plain: m.plain, line: 1, times: m.times})
		off += m.packed
	}
	return list, nil
}

func (x *index) close() { x.f.Close() }
