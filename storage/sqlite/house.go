package sqlite

import (
	"context"
	"fmt"
	"time"
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
	if err := s.raise(ctx); err != nil {
		return err
	}
	for _, sweep := range []string{
		"DELETE FROM action_logs WHERE id IN (SELECT id FROM action_logs INDEXED BY idx_action_logs_timestamp" +
			" WHERE time_ns < (SELECT floor_ns FROM action_state) AND timestamp < (SELECT CASE WHEN floor_ns < 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S.000Z', floor_ns / 1000000000, 'unixepoch') END FROM action_state) LIMIT ?)",
		"DELETE FROM action_rollups WHERE key IN (SELECT key FROM action_rollups WHERE key < (SELECT epoch << 32 FROM action_state) LIMIT ?)",
	} {
		if err := s.sweep(ctx, sweep); err != nil {
			return err
		}
	}
	return s.reclaim(ctx)
}

// raise lifts the floor to the hour from which on actions are kept, and removes
// the roll-ups below.
func (s *Store) raise(ctx context.Context) error {
	if s.opts.MaxAge < 0 {
		return nil
	}
	floor := hours.start(nanos(s.opts.Now().Add(-s.opts.MaxAge)))
	return s.write(ctx, func(l link) error {
		st, err := readState(ctx, l)
		if err != nil || floor <= st.floor {
			return err
		}
		st.floor, st.low = floor, max(st.low, floor)
		for step := minutes; step <= days; step++ {
			// A step in which the floor lies stays: it is not asked for, and
			// goes with the next floors.
			if _, err := l.exec(ctx, "DELETE FROM action_rollups WHERE key >= ? AND key < ?",
				rollupKey(st.epoch, step, 0), rollupKey(st.epoch, step, step.start(floor))); err != nil {
				return err
			}
		}
		return st.write(ctx, l)
	})
}

// sweep removes rows bit by bit.
func (s *Store) sweep(ctx context.Context, sql string) error {
	for {
		var removed int64
		err := s.write(ctx, func(l link) (err error) {
			removed, err = l.exec(ctx, sql, int64(removeBatch))
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
