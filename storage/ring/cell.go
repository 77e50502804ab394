package ring

import (
	"encoding/binary"
	"time"

	"actionlog/storage"
)

// cell counts the actions of a second or a minute, as a log of runs:
//
//	one action  uvarint(kind<<1 | 1), uvarint(duration)
//	many        uvarint(kind<<1), uvarint(longest duration), uvarint(buckets),
//	            and for each bucket uvarint(distance from the one before), uvarint(count)
//
// A kind may have several runs, until they are packed. What a log holds never
// changes, so who has a copy of the slice may read it without a lock.
type cell struct {
	start       int64
	width       time.Duration
	first, last int64 // the earliest and the latest moment in it
	log         []byte
	packed      int  // bytes of log when it was last packed
	whole       bool // kinds are of all services and actions together
}

// span makes the moments from first to last part of the cell.
func (c *cell) span(first, last int64) { c.first, c.last = min(c.first, first), max(c.last, last) }

// kind returns what the cell counts k as.
func (c *cell) kind(k kind) kind {
	if c.whole {
		return k & kindFailure
	}
	return k
}

func appendOne(log []byte, k kind, duration int64) []byte {
	log = binary.AppendUvarint(log, uint64(k)<<1|1)
	return binary.AppendUvarint(log, uint64(duration))
}

func appendRun(log []byte, k kind, longest int64, durations *storage.Histogram) []byte {
	buckets := 0
	for range durations.All() {
		buckets++
	}
	if buckets == 0 {
		return log
	}
	if durations.Count() == 1 && hasBucket(durations, storage.Bucket(durationOf(longest))) {
		return appendOne(log, k, longest)
	}
	log = binary.AppendUvarint(log, uint64(k)<<1)
	log = binary.AppendUvarint(log, uint64(longest))
	log = binary.AppendUvarint(log, uint64(buckets))
	before := 0
	for bucket, n := range durations.All() {
		log = binary.AppendUvarint(log, uint64(bucket-before))
		log = binary.AppendUvarint(log, n)
		before = bucket
	}
	return log
}

// hasBucket reports whether something was counted in the bucket. The longest of
// what was counted together may have been counted earlier than the rest.
func hasBucket(durations *storage.Histogram, bucket int) bool {
	for b := range durations.All() {
		if b == bucket {
			return true
		}
	}
	return false
}

// eachRun visits what a log counts: n actions of the kind in a bucket, none
// longer than longest.
func eachRun(log []byte, visit func(k kind, longest int64, bucket int, n uint64)) {
	next := func() uint64 {
		v, w := binary.Uvarint(log)
		log = log[w:]
		return v
	}
	for len(log) > 0 {
		head, longest := next(), int64(next())
		k := kind(head >> 1)
		if head&1 != 0 {
			visit(k, longest, storage.Bucket(durationOf(longest)), 1)
			continue
		}
		bucket := 0
		for range next() {
			bucket += int(next())
			visit(k, longest, bucket, next())
		}
	}
}

// dense counts where it is quick to count: by index.
type dense struct {
	kinds []kind // that have been counted
	by    []denseKind
	held  int // how many of by have memory
}

type denseKind struct {
	sum       int64 // of all durations
	longest   int64
	durations storage.Histogram
	held      bool // whether durations may have memory
}

// mostIdle is how many kinds a dense keeps the memory of.
const mostIdle = 256

func (d *dense) of(k kind) *denseKind {
	for int(k) >= len(d.by) {
		d.by = append(d.by, denseKind{})
	}
	e := &d.by[k]
	if e.durations.Count() == 0 {
		d.kinds = append(d.kinds, k)
	}
	if !e.held {
		e.held = true
		d.held++
	}
	return e
}

// add counts a duration that falls into the bucket.
func (e *denseKind) add(duration int64, bucket int) {
	e.sum = addSum(e.sum, duration)
	e.longest = max(e.longest, duration)
	e.durations.AddBucket(bucket, 1)
}

func (d *dense) countMany(k kind, longest int64, bucket int, n uint64) {
	e := d.of(k)
	e.longest = max(e.longest, longest)
	e.durations.AddBucket(bucket, n)
}

func (d *dense) merge(k kind, add *run) {
	e := d.of(k)
	e.sum = addSum(e.sum, add.sum)
	e.longest = max(e.longest, add.longest)
	e.durations.Merge(add.durations)
}

// appendTo appends what was counted to the log of a cell.
func (d *dense) appendTo(log []byte, of *cell) []byte {
	for _, k := range d.kinds {
		log = appendRun(log, of.kind(k), d.by[k].longest, &d.by[k].durations)
	}
	return log
}

// reset forgets all counts. It keeps the memory if that is of a few kinds.
func (d *dense) reset() {
	if d.held > mostIdle {
		clear(d.by)
		d.held = 0
	}
	for _, k := range d.kinds {
		e := &d.by[k]
		e.sum, e.longest = 0, 0
		e.durations.Reset()
	}
	d.kinds = d.kinds[:0]
}
