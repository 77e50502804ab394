package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"actionlog/storage/internal/sqlquery"
)

const (
	removeBatch  = 500                  // rows removed in one transaction
	removePause  = 5 * time.Millisecond // between two, so that writers get in
	reclaimPages = 256                  // pages given back in one transaction
)

// keepHouse tidies up every now and then, until ctx is done.
func (s *Store) keepHouse(ctx context.Context) {
	ticker := time.NewTicker(s.opts.House)
	defer ticker.Stop()
	for {
		if err := s.tidy(ctx); err != nil && ctx.Err() == nil {
			s.opts.OnError(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// tidy adopts what other programs inserted, removes what is too old, and gives
// what is free back to the disk.
func (s *Store) tidy(ctx context.Context) error {
	for adopted := int64(1); adopted > 0; {
		err := s.write(ctx, func(l link) (err error) {
			adopted, err = s.writer.adopt(ctx, l, 0)
			return err
		})
		if err != nil {
			return err
		}
	}
	st, err := s.raise(ctx)
	if err != nil {
		return err
	}
	sweeps := []sqlquery.Cond{
		{SQL: "DELETE FROM action_logs WHERE id IN (SELECT id FROM action_logs INDEXED BY idx_action_logs_timestamp" +
			" WHERE time_ns < ? AND timestamp < ? LIMIT ?)", Args: []any{st.floor, floorText(st.floor)}},
		{SQL: "DELETE FROM action_runs WHERE first_id IN (SELECT first_id FROM action_runs WHERE first_id < (SELECT min(id) FROM action_logs)" +
			" AND last_id < (SELECT min(id) FROM action_logs) LIMIT ?)"},
	}
	sweeps = append(sweeps, sqlquery.Cond{SQL: "DELETE FROM action_keys WHERE first_id IN (SELECT first_id FROM action_keys" +
		" WHERE first_id < (SELECT min(id) FROM action_logs) AND last_id < (SELECT min(id) FROM action_logs) LIMIT ?)"})
	const rollups = "DELETE FROM action_rollups WHERE key IN (SELECT key FROM action_rollups WHERE key >= ? AND key < ? LIMIT ?)"
	sweeps = append(sweeps, sqlquery.Cond{SQL: rollups, Args: []any{int64(0), rollupKey(st.epoch, 0, 0)}})
	for step := minutes; step <= days; step++ {
		// A step in which the floor lies stays: it is not asked for, and goes
		// with the next floors.
		sweeps = append(sweeps, sqlquery.Cond{SQL: rollups, Args: []any{rollupKey(st.epoch, step, 0), rollupKey(st.epoch, step, step.start(max(st.floor, 0)))}})
	}
	for _, sweep := range sweeps {
		if err := s.sweep(ctx, sweep); err != nil {
			return err
		}
	}
	return s.reclaim(ctx)
}

// floorText is a text with which timestamps below a floor compare as less.
func floorText(floor int64) string {
	if floor <= 0 {
		return ""
	}
	return timestamp(floor)
}

// raise lifts the floor to the hour from which on actions are kept.
func (s *Store) raise(ctx context.Context) (st state, err error) {
	now := nanos(s.opts.Now())
	err = s.write(ctx, func(l link) error {
		if st, err = readState(ctx, l); err != nil || s.opts.MaxAge < 0 {
			return err
		}
		floor := hours.start(nanos(s.opts.Now().Add(-s.opts.MaxAge)))
		switch {
		case st.floor > now:
			// The clock was ahead, and what is recorded now would not count.
			if err := st.beginAnew(ctx, l, now); err != nil {
				return err
			}
			st.floor = floor
		case floor <= st.floor:
			return nil
		default:
			st.floor, st.low = floor, max(st.low, floor)
		}
		return st.write(ctx, l)
	})
	return st, err
}

// sweep removes rows bit by bit.
func (s *Store) sweep(ctx context.Context, what sqlquery.Cond) error {
	for {
		var removed int64
		err := s.write(ctx, func(l link) (err error) {
			removed, err = l.exec(ctx, what.SQL, append(slices.Clone(what.Args), int64(removeBatch))...)
			return err
		})
		if err != nil || removed < removeBatch {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// reclaim gives free pages back bit by bit.
func (s *Store) reclaim(ctx context.Context) error {
	for {
		var free int64
		err := s.alone(ctx, func(l link) (err error) {
			if free, err = l.integer(ctx, "PRAGMA freelist_count"); err != nil || free < reclaimPages {
				return err
			}
			_, err = l.exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", reclaimPages))
			return err
		})
		if err != nil || free < 2*reclaimPages {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context) error {
	timer := time.NewTimer(removePause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Tidy does now what the store else does by itself once in Options.House:
// remove what is too old, adopt what other programs inserted, and give free
// space back.
func (s *Store) Tidy(ctx context.Context) error {
	if s.opts.ReadOnly {
		return fmt.Errorf("tidy database %s: it was opened read-only", s.path)
	}
	return s.tidy(ctx)
}
