package clickhouse

import (
	"context"
	"math"
	"slices"
	"strings"

	"actionlog/storage"
)

// knownAtOnce is how many ids one question holds: the text of a query is
// bounded.
const knownAtOnce = 2000

// Write keeps all of batch and returns, or returns an error. A batch is cut up by
// day, and in a cluster by shard, so that after an error a part of it may be there
// already; the same batch is to be offered again, by this process or another. The
// rows of it that are there are then left out, and those that come twice
// nevertheless count once. An action without an id is given one.
func (s *Store) Write(ctx context.Context, batch []storage.Action) error {
	if len(batch) == 0 {
		return ctx.Err()
	}
	return s.change(ctx, "write to", func(ctx context.Context) error {
		doubt := s.doubt.Load()
		list := batch
		if doubt {
			var err error
			if list, err = s.unknown(ctx, batch); err != nil {
				return err
			}
		}
		if err := s.write(ctx, list); err != nil {
			s.doubt.Store(true)
			return err
		}
		if doubt {
			s.doubt.Store(false)
		}
		return nil
	})
}

// write inserts actions. They are stamped behind the last clear, also where this
// clock is behind that of who cleared.
func (s *Store) write(ctx context.Context, list []storage.Action) error {
	if len(list) == 0 {
		return nil
	}
	line, err := s.line(ctx)
	if err != nil {
		return err
	}
	at := max(nanos(s.opts.Now()), line+1)
	b := newBatch(list, at, s.opts.Instance, func() storage.ID { return s.process.ID(s.made.Add(1)) })
	return s.insert(ctx, s.tables.allLogs, written, b.columns()...)
}

// unknown returns those of batch that are not in the table.
func (s *Store) unknown(ctx context.Context, batch []storage.Action) ([]storage.Action, error) {
	known := map[string]bool{}
	for some := range slices.Chunk(batch, knownAtOnce) {
		var ids strings.Builder
		from, to := int64(math.MaxInt64), int64(math.MinInt64)
		for i := range some {
			if some[i].ID == "" {
				continue
			}
			if ids.Len() > 0 {
				ids.WriteByte(',')
			}
			appendQuoted(&ids, string(some[i].ID))
			at := nanos(some[i].Time)
			from, to = min(from, at), max(to, at)
		}
		if ids.Len() == 0 {
			continue
		}
		var id string
		err := s.query(ctx, bind("SELECT action_id FROM "+s.tables.allLogs+" WHERE time_ns >= ? AND time_ns <= ? AND action_id IN (?)", from, to, sqlText(ids.String())),
			func() error { known[id] = true; return nil }, &id)
		if err != nil {
			return nil, err
		}
	}
	if len(known) == 0 {
		return batch, nil
	}
	return slices.DeleteFunc(slices.Clone(batch), func(a storage.Action) bool { return a.ID != "" && known[string(a.ID)] }), nil
}
