package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// link is a connection below database/sql, whose conversions of each value cost
// more than the values. It is used by one goroutine at a time.
type link struct{ c driverConn }

type driverConn interface {
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
}

// borrow lends what is below a connection. If drop is true, the connection is
// closed.
func borrow(conn *sql.Conn, use func(l link) (drop bool, err error)) (err error) {
	lent := false
	broken := conn.Raw(func(c any) error {
		lent = true
		var drop bool
		if drop, err = use(link{c.(driverConn)}); drop {
			return driver.ErrBadConn
		}
		return nil
	})
	if !lent {
		return broken
	}
	return err
}

func named(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: args[i]}
	}
	return list
}

// exec runs statements and returns how many rows the last of them changed.
func (l link) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	result, err := l.c.ExecContext(ctx, sql, named(args))
	if err != nil || result == nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query visits the rows of an answer. A row is valid until visit returns; its
// texts and blobs are the visitor's own.
func (l link) query(ctx context.Context, visit func(row []driver.Value) error, sql string, args ...any) (err error) {
	rows, err := l.c.QueryContext(ctx, sql, named(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
}

// integers returns the first row of an answer that consists of integers, and
// false if there is no row.
func (l link) integers(ctx context.Context, sql string, args ...any) (list []int64, ok bool, err error) {
	err = l.query(ctx, func(row []driver.Value) error {
		if !ok {
			for i := range row {
				n, _ := row[i].(int64)
				list = append(list, n)
			}
			ok = true
		}
		return nil
	}, sql, args...)
	return list, ok, err
}

// integer returns the integer that an answer consists of; 0 for no row.
func (l link) integer(ctx context.Context, sql string, args ...any) (int64, error) {
	list, ok, err := l.integers(ctx, sql, args...)
	if err != nil || !ok {
		return 0, err
	}
	return list[0], nil
}

// dsn names a database file to the driver. The mode is SQLite's, further options
// of its own may follow it.
func dsn(path, mode string, busy time.Duration, pragmas ...string) string {
	v := url.Values{"_pragma": append([]string{"busy_timeout(" + strconv.FormatInt(busy.Milliseconds(), 10) + ")"}, pragmas...)}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // before the letter of a drive
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=" + mode + "&" + v.Encode()}
	return u.String()
}

// code returns the primary result code of SQLite, or 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// damaged reports whether a file is no database, or a broken one.
func damaged(err error) bool {
	c := code(err)
	return c == lib.SQLITE_NOTADB || c == lib.SQLITE_CORRUPT
}
