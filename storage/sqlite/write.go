package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"actionlog/storage"
)

// rowsPerInsert is how many rows one statement inserts: a statement costs as
// much as some rows.
const rowsPerInsert = 20

// writer is the one connection that writes.
type writer struct {
	turn    chan struct{} // holds a token while the fields below are used
	conn    *sql.Conn     // nil until it is needed
	many    driver.Stmt   // inserts rowsPerInsert rows
	one     driver.Stmt
	args    []driver.NamedValue
	names   map[pair]int64   // the numbers of names
	rollups map[int64]rollup // those last written, as they are in the database
	version int64            // of the database, which other connections change
	process storage.Process
	made    uint64 // ids given to actions that had none
}

// Write keeps all of batch, or none of it and returns an error. Actions whose
// ids the database has already are left as they are, so that a batch can be
// offered again. An action without an id is given one.
func (s *Store) Write(ctx context.Context, batch []storage.Action) error {
	repeats := false
	write := func(l link) error {
		actions := batch
		if repeats {
			var err error
			if actions, err = unknown(ctx, l, batch); err != nil {
				return err
			}
		}
		return s.writer.insert(ctx, l, actions)
	}
	err := s.write(ctx, write)
	if errors.Is(err, errRepeat) {
		repeats = true
		err = s.write(ctx, write)
	}
	return err
}

// write runs use in a transaction on the connection that writes.
func (s *Store) write(ctx context.Context, use func(l link) error) error {
	return s.alone(ctx, func(l link) error {
		return l.transact(ctx, func() error { return use(l) })
	})
}

// alone lends the connection that writes.
func (s *Store) alone(ctx context.Context, use func(l link) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if s.opts.ReadOnly {
		return fmt.Errorf("write to database %s: it was opened read-only", s.path)
	}
	w := &s.writer
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-w.turn }()
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.conn == nil {
		if err := w.connect(s); err != nil {
			return s.explain(ctx, "write to", err)
		}
	}
	err := borrow(w.conn, func(l link) (bool, error) { return false, use(l) })
	if err != nil {
		w.drop() // nobody can say what the connection still holds
	}
	return s.explain(ctx, "write to", err)
}

// connect opens the connection. Its statements run to their end: what they wait
// for is bounded by the busy timeout.
func (w *writer) connect(s *Store) error {
	conn, err := s.writing.Conn(context.Background())
	if err != nil {
		return err
	}
	w.conn, w.names, w.rollups = conn, map[pair]int64{}, nil
	if w.made == 0 {
		w.process = storage.NewProcess(s.opts.Now())
	}
	err = borrow(conn, func(l link) (bool, error) {
		return false, loadNames(context.Background(), l, 0, func(number int64, p pair) { w.names[p] = number })
	})
	if err != nil {
		w.drop()
	}
	return err
}

// drop closes the connection.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	w.close()
	borrow(w.conn, func(link) (bool, error) { return true, nil })
	w.conn.Close()
	w.conn = nil
}

func (w *writer) close() {
	for _, stmt := range []driver.Stmt{w.many, w.one} {
		if stmt != nil {
			stmt.Close()
		}
	}
	w.many, w.one = nil, nil
}

var errRepeat = errors.New("an action of the batch is there already")

// insert inserts actions and counts them.
func (w *writer) insert(ctx context.Context, l link, actions []storage.Action) error {
	if len(actions) == 0 {
		return nil
	}
	if err := w.prepare(ctx, l); err != nil {
		return err
	}
	for rest := actions; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		stmt, n := w.many, rowsPerInsert
		if len(rest) < n {
			stmt, n = w.one, 1
		}
		for i := range n {
			a := &rest[i]
			if a.ID == "" {
				named := *a
				w.made++
				named.ID = w.process.ID(w.made)
				a = &named
			}
			row(w.args[i*writtenColumns:], a)
		}
		result, err := stmt.(driver.StmtExecContext).ExecContext(context.Background(), w.args[:n*writtenColumns])
		if err != nil {
			return err
		}
		if inserted, err := result.RowsAffected(); err != nil {
			return err
		} else if inserted != int64(n) {
			return errRepeat
		}
		rest = rest[n:]
	}
	return w.count(ctx, l, actions)
}

func (w *writer) prepare(ctx context.Context, l link) (err error) {
	if w.many != nil {
		return nil
	}
	one := "(?" + strings.Repeat(",?", writtenColumns-1) + ")"
	front, end := "INSERT INTO action_logs ("+written+") VALUES "+one, " ON CONFLICT (action_id) DO NOTHING"
	if w.one, err = l.c.PrepareContext(ctx, front+end); err != nil {
		return err
	}
	if w.many, err = l.c.PrepareContext(ctx, front+strings.Repeat(","+one, rowsPerInsert-1)+end); err != nil {
		return err
	}
	w.args = make([]driver.NamedValue, rowsPerInsert*writtenColumns)
	for i := range w.args {
		w.args[i].Ordinal = i + 1
	}
	return nil
}

// unknown returns those of batch whose ids the database does not have, each id
// once.
func unknown(ctx context.Context, l link, batch []storage.Action) ([]storage.Action, error) {
	known := map[storage.ID]bool{}
	const most = 500
	for rest := batch; len(rest) > 0; {
		some := rest[:min(most, len(rest))]
		rest = rest[len(some):]
		keys := make([]any, len(some))
		for i := range some {
			keys[i] = appendKey(nil, some[i].ID)
		}
		err := l.query(ctx, func(row []driver.Value) error {
			key, _ := row[0].([]byte)
			id, err := parseKey(key)
			known[id] = true
			return err
		}, "SELECT action_id FROM action_logs WHERE action_id IN (?"+strings.Repeat(",?", len(keys)-1)+")", keys...)
		if err != nil {
			return nil, err
		}
	}
	var list []storage.Action
	for i := range batch {
		if id := batch[i].ID; id == "" || !known[id] {
			known[id] = true
			list = append(list, batch[i])
		}
	}
	return list, nil
}
