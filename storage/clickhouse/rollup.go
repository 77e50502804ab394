package clickhouse

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

const (
	// rowsAtOnce bounds the rows that are counted at once, so that a query takes
	// seconds at the most.
	rowsAtOnce = 4_000_000

	minutesAtOnce = 60
)

// keepHouse rolls up what has come to rest, every now and then, until ctx is
// done. It begins at a time of chance, so that of many instances one is the first
// and the others find its work done.
func (s *Store) keepHouse(ctx context.Context) {
	h := house{s: s, seen: map[int64]int64{}, tried: map[[2]int64]int64{}}
	pause := time.Duration(rand.Int64N(int64(s.opts.House)) + 1)
	for {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if err := s.use(ctx, "roll up", func(ctx context.Context) error { return h.tidy(ctx, true) }); err != nil && ctx.Err() == nil {
			s.opts.OnError(err)
		}
		pause = s.opts.House
	}
}

// Tidy rolls up now what the store else rolls up by itself once it has been at
// rest for Options.House: whatever was counted of a minute or an hour before rows
// came to it is counted again. It is for after a great many actions were written
// at once.
func (s *Store) Tidy(ctx context.Context) error {
	return s.change(ctx, "roll up", func(ctx context.Context) error {
		h := house{s: s, tried: map[[2]int64]int64{}}
		return h.tidy(ctx, false)
	})
}

// house is what an instance remembers from one time to the next.
type house struct {
	s     *Store
	seen  map[int64]int64    // what the ledger said of minutes that were not at rest
	tried map[[2]int64]int64 // of steps and their starts of which no row was left, what it said
}

// tidy rolls up minutes, and then the hours of which all minutes are. If rest is
// set, it leaves alone what has changed since the last time: rows and the ledger
// of them are not written at the same moment.
func (h *house) tidy(ctx context.Context, rest bool) error {
	st, err := h.s.state(ctx)
	if err != nil || !st.rows {
		return err
	}
	all := []span{{st.first, st.last + 1}}
	wrong, err := h.wrong(ctx, &st, stepMinute, all)
	if err != nil {
		return err
	}
	due := wrong
	if rest {
		due = h.atRest(wrong)
	}
	for len(due) > 0 {
		n, rows := 0, int64(0)
		for n < len(due) && n < minutesAtOnce && (n == 0 || rows+due[n].inserted <= rowsAtOnce) {
			rows += due[n].inserted
			n++
		}
		if err := h.minutes(ctx, &st, due[:n]); err != nil {
			return err
		}
		due = due[n:]
	}
	hours, err := h.wrong(ctx, &st, stepHour, all)
	if err != nil {
		return err
	}
	return h.hours(ctx, &st, hours, h.s.opts.Now())
}

// wrong returns the steps whose roll-ups are missing or not right any more.
func (h *house) wrong(ctx context.Context, st *state, step int, parts []span) ([]ledgerEntry, error) {
	entries, err := h.s.entries(ctx, step, parts)
	if err != nil {
		return nil, err
	}
	counted, err := h.s.counted(ctx, st.line, step, parts)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(entries, func(e ledgerEntry) bool {
		return e.last <= st.line || counted[e.start] == e.inserted || h.tried[[2]int64{int64(step), e.start}] == e.inserted
	}), nil
}

// atRest returns those that are as they were the last time.
func (h *house) atRest(list []ledgerEntry) []ledgerEntry {
	before := h.seen
	h.seen = make(map[int64]int64, len(list))
	var due []ledgerEntry
	for _, e := range list {
		h.seen[e.start] = e.inserted
		if before[e.start] == e.inserted {
			due = append(due, e)
		}
	}
	return due
}

// minutes counts the rows of minutes by id.
func (h *house) minutes(ctx context.Context, st *state, list []ledgerEntry) error {
	spans := make([]span, len(list))
	for i, e := range list {
		spans[i] = span{e.start * minute, (e.start + 1) * minute}
	}
	r := newRollups(st.line, stepMinute)
	for cond := range spanConds("time_ns", join(spans)) {
		var start int64
		var u unit
		var status string
		var bucket uint16
		var n uint64
		var longest int64
		err := h.s.count(ctx, "SELECT intDiv(time_ns, 60000000000) AS start, service, action, status, duration_bucket, count(), max(duration_ns) FROM "+
			h.s.tables.allLogs+" FINAL"+condSQL(append([]sqlquery.Cond{cond}, behind(st.line)...))+" GROUP BY start, service, action, status, duration_bucket", func() error {
			u.start, u.failed = start, status == string(storage.Failed)
			t := r.at(u)
			t.total += n
			t.longest = max(t.longest, longest)
			t.durations.AddBucket(int(bucket), n)
			return nil
		}, &start, &u.service, &u.action, &status, &bucket, &n, &longest)
		if err != nil {
			return err
		}
	}
	return h.write(ctx, r, list)
}

// hours adds up the minutes of hours that are over and of which all minutes are
// right.
func (h *house) hours(ctx context.Context, st *state, list []ledgerEntry, now time.Time) error {
	var due []ledgerEntry
	var spans []span
	for _, e := range list {
		if (e.start+hour)*minute <= nanos(now) {
			due, spans = append(due, e), append(spans, span{e.start, e.start + hour})
		}
	}
	if len(due) == 0 {
		return nil
	}
	minutes, err := h.s.checkRollups(ctx, st, stepMinute, join(spans))
	if err != nil {
		return err
	}
	unready := map[int64]bool{}
	for _, p := range minutes.wrong {
		for m := p.from / hour * hour; m < p.to; m += hour {
			unready[m] = true
		}
	}
	due = slices.DeleteFunc(due, func(e ledgerEntry) bool { return unready[e.start] })
	for some := range slices.Chunk(due, minutesAtOnce) {
		if err := h.someHours(ctx, st, some); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) someHours(ctx context.Context, st *state, list []ledgerEntry) error {
	spans := make([]span, len(list))
	for i, e := range list {
		spans[i] = span{e.start, e.start + hour}
	}
	r := newRollups(st.line, stepHour)
	everything := storage.Query{}
	for cond := range spanConds("start", join(spans)) {
		var begin uint32
		var u unit
		var failed uint8
		var total uint64
		var longest int64
		var buckets, counts string
		err := h.s.count(ctx, "SELECT toUInt32(intDiv(start, 60) * 60) AS begin, service, action, failed, "+rolledUp+" FROM "+
			h.s.tables.allRollups+" FINAL"+h.s.whereRollups(&everything, st, stepMinute, cond)+" GROUP BY begin, service, action, failed", func() error {
			u.start, u.failed = int64(begin), failed != 0
			t := r.at(u)
			t.total += total
			t.longest = max(t.longest, longest)
			return addBuckets(&t.durations, buckets, counts)
		}, &begin, &u.service, &u.action, &failed, &total, &longest, &buckets, &counts)
		if err != nil {
			return err
		}
	}
	return h.write(ctx, r, list)
}

// unit is what is counted by itself.
type unit struct {
	step            int
	start           int64
	service, action string
	failed          bool
}

type tally struct {
	total     uint64
	longest   int64
	durations storage.Histogram
}

// rollups are the roll-ups of some steps.
type rollups struct {
	line  int64
	step  int
	units map[unit]*tally
}

func newRollups(line int64, step int) *rollups {
	return &rollups{line: line, step: step, units: map[unit]*tally{}}
}

func (r *rollups) at(u unit) *tally {
	u.step = r.step
	return r.tally(u)
}

func (r *rollups) tally(u unit) *tally {
	t := r.units[u]
	if t == nil {
		t = &tally{}
		r.units[u] = t
	}
	return t
}

// addTotals adds what names have in common.
func (r *rollups) addTotals() {
	for _, u := range slices.Collect(maps.Keys(r.units)) {
		t, all := r.units[u], r.tally(unit{step: u.step + stepTotals, start: u.start, failed: u.failed})
		all.total += t.total
		all.longest = max(all.longest, t.longest)
		all.durations.Merge(&t.durations)
	}
}

// write inserts roll-ups of steps, each with what the ledger said before its rows
// were counted.
func (h *house) write(ctx context.Context, r *rollups, list []ledgerEntry) error {
	inserted := map[int64]int64{}
	for _, e := range list {
		inserted[e.start] = e.inserted
		h.tried[[2]int64{int64(r.step), e.start}] = e.inserted
	}
	r.addTotals()
	var lines, longest []int64
	var steps, failed []uint8
	var starts []uint32
	var services, actions []string
	var ledger, totals []uint64
	var buckets [][]uint16
	var counts [][]uint64
	for u, t := range r.units {
		delete(h.tried, [2]int64{int64(r.step), u.start})
		lines, steps, starts = append(lines, r.line), append(steps, uint8(u.step)), append(starts, uint32(u.start))
		services, actions = append(services, u.service), append(actions, u.action)
		fail := uint8(0)
		if u.failed {
			fail = 1
		}
		failed, ledger = append(failed, fail), append(ledger, uint64(inserted[u.start]))
		totals, longest = append(totals, t.total), append(longest, t.longest)
		var b []uint16
		var c []uint64
		for bucket, n := range t.durations.All() {
			b, c = append(b, uint16(bucket)), append(c, n)
		}
		buckets, counts = append(buckets, b), append(counts, c)
	}
	if len(lines) == 0 {
		return nil
	}
	return h.s.insert(ctx, h.s.tables.allRollups, "line, step, start, service, action, failed, inserted, total, longest, buckets, counts",
		lines, steps, starts, services, actions, failed, ledger, totals, longest, buckets, counts)
}
