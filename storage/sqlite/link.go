package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"modernc.org/libc"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// link is a connection below database/sql, whose conversions of each value cost
// more than the values. It is used by one goroutine at a time. What it was
// asked before it need not parse again, if it keeps statements.
type link struct {
	c     driverConn
	stmts map[string]*statement // nil to keep none
	runs  *knownRuns
}

type driverConn interface {
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
}

type statement struct {
	driver.Stmt
	busy bool // its answer is being read
}

// mostStatements is how many a link keeps.
const mostStatements = 64

// held is a connection that is kept, with what it knows.
type held struct {
	conn  *sql.Conn // nil until it is needed
	stmts map[string]*statement
	runs  knownRuns
}

// connect opens the connection. Its statements run to their end unless somebody
// interrupts them: what they wait for is bounded by the busy timeout.
func (h *held) connect(ctx context.Context, db *sql.DB) error {
	if h.conn != nil {
		return nil
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		h.conn, h.stmts, h.runs = conn, map[string]*statement{}, knownRuns{}
	}
	return err
}

// lend lends the connection.
func (h *held) lend(use func(l link) error) error {
	return borrow(h.conn, func(l link) (bool, error) {
		l.stmts, l.runs = h.stmts, &h.runs
		return false, use(l)
	})
}

// drop closes the connection.
func (h *held) drop() {
	if h.conn == nil {
		return
	}
	for _, s := range h.stmts {
		s.Close()
	}
	borrow(h.conn, func(link) (bool, error) { return true, nil })
	h.conn.Close()
	h.conn, h.stmts = nil, nil
}

// borrow lends what is below a connection. If drop is true, the connection is
// closed.
func borrow(conn *sql.Conn, use func(l link) (drop bool, err error)) (err error) {
	lent := false
	broken := conn.Raw(func(c any) error {
		lent = true
		var drop bool
		if drop, err = use(link{c: c.(driverConn), runs: &knownRuns{}}); drop {
			return driver.ErrBadConn
		}
		return nil
	})
	if !lent {
		return broken
	}
	return err
}

// interruptAgain is how often a connection is interrupted until it notices: an
// interrupt between two statements is lost.
const interruptAgain = 5 * time.Millisecond

// interruptedBy interrupts the statement that runs when ctx is done, until stop
// is called. The driver itself does so no longer than until the first row.
func (l link) interruptedBy(ctx context.Context) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		again := time.NewTicker(interruptAgain)
		defer again.Stop()
		for {
			l.interrupt()
			select {
			case <-again.C:
			case <-ended:
				return
			}
		}
	})
	return func() {
		close(ended)
		if !cancel() {
			<-done
		}
	}
}

func (l link) interrupt() {
	db := reflect.Indirect(reflect.ValueOf(l.c)).FieldByName("db")
	if db.Kind() != reflect.Uintptr {
		return // another driver; TestCancelWhileReading tells
	}
	tls := libc.NewTLS()
	defer tls.Close()
	lib.Xsqlite3_interrupt(tls, uintptr(db.Uint()))
}

func named(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: args[i]}
	}
	return list
}

// statement returns a statement that is kept, or nil to have it parsed for this
// one time.
func (l link) statement(sql string) (*statement, error) {
	if l.stmts == nil {
		return nil, nil
	}
	s := l.stmts[sql]
	if s == nil {
		if len(l.stmts) >= mostStatements {
			l.forget()
		}
		stmt, err := l.c.PrepareContext(context.Background(), sql)
		if err != nil {
			return nil, err
		}
		s = &statement{Stmt: stmt}
		l.stmts[sql] = s
	}
	if s.busy {
		return nil, nil
	}
	return s, nil
}

// forget closes the statements that are not in use.
func (l link) forget() {
	for sql, s := range l.stmts {
		if !s.busy {
			s.Close()
			delete(l.stmts, sql)
		}
	}
}

// exec runs a statement and returns how many rows it changed.
func (l link) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	return l.execNamed(ctx, sql, named(args))
}

func (l link) execNamed(ctx context.Context, sql string, args []driver.NamedValue) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s, err := l.statement(sql)
	if err != nil {
		return 0, err
	}
	var result driver.Result
	if s != nil {
		result, err = s.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), args)
	} else {
		result, err = l.c.ExecContext(context.Background(), sql, args)
	}
	if err != nil || result == nil {
		return 0, err
	}
	return result.RowsAffected()
}

// begin begins a transaction that can write, and waits for who writes, no
// longer than ctx.
func (l link) begin(ctx context.Context) error {
	_, err := l.c.ExecContext(ctx, "BEGIN IMMEDIATE", nil)
	return err
}

// query visits the rows of an answer. A row is valid until visit returns; its
// texts and blobs are the visitor's own. errEnough from visit ends it well.
func (l link) query(ctx context.Context, visit func(row []driver.Value) error, sql string, args ...any) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, err := l.statement(sql)
	if err != nil {
		return err
	}
	var rows driver.Rows
	if s != nil {
		s.busy = true
		defer func() { s.busy = false }()
		rows, err = s.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), named(args))
	} else {
		rows, err = l.c.QueryContext(context.Background(), sql, named(args))
	}
	if err != nil {
		return err
	}
	defer func() {
		// What a reset says of a statement that failed was said before.
		if end := rows.Close(); err == nil {
			err = end
		}
	}()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := visit(row); err == errEnough {
			return nil
		} else if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// errEnough says that no more rows are wanted.
var errEnough = errors.New("enough")

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
