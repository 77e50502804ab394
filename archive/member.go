package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/klauspost/compress/gzip"
)

// The layout of a member is in the documentation of the package.
const (
	memberHead    = 44
	memberTrailer = 8
	subfieldLen   = 28
	extraLen      = 4 + subfieldLen

	// memberText is about how much plain text goes into a member.
	memberText = 1 << 20

	// maxMemberText is how much plain text a header may announce: a line of
	// maxLine fits behind a nearly full member's worth of others.
	maxMemberText = 2*maxLine + memberText

	level   = 6
	maxTime = 1<<48 - 1
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	headStart  = []byte{0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, extraLen, 0, 'a', 'l', subfieldLen, 0}
)

// memberInfo is what the header of a member says.
type memberInfo struct {
	packed int64 // bytes of the member
	plain  int64 // bytes of its text
	lines  int
	times  timeRange
}

// parseMember reads the header of a member of ours. It reports false for
// anything else, and for a header that is damaged.
func parseMember(b []byte) (memberInfo, bool) {
	if len(b) < memberHead || !bytes.HasPrefix(b, headStart) || binary.LittleEndian.Uint32(b[40:]) != crc32.Checksum(b[:40], castagnoli) {
		return memberInfo{}, false
	}
	m := memberInfo{
		packed: int64(binary.LittleEndian.Uint32(b[16:])),
		plain:  int64(binary.LittleEndian.Uint32(b[20:])),
		lines:  int(binary.LittleEndian.Uint32(b[24:])),
		times:  timeRange{min: fromMillis(uint48(b[28:])), max: fromMillis(uint48(b[34:]))},
	}
	if m.packed < memberHead+memberTrailer || m.plain > maxMemberText || int64(m.lines) > m.plain || m.packed > m.plain+m.plain>>8+1024 {
		return memberInfo{}, false
	}
	return m, true
}

// packer makes members, one after the other.
type packer struct {
	zw  *gzip.Writer
	buf bytes.Buffer
}

// pack returns a member that holds text, which is whole lines, and what its
// header says. The bytes are valid until the next call.
func (p *packer) pack(text []byte) ([]byte, memberInfo, error) {
	if len(text) > maxMemberText {
		return nil, memberInfo{}, fmt.Errorf("a line of %d bytes is too long to be sealed; %d are allowed", len(text), maxMemberText)
	}
	p.buf.Reset()
	if p.zw == nil {
		zw, err := gzip.NewWriterLevel(&p.buf, level)
		if err != nil {
			return nil, memberInfo{}, err
		}
		p.zw = zw
	} else {
		p.zw.Reset(&p.buf)
	}
	p.zw.Extra = make([]byte, extraLen)
	p.zw.ModTime = time.Unix(0, 0) // the zero time is not the zero of the header
	if _, err := p.zw.Write(text); err != nil {
		return nil, memberInfo{}, err
	}
	if err := p.zw.Close(); err != nil {
		return nil, memberInfo{}, err
	}
	m := memberInfo{packed: int64(p.buf.Len()), plain: int64(len(text)), lines: bytes.Count(text, newline), times: timesOf(text)}
	b := p.buf.Bytes()
	m.put(b)
	return b, m, nil
}

// put fills the header of a member in.
func (m *memberInfo) put(b []byte) {
	copy(b, headStart)
	binary.LittleEndian.PutUint32(b[16:], uint32(m.packed))
	binary.LittleEndian.PutUint32(b[20:], uint32(m.plain))
	binary.LittleEndian.PutUint32(b[24:], uint32(m.lines))
	first, last := m.times.millis()
	putUint48(b[28:], first)
	putUint48(b[34:], last)
	binary.LittleEndian.PutUint32(b[40:], crc32.Checksum(b[:40], castagnoli))
}

func uint48(b []byte) uint64 {
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

func putUint48(b []byte, v uint64) {
	binary.LittleEndian.PutUint32(b, uint32(v))
	binary.LittleEndian.PutUint16(b[4:], uint16(v>>32))
}

// timeRange is a range of moments in nanoseconds since 1970, both ends
// inclusive.
type timeRange struct {
	min, max int64
}

// anyTime is the range of lines whose times are not known.
var anyTime = timeRange{math.MinInt64, math.MaxInt64}

// noTime is the range of no lines at all.
var noTime = timeRange{math.MaxInt64, math.MinInt64}

// add widens the range to hold ns.
func (r *timeRange) add(ns int64) {
	r.min, r.max = min(r.min, ns), max(r.max, ns)
}

// overlaps reports whether a moment of the range is at or after from and
// before to.
func (r timeRange) overlaps(from, to int64) bool { return r.max >= from && r.min < to }

func (r timeRange) contains(ns int64) bool { return r.min <= ns && ns <= r.max }

// millis returns the range in whole milliseconds around it.
func (r timeRange) millis() (first, last uint64) {
	if r.min < 0 || r.max > math.MaxInt64-1_000_000 || r.min > r.max {
		return 0, maxTime
	}
	return uint64(r.min) / 1_000_000, (uint64(r.max) + 999_999) / 1_000_000
}

// fromMillis returns the moment of a header; what does not fit lies without.
func fromMillis(ms uint64) int64 {
	switch {
	case ms == 0:
		return math.MinInt64
	case ms > math.MaxInt64/1_000_000:
		return math.MaxInt64
	}
	return int64(ms) * 1_000_000
}
