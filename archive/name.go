package archive

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind says what a file of an archive is.
type Kind uint8

// The kinds of files. Locks and drafts are hidden, and no *.jsonl or
// *.jsonl.gz pattern matches any but Plain and Sealed.
const (
	Plain      Kind = iota // lines, appended to or waiting to be sealed: actions-2026-11-22.jsonl
	Sealed                 // the same lines in gzip: actions-2026-11-22.jsonl.gz
	Torn                   // what a crash left of lines: actions-2026-11-22.jsonl.torn
	SetAside               // a sealed file found damaged while its plain one was whole: actions-2026-11-22.jsonl.gz.bad
	Lock                   // says who writes the plain file: .actions-2026-11-22.jsonl.lock
	Draft                  // a plain file being rewritten: .actions-2026-11-22.jsonl.tmp
	SealDraft              // a sealed file being written: .actions-2026-11-22.jsonl.gz.tmp
	Index                  // what lets a sealed file be searched faster: actions-2026-11-22.jsonl.gz.idx
	IndexDraft             // an index being written: .actions-2026-11-22.jsonl.gz.idx.tmp
)

var affixes = [...]struct{ prefix, suffix string }{
	Plain:      {"actions-", ".jsonl"},
	Sealed:     {"actions-", ".jsonl.gz"},
	Torn:       {"actions-", ".jsonl.torn"},
	SetAside:   {"actions-", ".jsonl.gz.bad"},
	Lock:       {".actions-", ".jsonl.lock"},
	Draft:      {".actions-", ".jsonl.tmp"},
	SealDraft:  {".actions-", ".jsonl.gz.tmp"},
	Index:      {"actions-", ".jsonl.gz.idx"},
	IndexDraft: {".actions-", ".jsonl.gz.idx.tmp"},
}

// Name is the parsed name of a file of an archive: the day that it began (of
// a week, the Monday), its number within the day, and its kind.
type Name struct {
	Day  Day
	Seq  int // 1, which is not written, or more
	Kind Kind
}

// maxSeq keeps a number within what a strict name can hold.
const maxSeq = 999_999_999

// ParseName reads the base name of a file. It reports false for every name
// that [Name.String] would not write in exactly that way.
func ParseName(base string) (Name, bool) {
	for kind, a := range affixes {
		if middle, ok := cutAffixes(base, a.prefix, a.suffix); ok {
			return parseStem(middle, Kind(kind))
		}
	}
	return Name{}, false
}

func cutAffixes(s, prefix, suffix string) (string, bool) {
	s, ok1 := strings.CutPrefix(s, prefix)
	s, ok2 := strings.CutSuffix(s, suffix)
	return s, ok1 && ok2
}

// parseStem reads a day and, if it is not the first, a number.
func parseStem(s string, kind Kind) (Name, bool) {
	text, number, numbered := strings.Cut(s, ".")
	day, ok := ParseDay(text)
	if !ok {
		return Name{}, false
	}
	n := Name{Day: day, Seq: 1, Kind: kind}
	if numbered {
		if number == "" || len(number) > 9 || number[0] == '0' || strings.Trim(number, "0123456789") != "" {
			return Name{}, false
		}
		n.Seq, _ = strconv.Atoi(number)
		if n.Seq < 2 {
			return Name{}, false
		}
	}
	return n, true
}

// String returns the base name of the file.
func (n Name) String() string {
	a := affixes[n.Kind]
	return a.prefix + n.stem() + a.suffix
}

// stem returns the day and the number alone.
func (n Name) stem() string {
	if n.Seq > 1 {
		return n.Day.String() + "." + strconv.Itoa(n.Seq)
	}
	return n.Day.String()
}

// As returns the name of the file of another kind that belongs to this one.
func (n Name) As(kind Kind) Name {
	n.Kind = kind
	return n
}

// Compare orders names by day, number and kind: negative if n is first.
func (n Name) Compare(other Name) int {
	return cmp.Or(cmp.Compare(n.Day, other.Day), cmp.Compare(n.Seq, other.Seq), cmp.Compare(n.Kind, other.Kind))
}

// Day is a date of the calendar, without a zone. Days compare as numbers. The
// zero Day is none.
type Day int32

// ParseDay reads a date such as 2026-11-22, of the years 0001 to 9999.
func ParseDay(s string) (Day, bool) {
	if len(s) != len(time.DateOnly) {
		return 0, false
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, false
	}
	return DayOf(t), true
}

// DayOf returns the date that t has in its own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(y*10_000 + int(m)*100 + d)
}

// String returns the date as 2026-11-22.
func (d Day) String() string {
	y, m, day := d.date()
	return fmt.Sprintf("%04d-%02d-%02d", y, int(m), day)
}

// Start returns the first midnight of the day in loc.
func (d Day) Start(loc *time.Location) time.Time {
	y, m, day := d.date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// Add returns the day that is n days later.
func (d Day) Add(n int) Day {
	y, m, day := d.date()
	return DayOf(time.Date(y, m, day+n, 0, 0, 0, 0, time.UTC))
}

func (d Day) date() (year int, month time.Month, day int) {
	return int(d) / 10_000, time.Month(int(d) / 100 % 100), int(d) % 100
}

// valid reports whether a file can be named by the day.
func (d Day) valid() bool { return d >= 1_01_01 && d <= 9999_12_31 }
