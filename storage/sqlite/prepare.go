package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	lib "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var scripts embed.FS

const (
	// applicationID marks a file as a database of this package: "actl".
	applicationID = 0x6163746c

	// leastSize is the size of the smallest database; SQLite takes a file that
	// is smaller for an empty one.
	leastSize = 512

	// seedVersion is the schema of a database that has the table action_logs
	// as it was before this package.
	seedVersion = 1

	// adoptVersion is the schema with which rows can be adopted, and
	// runsVersion the one with which their ids can be in runs.
	adoptVersion = 2
	runsVersion  = 4

	// pageSize is that of a new database. The larger a page, the less of it
	// stays empty, and the more is written for one row.
	pageSize = 8192
)

// migrations returns the scripts in their order; the first makes schema 1.
func migrations() ([]string, error) {
	files, err := fs.Glob(scripts, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	list := make([]string, len(files))
	for _, file := range files {
		number, _, _ := strings.Cut(path.Base(file), "_")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(files) || list[n-1] != "" {
			return nil, fmt.Errorf("migration %s does not continue the others", file)
		}
		text, err := scripts.ReadFile(file)
		if err != nil {
			return nil, err
		}
		list[n-1] = string(text)
	}
	return list, nil
}

// prepareInTurn prepares the file when no other process does. Where SQLite sees
// that two would wait for one another it lets neither wait.
func (s *Store) prepareInTurn(ctx context.Context) error {
	for deadline := time.Now().Add(s.opts.BusyTimeout); ; {
		err := s.prepare(ctx)
		if code(err) != lib.SQLITE_BUSY || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// prepare makes the file a database of the newest schema, or says why it is not
// one to be touched.
func (s *Store) prepare(ctx context.Context) error {
	list, err := migrations()
	if err != nil {
		return err
	}
	version := 0
	if info, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		if s.opts.ReadOnly {
			return err
		}
		if err := s.create(); err != nil {
			return err
		}
	} else if err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	} else if size := info.Size(); size > 0 && size < leastSize {
		return fmt.Errorf("it is no SQLite database, with %d bytes; it is left as it is", size)
	} else if version, err = s.identify(ctx, len(list)); err != nil {
		return err
	}
	switch {
	case version == len(list):
		return nil
	case s.opts.ReadOnly:
		return fmt.Errorf("its schema is %d; read-only needs %d, which opening it for writing makes of it", version, len(list))
	}
	return s.with(ctx, s.path, "rw", func(l link) error { return s.migrate(ctx, l, list) })
}

// create makes an empty file that only its owner may read. SQLite gives the
// files beside it the same mode.
func (s *Store) create() error {
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// with lends a connection of its own.
func (s *Store) with(ctx context.Context, path, mode string, use func(l link) error) error {
	db, err := sql.Open("sqlite", dsn(path, mode, s.opts.BusyTimeout))
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = borrow(conn, func(l link) (bool, error) { return false, use(l) })
	return errors.Join(err, conn.Close(), db.Close())
}

// identify returns the schema of the file, having changed nothing of it or
// beside it; 0 is an empty database.
func (s *Store) identify(ctx context.Context, newest int) (version int, err error) {
	look := func(l link) error {
		return l.snapshot(ctx, func() (err error) {
			version, err = schemaOf(ctx, l, newest)
			return err
		})
	}
	for {
		before, beside := s.imprint()
		// This makes no files, takes no lock, and sees nothing of what is in a
		// log or a journal. What is another program's then is so with it too.
		err = s.with(ctx, s.path, "ro&immutable=1", look)
		if beside == "-wal" && (err == nil || code(err) != 0) {
			err = s.lookAside(ctx, look)
		}
		after, also := s.imprint()
		if err == nil || beside == also && after == before {
			if c := code(err); beside == "-journal" && (err == nil || c != 0) && !s.opts.ReadOnly {
				err = s.with(ctx, s.path, "rw", look) // a transaction that a crash left is to be taken back first
			}
			break
		}
	}
	if damaged(err) {
		return 0, fmt.Errorf("it is no SQLite database, or a damaged one; it is left as it is: %w", err)
	}
	return version, err
}

// lookAside looks at the file with a copy of the log that is beside it, by
// another name, so that nobody's files are touched.
func (s *Store) lookAside(ctx context.Context, look func(l link) error) error {
	pattern := "." + filepath.Base(s.path) + ".look-*"
	removeOld(filepath.Dir(s.path), pattern)
	dir, err := os.MkdirTemp(filepath.Dir(s.path), pattern)
	if err != nil {
		return s.with(ctx, s.path, "ro", look) // no file can be made here
	}
	defer os.RemoveAll(dir)
	aside := filepath.Join(dir, "db")
	if err := os.Link(s.path, aside); err != nil {
		return s.with(ctx, s.path, "ro", look)
	}
	if err := copyFile(aside+"-wal", s.path+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.with(ctx, aside, "ro", look)
}

// removeOld removes what lookAside left when it was killed.
func removeOld(dir, pattern string) {
	list, _ := fs.Glob(os.DirFS(dir), pattern) // fails for odd names, of which nothing goes
	for _, name := range list {
		left := filepath.Join(dir, name)
		if info, err := os.Stat(left); err == nil && info.IsDir() && time.Since(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(left)
		}
	}
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// imprint tells whether the file has been changed, and which of a log and a
// journal is beside it, as while it is used.
func (s *Store) imprint() (look, beside string) {
	if info, err := os.Stat(s.path); err == nil {
		look = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
	}
	for _, end := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(s.path + end); err == nil && info.Size() > 0 {
			return look + fmt.Sprint(" ", info.Size(), info.ModTime().UnixNano()), end
		}
	}
	return look, ""
}

// schemaOf returns the schema of a database, or why it is none of ours.
func schemaOf(ctx context.Context, l link, newest int) (int, error) {
	id, err := l.integer(ctx, "PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	version, err := l.integer(ctx, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	switch {
	case id == applicationID && version > int64(newest):
		return 0, fmt.Errorf("a newer version has made it: its schema is %d, and this one knows those up to %d; it is left as it is", version, newest)
	case id == applicationID:
		return int(version), nil
	case id != 0:
		return 0, fmt.Errorf("it is a database of another program, by its application_id %d; it is left as it is", id)
	}
	tables, err := l.texts(ctx, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	switch {
	case err != nil:
		return 0, err
	case len(tables) == 0 && version == 0:
		return 0, nil
	case version != 0 || !slices.Equal(tables, []string{"action_logs"}):
		return 0, fmt.Errorf("it is a database of another program: its user_version is %d and it has %s; it is left as it is", version, strings.Join(tables, ", "))
	}
	columns, err := l.texts(ctx, "SELECT name FROM pragma_table_info('action_logs') ORDER BY cid")
	if err != nil {
		return 0, err
	}
	if want := []string{"id", "timestamp", "service", "action", "status", "duration", "error", "created_at"}; !slices.Equal(columns, want) {
		return 0, fmt.Errorf("its table action_logs has the columns %s; known are %s; it is left as it is", strings.Join(columns, ", "), strings.Join(want, ", "))
	}
	return seedVersion, nil
}

// texts returns the first column of an answer.
func (l link) texts(ctx context.Context, sql string, args ...any) (list []string, err error) {
	err = l.query(ctx, func(row []driver.Value) error {
		text, _ := row[0].(string)
		list = append(list, text)
		return nil
	}, sql, args...)
	return list, err
}

// migrate brings the database up to date, in one transaction.
func (s *Store) migrate(ctx context.Context, l link, list []string) error {
	if err := reclaimable(ctx, l); err != nil {
		return err
	}
	if _, err := l.exec(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	return l.transact(ctx, func() error {
		version, err := schemaOf(ctx, l, len(list)) // again, for another process may have been faster
		if err != nil {
			return err
		}
		for ; version < len(list); version++ {
			if _, err := l.exec(ctx, list[version]); err != nil {
				return fmt.Errorf("bring it from schema %d to %d: %w", version, version+1, err)
			}
			if version+1 == adoptVersion {
				if err := s.begin(ctx, l); err != nil {
					return fmt.Errorf("adopt its rows: %w", err)
				}
			}
			if version+1 == runsVersion {
				if err := convertIDs(ctx, l); err != nil {
					return fmt.Errorf("convert its ids: %w", err)
				}
			}
		}
		_, err = l.exec(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(list)))
		return err
	})
}

// begin fills the new tables. The counting began with the first row of which it
// is known when that was.
func (s *Store) begin(ctx context.Context, l link) error {
	if err := firstState(ctx, l, s.opts.Now()); err != nil {
		return err
	}
	w := writer{names: map[pair]int64{}}
	for after := int64(0); ; {
		last, err := w.adopt(ctx, l, after)
		if err != nil {
			return err
		}
		if last == 0 {
			_, err := l.exec(ctx, "UPDATE action_state SET since_ns = min(since_ns, ifnull((SELECT min(time_ns) FROM action_logs WHERE time_ns > 0), since_ns))")
			return err
		}
		after = last
	}
}

// reclaimable makes the database one that gives free pages back to the disk,
// which takes a copy of it if it has rows.
func reclaimable(ctx context.Context, l link) error {
	const incremental = 2
	mode, err := l.integer(ctx, "PRAGMA auto_vacuum")
	if err != nil || mode == incremental {
		return err
	}
	_, err = l.exec(ctx, fmt.Sprintf("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA page_size = %d; VACUUM", pageSize))
	return err
}

// transact runs use within a transaction that can write.
func (l link) transact(ctx context.Context, use func() error) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	err := use()
	if err == nil {
		_, err = l.exec(context.WithoutCancel(ctx), "COMMIT")
	}
	if err != nil {
		l.exec(context.WithoutCancel(ctx), "ROLLBACK") // SQLite may have done so itself
	}
	return err
}
