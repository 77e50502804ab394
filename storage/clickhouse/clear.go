package clickhouse

import (
	"context"
	"time"

	"actionlog/storage"
)

// line returns the written_ns of the last clear; 0 if there was none. What was
// written no later does not count.
func (s *Store) line(ctx context.Context) (line int64, err error) {
	err = s.query(ctx, "SELECT max(line) FROM "+s.tables.allClears, func() error { return nil }, &line)
	return line, err
}

// state is what a read has to know before it begins.
type state struct {
	line        int64 // of the last clear
	since       int64 // when it was, or when the tables were made
	first, last int64 // the minutes since 1970 between which rows were ever inserted
	rows        bool  // whether there were any
}

func (s *Store) state(ctx context.Context) (st state, err error) {
	var made, cleared int64
	err = s.query(ctx, "SELECT max(line), minIf(at, line = 0), maxIf(at, line > 0) FROM "+s.tables.allClears, func() error { return nil }, &st.line, &made, &cleared)
	if err != nil {
		return st, err
	}
	st.since = max(made, cleared)
	var first, last uint32
	var n uint64
	err = s.query(ctx, "SELECT min(minute), max(minute), count() FROM "+s.tables.allLedger, func() error { return nil }, &first, &last, &n)
	st.first, st.last, st.rows = int64(first), int64(last), n > 0
	return st, err
}

// Clear draws a line, for all that share the tables: what was written before the
// call is not found any more, nor counted. It goes when it is too old, as all
// does.
func (s *Store) Clear(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.opts.Flush(ctx); err != nil {
		return err
	}
	return s.change(ctx, "clear", func(ctx context.Context) error {
		var last int64
		if err := s.query(ctx, "SELECT maxMerge(last) FROM "+s.tables.allLedger, func() error { return nil }, &last); err != nil {
			return err
		}
		now := nanos(s.opts.Now())
		return s.insert(ctx, s.tables.allClears, "line, at", []int64{max(now, last)}, []int64{now})
	})
}

// Since returns when the counting began: when the tables were made, or when they
// were last cleared. They hold what was written to them since.
func (s *Store) Since(ctx context.Context) (since time.Time, err error) {
	err = s.use(ctx, "read", func(ctx context.Context) error {
		st, err := s.state(ctx)
		since = time.Unix(0, st.since).UTC()
		return err
	})
	return since, err
}

// Cleared returns when the tables were last cleared, by whichever process; zero
// for never.
func (s *Store) Cleared(ctx context.Context) (at time.Time, err error) {
	err = s.use(ctx, "read", func(ctx context.Context) error {
		st, err := s.state(ctx)
		if st.line > 0 {
			at = time.Unix(0, st.since).UTC()
		}
		return err
	})
	return at, err
}

var _ storage.Clearer = (*Store)(nil)
