package sqlite

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"actionlog/storage"
)

// step is a length of time that is rolled up.
type step int64

// The steps. A longer one consists of whole shorter ones.
const (
	minutes step = iota
	hours
	days
)

var lengths = [...]int64{minutes: int64(time.Minute), hours: int64(time.Hour), days: int64(24 * time.Hour)}

// start returns when the step of a moment begins; moments are in nanoseconds
// since 1970, and none lies before.
func (s step) start(moment int64) int64 { return moment - moment%lengths[s] }

// rollupKey is the key of a roll-up.
func rollupKey(epoch int64, s step, start int64) int64 {
	return epoch<<32 | int64(s)<<30 | start/lengths[minutes]
}

// keyStart returns when the step of a key begins.
func keyStart(key int64) int64 { return key & (1<<30 - 1) * lengths[minutes] }

// tally counts the actions of one service, action and status.
type tally struct {
	count   uint64
	longest int64
	buckets []bucket // of durations, shortest first, as in a storage.Histogram
}

type bucket struct {
	number int
	count  uint64
}

func (t *tally) add(d time.Duration) {
	t.count++
	t.longest = max(t.longest, int64(d))
	number := storage.Bucket(d)
	i, found := slices.BinarySearchFunc(t.buckets, number, func(b bucket, n int) int { return b.number - n })
	if !found {
		t.buckets = slices.Insert(t.buckets, i, bucket{number: number})
	}
	t.buckets[i].count++
}

func (t *tally) merge(other *tally) {
	t.count += other.count
	t.longest = max(t.longest, other.longest)
	if t.mergeKnown(other.buckets) {
		return
	}
	merged := make([]bucket, 0, len(t.buckets)+len(other.buckets))
	x, y := t.buckets, other.buckets
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].number < y[0].number:
			merged, x = append(merged, x[0]), x[1:]
		case x[0].number > y[0].number:
			merged, y = append(merged, y[0]), y[1:]
		default:
			merged = append(merged, bucket{x[0].number, x[0].count + y[0].count})
			x, y = x[1:], y[1:]
		}
	}
	t.buckets = append(append(merged, x...), y...)
}

// mergeKnown adds counts if there is a bucket for each of them already, as there
// soon is.
func (t *tally) mergeKnown(other []bucket) bool {
	for pass := range 2 {
		i := 0
		for _, b := range other {
			for i < len(t.buckets) && t.buckets[i].number < b.number {
				i++
			}
			switch {
			case i == len(t.buckets) || t.buckets[i].number != b.number:
				return false // in the first pass
			case pass == 1:
				t.buckets[i].count += b.count
			}
		}
	}
	return true
}

// rollup is what happened in a step: by twice the number of a service and
// action, and one more for what failed.
type rollup map[int64]*tally

func tallyKey(name int64, failed bool) int64 {
	if failed {
		return 2*name + 1
	}
	return 2 * name
}

func (r rollup) at(key int64) *tally {
	t := r[key]
	if t == nil {
		t = &tally{}
		r[key] = t
	}
	return t
}

func (r rollup) merge(other rollup) {
	for key, t := range other {
		r.at(key).merge(t)
	}
}

// A summary is
//
//	version  1 byte, 1
//	tallies  their number, and each: how much its key is greater than the one
//	         before; count; longest duration; the number of buckets, and each:
//	         how much its number is greater than the one before; count
//
// with all numbers as uvarints.
const summaryVersion = 1

var errSummary = errors.New("a row of action_rollups is no summary")

func (r rollup) append(b []byte) []byte {
	b = append(b, summaryVersion)
	b = binary.AppendUvarint(b, uint64(len(r)))
	last := int64(0)
	for _, key := range slices.Sorted(maps.Keys(r)) {
		t := r[key]
		b = binary.AppendUvarint(b, uint64(key-last))
		last = key
		b = binary.AppendUvarint(b, t.count)
		b = binary.AppendUvarint(b, uint64(t.longest))
		b = binary.AppendUvarint(b, uint64(len(t.buckets)))
		number := 0
		for _, bucket := range t.buckets {
			b = binary.AppendUvarint(b, uint64(bucket.number-number))
			number = bucket.number
			b = binary.AppendUvarint(b, bucket.count)
		}
	}
	return b
}

// parseRollup reads what append wrote.
func parseRollup(b []byte) (rollup, error) {
	r := rollup{}
	return r, visitSummary(b, func(key int64, count uint64, longest int64, buckets int) func(bucket) {
		t := &tally{count: count, longest: longest, buckets: make([]bucket, 0, buckets)}
		r[key] = t
		return func(b bucket) { t.buckets = append(t.buckets, b) }
	})
}

// visitSummary visits each tally, and with what visit returns each of its
// buckets; nil passes over them.
func visitSummary(b []byte, visit func(key int64, count uint64, longest int64, buckets int) func(bucket)) error {
	if len(b) == 0 || b[0] != summaryVersion {
		return errSummary
	}
	d := varints{b: b[1:]}
	key := int64(0)
	for n := d.next(); n > 0 && !d.bad; n-- {
		key += int64(d.next())
		count, longest, buckets := d.next(), int64(d.next()), d.next()
		if d.bad || buckets > storage.Buckets {
			return errSummary
		}
		add := visit(key, count, longest, int(buckets))
		number := 0
		for ; buckets > 0; buckets-- {
			number += int(d.next())
			count := d.next()
			if d.bad || number < 0 || number >= storage.Buckets {
				return errSummary
			}
			if add != nil {
				add(bucket{number, count})
			}
		}
	}
	if d.bad || len(d.b) > 0 {
		return errSummary
	}
	return nil
}

type varints struct {
	b   []byte
	bad bool
}

func (d *varints) next() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[size:]
	return n
}
