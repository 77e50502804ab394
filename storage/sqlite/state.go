package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"time"
)

// state says which rows count.
type state struct {
	epoch int64 // how many clears there were
	line  int64 // the greatest id at the last clear
	floor int64 // what ended earlier is removed, a whole hour
	low   int64 // no row that counts ended earlier
	since int64 // when the counting began
}

// lowText and the others are texts that compare with timestamps as the numbers
// do with times.
func lowText(low int64) string {
	switch low {
	case math.MinInt64:
		return ""
	case math.MaxInt64:
		return "~"
	}
	return timestamp(low)
}

// firstState writes the state of a new database.
func firstState(ctx context.Context, l link, now time.Time) error {
	_, err := l.exec(ctx, "INSERT INTO action_state VALUES (1, 0, 0, ?, ?, '', ?)", int64(math.MinInt64), int64(math.MinInt64), nanos(now))
	return err
}

func readState(ctx context.Context, l link) (state, error) {
	v, ok, err := l.integers(ctx, "SELECT epoch, line_id, floor_ns, low_ns, since_ns FROM action_state")
	if err != nil {
		return state{}, err
	}
	if !ok {
		return state{}, errors.New("its table action_state has no row")
	}
	return state{epoch: v[0], line: v[1], floor: v[2], low: v[3], since: v[4]}, nil
}

func (st *state) write(ctx context.Context, l link) error {
	_, err := l.exec(ctx, "UPDATE action_state SET epoch = ?, line_id = ?, floor_ns = ?, low_ns = ?, low_text = ?, since_ns = ?",
		st.epoch, st.line, st.floor, st.low, lowText(st.low), st.since)
	return err
}

// reach notes that a row that ended at a moment counts from now on.
func (st *state) reach(ctx context.Context, l link, moment int64) error {
	moment = max(moment, st.floor)
	if moment >= st.low {
		return nil
	}
	st.low = moment
	return st.write(ctx, l)
}

// Clear draws a line: what was recorded before the call is not found any more,
// nor counted, also after the store has been opened again. It goes when it is
// too old, as all does.
func (s *Store) Clear(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	s.leave()
	if err := s.opts.Flush(ctx); err != nil {
		return err
	}
	return s.write(ctx, func(l link) error {
		for adopted := int64(1); adopted > 0; { // so that nothing is counted behind the line that lies before
			var err error
			if adopted, err = s.writer.adopt(ctx, l, 0); err != nil {
				return err
			}
		}
		st, err := readState(ctx, l)
		if err != nil {
			return err
		}
		now := nanos(s.opts.Now())
		if err := st.beginAnew(ctx, l, now); err != nil {
			return err
		}
		if _, err := l.exec(ctx, "UPDATE action_state SET cleared_ns = ?", now); err != nil {
			return err
		}
		return st.write(ctx, l)
	})
}

// beginAnew draws a line behind all rows: none of them counts any more.
func (st *state) beginAnew(ctx context.Context, l link, now int64) (err error) {
	st.line, err = l.integer(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'action_logs'")
	st.epoch++
	st.low, st.since = math.MaxInt64, now
	return err
}

// Since returns when the counting began: when the database was made, or its
// first row ended if it was taken over; when it was last cleared; or the end of
// what retention has removed, if that is later. It holds what was written to it
// since.
func (s *Store) Since(ctx context.Context) (since time.Time, err error) {
	err = s.read(ctx, func(l link) error {
		st, err := readState(ctx, l)
		since = time.Unix(0, max(st.since, st.floor)).UTC()
		return err
	})
	return since, err
}

// Cleared returns when the store was last cleared, by whichever process; zero
// for never.
func (s *Store) Cleared(ctx context.Context) (at time.Time, err error) {
	err = s.read(ctx, func(l link) error {
		ns, err := l.integer(ctx, "SELECT cleared_ns FROM action_state")
		if ns > 0 {
			at = time.Unix(0, ns).UTC()
		}
		return err
	})
	return at, err
}

// pair is a service and an action.
type pair struct{ service, action string }

// loadNames adds the names with greater numbers than after to a list by number.
func loadNames(ctx context.Context, l link, after int64, add func(number int64, p pair)) error {
	return l.query(ctx, func(row []driver.Value) error {
		number, _ := row[0].(int64)
		service, _ := row[1].(string)
		action, _ := row[2].(string)
		add(number, pair{service, action})
		return nil
	}, "SELECT id, service, action FROM action_names WHERE id > ? ORDER BY id", after)
}
