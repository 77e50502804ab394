package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

const (
	// overlap is how far the clocks of instances may be apart, and how long a
	// write may take, for followers to miss nothing.
	overlap = 10 * time.Second

	// leastSeen is how many ids a follower remembers at least, so that a repeat
	// is not an action of its own.
	leastSeen = 1 << 16

	idsAtOnce  = 100_000
	rowsToRead = 1000
)

// Follow returns a cursor over the actions that were written after the one with
// the id after, of all instances; those of one batch are in the order of their
// ids. The empty id, and one that is not there, begin with the oldest that is
// there. The cursor looks for what is new every Options.Poll.
func (s *Store) Follow(after storage.ID) storage.Cursor {
	return &cursor{s: s, after: after, seed: maphash.MakeSeed(), seen: map[uint64]int64{}, prune: 2 * leastSeen}
}

// Newest returns the id of the action that ended last, or "" if there is none or
// the server does not answer; Options.OnError is then told.
func (s *Store) Newest() storage.ID {
	ctx, cancel := context.WithTimeout(s.closing, s.opts.Timeout)
	defer cancel()
	page, err := s.Search(ctx, storage.Query{Limit: 1})
	if err != nil {
		if !errors.Is(err, storage.ErrClosed) && s.closing.Err() == nil {
			s.opts.OnError(fmt.Errorf("look for the newest action: %w", err))
		}
		return ""
	}
	if len(page.Actions) == 0 {
		return ""
	}
	return page.Actions[0].ID
}

// cursor reads by what was written when, and reads again what was written shortly
// before: clocks differ. What it knows it drops, by the id.
type cursor struct {
	s     *Store
	after storage.ID // where it begins
	begun bool

	written int64 // the greatest written_ns that was read to the end
	at      place // how far the reading of what is new has come
	reading bool  // whether it has not come to its end

	seed  maphash.Seed
	seen  map[uint64]int64 // written_ns by the hashes of ids
	prune int              // the size of seen at which to forget the oldest
	ready []storage.Action
}

// place is a position among rows by written_ns and id.
type place struct {
	written int64
	id      string
}

// entry is a row of which no more is known yet.
type entry struct {
	place
	time int64
}

// Next fills buf with the next actions, waiting until there is one. Nothing is
// ever missed.
func (c *cursor) Next(ctx context.Context, buf []storage.Action) (n int, missed uint64, err error) {
	if len(buf) == 0 {
		return 0, 0, nil
	}
	for {
		if len(c.ready) == 0 {
			if err := c.look(ctx); err != nil {
				return 0, 0, err
			}
		}
		if n = copy(buf, c.ready); n > 0 {
			c.ready = c.ready[n:]
			return n, 0, nil
		}
		if c.reading {
			continue
		}
		timer := time.NewTimer(c.s.opts.Poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, 0, ctx.Err()
		case <-c.s.closing.Done():
			timer.Stop()
			return 0, 0, fmt.Errorf("table %s of %s: %w", c.s.opts.Table, c.s.server, storage.ErrClosed)
		}
	}
}

// look reads some of what is new.
func (c *cursor) look(ctx context.Context) error {
	return c.s.use(ctx, "follow", func(ctx context.Context) error {
		st, err := c.s.state(ctx)
		if err != nil || !st.rows {
			return err
		}
		if !c.begun {
			if err := c.begin(ctx, &st); err != nil {
				return err
			}
			c.begun = true
		}
		if !c.reading {
			c.at = place{written: max(c.written-int64(overlap), st.line)}
			c.reading = true
		}
		return c.some(ctx, &st)
	})
}

// begin finds the action behind which the cursor begins: what was written no
// later has been seen, and of its process what has no greater id.
func (c *cursor) begin(ctx context.Context, st *state) error {
	if c.after == "" {
		return nil
	}
	var from int64
	var found uint8
	for _, least := range []int64{(st.last - hour) * minute, 0} { // most begin with what is new
		err := c.s.query(ctx, bind("SELECT min(written_ns), count() > 0 FROM "+c.s.tables.allLogs+" WHERE time_ns >= ? AND action_id = ?", least, string(c.after)),
			func() error { return nil }, &from, &found)
		if err != nil {
			return err
		}
		if found != 0 {
			break
		}
	}
	if found == 0 {
		return nil
	}
	c.written = from
	return c.entries(ctx, st, place{written: max(from-int64(overlap), st.line)}, 0, func(e entry) {
		before := e.written < from || e.written == from && e.id <= string(c.after)
		if sameProcess(e.id, string(c.after)) {
			before = e.id <= string(c.after) // also where repeats were merged away
		}
		if before {
			c.remember(e.place)
		}
	})
}

// sameProcess reports whether two ids of this module's form are of one process,
// so that their order is that in which they were recorded.
func sameProcess(x, y string) bool {
	const chars, process = 27, 17
	return len(x) == chars && len(y) == chars && x[:process] == y[:process]
}

// some reads the next rows behind the place.
func (c *cursor) some(ctx context.Context, st *state) error {
	read, at := 0, c.at
	var fresh []entry
	coming := map[uint64]bool{}
	err := c.entries(ctx, st, c.at, idsAtOnce, func(e entry) {
		read, at = read+1, e.place
		hash := maphash.String(c.seed, e.id)
		if _, known := c.seen[hash]; !known && !coming[hash] {
			coming[hash] = true
			fresh = append(fresh, e)
		}
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(fresh, rowsToRead) {
		if err := c.read(ctx, some); err != nil {
			return err
		}
	}
	c.at = at
	if read < idsAtOnce {
		c.reading = false
		c.written = max(c.written, c.at.written)
	}
	return nil
}

// entries visits what was written behind a place, in that order; at most so many
// unless limit is 0. The ledger says in which minutes it is.
func (c *cursor) entries(ctx context.Context, st *state, after place, limit int, visit func(e entry)) error {
	parts, err := c.s.writtenSince(ctx, st, after.written)
	if err != nil || len(parts) == 0 {
		return err
	}
	if len(parts) > rangesAtOnce { // as at the beginning
		parts = []span{{parts[0].from, parts[len(parts)-1].to}}
	}
	for cond := range spanConds("time_ns", parts) {
		conds := []sqlquery.Cond{cond, {SQL: "written_ns >= ? AND (written_ns > ? OR action_id > ?)", Args: []any{after.written, after.written, after.id}}}
		conds = append(conds, behind(st.line)...)
		sql := "SELECT written_ns, action_id, time_ns FROM " + c.s.tables.allLogs + condSQL(conds) + " ORDER BY written_ns, action_id"
		if limit > 0 {
			sql += fmt.Sprintf(" LIMIT %d", limit)
		}
		var e entry
		if err := c.s.query(ctx, sql, func() error { visit(e); return nil }, &e.written, &e.id, &e.time); err != nil {
			return err
		}
	}
	return nil
}

// read makes actions of rows ready, in their order.
func (c *cursor) read(ctx context.Context, list []entry) error {
	var ids strings.Builder
	from, to := list[0].time, list[0].time
	for i := range list {
		if i > 0 {
			ids.WriteByte(',')
		}
		appendQuoted(&ids, list[i].id)
		from, to = min(from, list[i].time), max(to, list[i].time)
	}
	var r row
	found := make(map[string]storage.Action, len(list))
	err := c.s.query(ctx, bind("SELECT "+readColumns+" FROM "+c.s.tables.allLogs+" WHERE time_ns >= ? AND time_ns <= ? AND action_id IN (?)", from, to, sqlText(ids.String())), func() error {
		var a storage.Action
		err := r.whole(&a)
		found[r.id] = a
		return err
	}, r.dest()...)
	if err != nil {
		return err
	}
	for i := range list {
		if a, ok := found[list[i].id]; ok { // unless retention was faster
			c.ready = append(c.ready, a)
		}
		c.remember(list[i].place)
	}
	return nil
}

// writtenSince returns the times in which rows may be that were written no
// earlier.
func (s *Store) writtenSince(ctx context.Context, st *state, since int64) ([]span, error) {
	entries, err := s.entries(ctx, stepMinute, []span{{st.first, st.last + 1}})
	if err != nil {
		return nil, err
	}
	var parts []span
	for _, e := range entries {
		if e.last >= since {
			parts = append(parts, span{e.start * minute, (e.start + 1) * minute})
		}
	}
	return join(parts), nil
}

// remember keeps an id in mind, at least until what is read again is newer.
func (c *cursor) remember(p place) {
	c.seen[maphash.String(c.seed, p.id)] = p.written
	if len(c.seen) < c.prune {
		return
	}
	least := c.written - int64(overlap)
	maps.DeleteFunc(c.seen, func(_ uint64, written int64) bool { return written < least })
	c.prune = 2 * max(len(c.seen), leastSeen)
}
