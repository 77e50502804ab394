package clickhouse

import (
	"context"

	"actionlog/storage"
)

// Insert writes actions although they may be there already.
func (s *Store) Insert(ctx context.Context, list []storage.Action) error {
	return s.use(ctx, "write to", func(ctx context.Context) error { return s.write(ctx, list) })
}

// Quoted is a string literal.
func Quoted(s string) string { return quoted(s) }

// Pretend makes the store take its server for one of another version, and tells
// of each question.
func (s *Store) Pretend(v Version, asked func(sql string)) {
	s.ready.Store(&v)
	s.asked = asked
}
