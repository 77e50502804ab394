package sqlite

import (
	"context"
	"database/sql/driver"
	"maps"
	"math"
	"slices"

	"actionlog/storage"
)

// count adds actions that were inserted to the roll-ups, and to what counts.
func (w *writer) count(ctx context.Context, l link, actions []storage.Action) error {
	st, err := readState(ctx, l)
	if err != nil {
		return err
	}
	earliest := int64(math.MaxInt64)
	fresh := [len(lengths)]map[int64]rollup{{}, {}, {}}
	for i := range actions {
		a := &actions[i]
		at := nanos(a.Time)
		if earliest = min(earliest, at); at < st.floor {
			continue // it is removed soon
		}
		name, err := w.name(ctx, l, pair{a.Service, a.Action})
		if err != nil {
			return err
		}
		start := minutes.start(at)
		r := fresh[minutes][start]
		if r == nil {
			r = rollup{}
			fresh[minutes][start] = r
		}
		r.at(tallyKey(name, failed(a))).add(max(a.Duration, 0))
	}
	for s := hours; s <= days; s++ {
		for start, r := range fresh[s-1] {
			start = s.start(start)
			if fresh[s][start] == nil {
				fresh[s][start] = rollup{}
			}
			fresh[s][start].merge(r)
		}
	}
	if err := w.recall(ctx, l); err != nil {
		return err
	}
	for s := range fresh {
		if err := w.roll(ctx, l, st.epoch, step(s), fresh[s]); err != nil {
			return err
		}
	}
	return st.reach(ctx, l, earliest)
}

// keptRollups is how many roll-ups a writer remembers.
const keptRollups = 16

// recall forgets the roll-ups that others may have changed.
func (w *writer) recall(ctx context.Context, l link) error {
	version, err := l.integer(ctx, "PRAGMA data_version")
	if err == nil && (version != w.version || len(w.rollups) > keptRollups || w.rollups == nil) {
		w.version, w.rollups = version, map[int64]rollup{}
	}
	return err
}

// roll adds to the roll-ups that are there.
func (w *writer) roll(ctx context.Context, l link, epoch int64, s step, fresh map[int64]rollup) error {
	for _, start := range slices.Sorted(maps.Keys(fresh)) {
		key := rollupKey(epoch, s, start)
		r, known := w.rollups[key]
		if !known {
			r = rollup{}
			err := l.query(ctx, func(row []driver.Value) (err error) {
				summary, _ := row[0].([]byte)
				r, err = parseRollup(summary)
				return err
			}, "SELECT summary FROM action_rollups WHERE key = ?", key)
			if err != nil {
				return err
			}
			w.rollups[key] = r
		}
		r.merge(fresh[start])
		if _, err := l.exec(ctx, "INSERT OR REPLACE INTO action_rollups VALUES (?, ?)", key, r.append(nil)); err != nil {
			return err
		}
	}
	return nil
}

// name returns the number of a name, and gives it one if it has none.
func (w *writer) name(ctx context.Context, l link, p pair) (int64, error) {
	if number, ok := w.names[p]; ok {
		return number, nil
	}
	number, err := l.integer(ctx, "SELECT id FROM action_names WHERE service = ? AND action = ?", p.service, p.action)
	if err != nil {
		return 0, err
	}
	if number == 0 {
		number, err = l.integer(ctx, "INSERT INTO action_names (service, action) VALUES (?, ?) RETURNING id", p.service, p.action)
		if err != nil {
			return 0, err
		}
	}
	w.names[p] = number // forgotten with the connection if the transaction fails
	return number, nil
}
