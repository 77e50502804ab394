package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/clickhouse"
)

// source is what most commands ask: an archive, or a database.
type source interface {
	answerer
	Sums(ctx context.Context, q storage.Query) (*storage.Summer, error)
}

var (
	_ source = (*archive.Archive)(nil)
	_ source = (*clickhouse.Store)(nil)
)

// Variables that hold the password of a database, or name the file that does.
const (
	passwordVar     = "ACTIONLOG_CLICKHOUSE_PASSWORD"
	passwordFileVar = "ACTIONLOG_CLICKHOUSE_PASSWORD_FILE"
)

// isDatabase reports whether an argument names a database and not a path.
func isDatabase(arg string) bool { return strings.HasPrefix(arg, "clickhouse://") }

// withoutUser returns a DSN without user, password and parameters.
func withoutUser(dsn string) string {
	scheme, rest, _ := strings.Cut(dsn, "://")
	rest, _, _ = strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "?")
	return scheme + "://" + rest
}

// openSource opens the archive that the paths name, or the database.
func (s *session) openSource(ctx context.Context, paths []string) (source, error) {
	if len(paths) == 1 && isDatabase(paths[0]) {
		return s.openDatabase(ctx, paths[0])
	}
	return s.open(paths)
}

// openServed opens what can be asked again and again.
func (s *session) openServed(ctx context.Context, paths []string) (answerer, error) {
	if len(paths) == 1 && isDatabase(paths[0]) {
		return s.openDatabase(ctx, paths[0])
	}
	a, err := s.openQuietly(paths)
	if err != nil {
		return nil, err
	}
	if s.fromIn {
		return nil, errOnce
	}
	a.OnProblem = s.problem
	return a, nil
}

// openDatabase opens a database to be read. It is closed with the session.
func (s *session) openDatabase(ctx context.Context, dsn string) (*clickhouse.Store, error) {
	password := s.env.Getenv(passwordVar)
	if file := s.env.Getenv(passwordFileVar); password == "" && file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the password that %s names: %w", passwordFileVar, err)
		}
		password = strings.TrimSpace(string(b))
	}
	db, err := clickhouse.Open(ctx, dsn, clickhouse.Options{Password: password, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	s.close = db.Close
	return db, nil
}

// seriesOf asks step by step. A database knows steps of UTC alone.
func seriesOf(ctx context.Context, x question, step time.Duration) ([]storage.Point, error) {
	if a, ok := x.a.(*archive.Archive); ok {
		return a.SeriesIn(ctx, x.q, step, x.loc)
	}
	if x.loc != time.UTC {
		return nil, errors.New("a database counts in steps of UTC; with --step leave --tz out")
	}
	return x.a.Series(ctx, x.q, step)
}
