package archive

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"actionlog/storage"
)

// Bounds on what an index holds of one file. What has more of something is
// searched without that part.
const (
	maxPairs     = 4096   // services with actions
	maxCodes     = 1001   // those of HTTP, and none
	maxTemplates = 4096   // templates of errors, and errorCells in all
	maxCells     = 32_768 // roll-ups: services with actions in an hour
	maxHours     = 1024
	maxLane      = 64 << 20 // bytes of failed lines, packed
	maxFilters   = 64 << 20 // bytes of filters
)

const nanosPerHour = int64(time.Hour)

// indexer learns what a sealed file holds, member by member.
type indexer struct {
	members []member
	off     int64
	damaged bool // a line could not be decoded
	slow    bool // decode every line

	pairs    map[pair]int
	pairList []pair
	codes    map[int]int
	codeList []int

	whole  map[int]*roll           // by pair
	hours  map[int64]map[int]*roll // by hour and pair; nil if there are too many
	cells  int                     // of hours
	fails  map[failKey]*failures   // nil if there are too many
	names  map[string]int          // of templates
	filter filterMaker
	lane   lane
}

// roll is what was counted of a service and action.
type roll struct {
	counts    storage.Counts
	longest   time.Duration
	durations storage.Histogram
}

// failKey is whose failures are counted together.
type failKey struct {
	hour              int64
	service, template string
}

type failures struct {
	count       int64
	first, last int64
	example     storage.ID
}

func newIndexer() *indexer {
	return &indexer{
		pairs: map[pair]int{}, codes: map[int]int{},
		whole: map[int]*roll{}, hours: map[int64]map[int]*roll{},
		fails: map[failKey]*failures{}, names: map[string]int{},
	}
}

// read takes in the text of the next member, which place then puts into the
// file.
func (x *indexer) read(text []byte) error {
	m := member{durations: noTime, ids: idRange{min: anyID.max, max: anyID.min}}
	m.info.times = noTime
	x.filter.begin()
	var a storage.Action
	var quick lineScanner
	rest := string(text)
	for line := range bytes.Lines(text) {
		s := rest[:len(line)]
		rest = rest[len(line):]
		if !x.slow && quick.scan(bytes.TrimSuffix(line, newline), strings.TrimSuffix(s, "\n")) {
			x.action(&m, &quick.a)
			continue
		}
		if storage.DecodeJSON(bytes.TrimSuffix(line, newline), &a) != nil {
			x.damaged = true
			continue
		}
		x.action(&m, &a)
		if a.Failed() {
			m.failed++
			if err := x.lane.add(line, a.ID != ""); err != nil {
				return err
			}
		}
	}
	x.members = append(x.members, m)
	return nil
}

// place says how the member that was read last is packed.
func (x *indexer) place(info memberInfo) {
	m := &x.members[len(x.members)-1]
	info.times = m.info.times
	m.off, m.info = x.off, info
	x.filter.place(info.packed)
	x.off += info.packed
}

func (x *indexer) action(m *member, a *storage.Action) {
	m.info.times.add(a.Time.UnixNano())
	m.durations.add(int64(a.Duration))
	if a.ID == "" {
		m.ids = anyID
	} else {
		m.ids.add(string(a.ID))
	}
	name := pair{a.Service, a.Action}
	p, known := x.pairs[name]
	if !known {
		p = len(x.pairList)
		if p <= maxPairs {
			name = pair{strings.Clone(a.Service), strings.Clone(a.Action)}
			x.pairs[name] = p
			x.pairList = append(x.pairList, name)
		}
	}
	code := -1
	if a.HTTP != nil {
		code = a.HTTP.Code
		if a.HTTP.RequestID != "" && a.HTTP.RequestID != string(a.ID) {
			x.filter.add(hashRequest(a.HTTP.RequestID))
		}
	}
	if !a.TraceID.IsZero() {
		x.filter.add(hashTrace(a.TraceID))
	}
	c, known := x.codes[code]
	if !known {
		c = len(x.codeList)
		x.codes[code] = c
		x.codeList = append(x.codeList, code)
	}
	m.codes.set(c)
	if p < maxPairs {
		m.pairs.set(p)
		x.count(p, a)
	}
	if a.Failed() {
		x.fail(a)
	}
}

// tooManyPairs reports whether pairs are left out.
func (x *indexer) tooManyPairs() bool { return len(x.pairList) > maxPairs }

func (x *indexer) count(p int, a *storage.Action) {
	rollOf(x.whole, p).add(a)
	if x.hours == nil {
		return
	}
	hour := a.Time.UnixNano() / nanosPerHour
	cells := x.hours[hour]
	if cells == nil {
		cells = map[int]*roll{}
		x.hours[hour] = cells
	}
	if cells[p] == nil {
		x.cells++
	}
	rollOf(cells, p).add(a)
	if x.cells > maxCells || len(x.hours) > maxHours {
		x.hours = nil
	}
}

func rollOf(rolls map[int]*roll, p int) *roll {
	r := rolls[p]
	if r == nil {
		r = &roll{}
		rolls[p] = r
	}
	return r
}

func (r *roll) add(a *storage.Action) {
	r.counts.Total++
	if a.Failed() {
		r.counts.Failed++
	}
	r.longest = max(r.longest, a.Duration)
	r.durations.Add(a.Duration)
}

func (x *indexer) fail(a *storage.Action) {
	if x.fails == nil {
		return
	}
	if a.ID == "" { // its id is made of the number of its line
		x.fails = nil
		return
	}
	ns := a.Time.UnixNano()
	key := failKey{ns / nanosPerHour, a.Service, storage.FoldError(a.Error)}
	f := x.fails[key]
	if f == nil {
		if x.names[key.template] == 0 {
			x.names[key.template] = len(x.names) + 1
		}
		if len(x.names) > maxTemplates || len(x.fails) >= maxCells {
			x.fails = nil
			return
		}
		f = &failures{first: ns, last: ns}
		x.fails[key] = f
	}
	f.count++
	f.first = min(f.first, ns)
	if ns > f.last || ns == f.last && a.ID > f.example {
		f.last, f.example = ns, a.ID
	}
}

// lane packs the failed lines as members of their own.
type lane struct {
	text   []byte
	packed []byte
	dir    []byte // where each member is
	p      packer
	none   bool // a line has no id, and would have another one here
}

func (l *lane) add(line []byte, hasID bool) error {
	if l.none = l.none || !hasID || len(l.packed) > maxLane; l.none {
		l.text, l.packed, l.dir = nil, nil, nil
		return nil
	}
	l.text = append(l.text, line...)
	if line[len(line)-1] != '\n' {
		l.text = append(l.text, '\n')
	}
	if len(l.text) >= memberText/2 {
		return l.flush()
	}
	return nil
}

func (l *lane) flush() error {
	if len(l.text) == 0 {
		return nil
	}
	b, m, err := l.p.pack(l.text)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	l.dir = le.AppendUint32(le.AppendUint32(l.dir, uint32(m.packed)), uint32(m.plain))
	l.dir = le.AppendUint64(le.AppendUint64(l.dir, uint64(m.times.min)), uint64(m.times.max))
	l.dir = le.AppendUint32(l.dir, checksum(b))
	l.packed = append(l.packed, b...)
	l.text = l.text[:0]
	return nil
}

// hourList returns the hours in order.
func (x *indexer) hourList() []int64 {
	var list []int64
	for h := range x.hours {
		list = append(list, h)
	}
	slices.Sort(list)
	return list
}
