package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// prepared makes the tables, or finds that they are there, if that has not been
// done yet.
func (s *Store) prepared(ctx context.Context) error {
	if s.ready.Load() != nil {
		return nil
	}
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.ready.Load() != nil {
		return nil
	}
	v, err := s.prepare(ctx)
	if err != nil {
		return s.explain(ctx, "prepare", err)
	}
	s.ready.Store(&v)
	return nil
}

// prepare prepares each server that has to be, and returns the version of the
// last.
func (s *Store) prepare(ctx context.Context) (v Version, err error) {
	if s.opts.Cluster == "" || !s.opts.NoKeeper {
		return s.prepareServer(ctx, s.conn)
	}
	if s.opts.ReadOnly {
		return s.prepareServer(ctx, s.conn)
	}
	for _, addr := range s.connect.Addr {
		one := *s.connect
		one.Addr, one.MaxOpenConns, one.MaxIdleConns = []string{addr}, 1, 1
		conn, err := driver.Open(&one)
		if err != nil {
			return v, err
		}
		v, err = s.prepareServer(ctx, conn)
		conn.Close() // nothing is left to be lost
		if err != nil {
			return v, fmt.Errorf("server %s: %w", addr, err)
		}
	}
	return v, nil
}

// prepareServer brings what a server has up to date, or says why it is not to be
// touched.
func (s *Store) prepareServer(ctx context.Context, conn driver.Conn) (Version, error) {
	v, err := s.version(ctx, conn)
	if err != nil {
		return v, err
	}
	list, err := migrations()
	if err != nil {
		return v, err
	}
	there, schema, err := s.survey(ctx, conn)
	switch {
	case err != nil:
		return v, err
	case schema > len(list):
		return v, fmt.Errorf("a newer version has made the tables: their schema is %d, and this one knows those up to %d; they are left as they are", schema, len(list))
	case schema < 0 && len(there) > 0:
		return v, fmt.Errorf("there is %s already, and it was not made by this package; it is left as it is: name another table with Options.Table, or another database in the DSN", strings.Join(there, ", "))
	case schema == len(list):
		return v, s.checkTables(there)
	case s.opts.ReadOnly && schema < 0:
		return v, fmt.Errorf("there are no tables of actions in the database %s; opening it for writing makes them", s.database)
	case s.opts.ReadOnly:
		return v, fmt.Errorf("the schema is %d; read-only needs %d, which opening it for writing makes of it", schema, len(list))
	}
	if schema < 0 {
		if err := s.exec(ctx, conn, marker(s.tables, &s.opts, 0)); err != nil {
			return v, err
		}
		schema = 0
	}
	for ; schema < len(list); schema++ {
		for _, statement := range append(migration(list[schema], s.tables, v, &s.opts), marker(s.tables, &s.opts, schema+1)) {
			if err := s.exec(ctx, conn, statement); err != nil {
				what, _, _ := strings.Cut(statement, "(")
				return v, fmt.Errorf("bring the tables from schema %d to %d: %s: %w", schema, schema+1, strings.TrimSpace(what), err)
			}
		}
	}
	return v, s.begin(ctx, conn)
}

// version returns the version of a server, if it can be worked with.
func (s *Store) version(ctx context.Context, conn driver.Conn) (Version, error) {
	if err := conn.Ping(ctx); err != nil {
		return Version{}, err
	}
	full, err := conn.ServerVersion()
	if err != nil {
		return Version{}, err
	}
	v := Version{int(full.Version.Major), int(full.Version.Minor)}
	if !v.atLeast(leastVersion.Major, leastVersion.Minor) {
		return v, fmt.Errorf("the server is ClickHouse %s; allowed is %s or newer", v, leastVersion)
	}
	return v, nil
}

// survey returns which of the names of our tables are taken, and the schema; -1
// if there is none.
func (s *Store) survey(ctx context.Context, conn driver.Conn) (there []string, schema int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := conn.Query(ctx, bind("SELECT name, engine FROM system.tables WHERE database = ?", s.database))
	if err != nil {
		return nil, 0, err
	}
	schema = -1
	ours := s.tables.all()
	var name, engine string
	for rows.Next() {
		if err := rows.Scan(&name, &engine); err != nil {
			rows.Close()
			return nil, 0, err
		}
		if number, ok := strings.CutPrefix(name, s.tables.schema); ok && engine == "View" {
			if n, err := strconv.Atoi(number); err == nil {
				schema = max(schema, n)
			}
		}
		if slices.Contains(ours, s.database+"."+name) {
			there = append(there, s.database+"."+name)
		}
	}
	return sorted(there), schema, rows.Close()
}

// checkTables says which tables are missing.
func (s *Store) checkTables(there []string) error {
	for _, name := range s.tables.all() {
		if !slices.Contains(there, name) {
			return fmt.Errorf("the table %s is not there any more, though it was made once; drop what is left, which begins with %s.%s, for it to be made anew", name, s.database, s.opts.Table)
		}
	}
	return nil
}

// begin notes when the tables were made, if that is not known yet.
func (s *Store) begin(ctx context.Context, conn driver.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	return conn.Exec(ctx, bind("INSERT INTO "+s.tables.clears+" (line, at) SELECT 0, ?", nanos(s.opts.Now())))
}

// all returns the names of all tables, without the markers.
func (t *tables) all() []string {
	list := []string{t.view}
	for _, name := range []string{t.logs, t.ledger, t.rollups, t.clears, t.allLogs, t.allLedger, t.allRollups, t.allClears} {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
