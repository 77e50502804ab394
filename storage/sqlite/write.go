package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"runtime"
	"strings"

	"actionlog/storage"
)

// rowsPerInsert is how many rows one statement inserts: a statement costs as
// much as some rows.
const rowsPerInsert = 20

var (
	insertOne  = insertion(1)
	insertMany = insertion(rowsPerInsert)
)

func insertion(rows int) string {
	one := "(?" + strings.Repeat(",?", writtenColumns-1) + ")"
	return "INSERT INTO action_logs (" + written + ") VALUES " + one + strings.Repeat(","+one, rows-1)
}

// writer is the one connection that writes.
type writer struct {
	turn    chan struct{} // holds a token while the fields below are used
	held    held
	boxes   boxes
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
	if len(batch) == 0 {
		return ctx.Err()
	}
	return s.write(ctx, func(l link) error { return s.writer.insert(ctx, l, batch) })
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
	if err := w.connect(s); err != nil {
		return s.explain(ctx, "write to", err)
	}
	err := w.held.lend(use)
	if err != nil {
		w.held.drop() // nobody can say what the connection still holds
	}
	return s.explain(ctx, "write to", err)
}

// connect opens the connection, if it is not open.
func (w *writer) connect(s *Store) error {
	if w.held.conn != nil {
		return nil
	}
	if err := w.held.connect(context.Background(), s.writing); err != nil {
		return err
	}
	w.names, w.rollups = map[pair]int64{}, nil
	if w.made == 0 {
		w.process = storage.NewProcess(s.opts.Now())
	}
	err := w.held.lend(func(l link) error {
		return loadNames(context.Background(), l, 0, func(number int64, p pair) { w.names[p] = number })
	})
	if err != nil {
		w.held.drop()
	}
	return err
}

// insert inserts the actions that are new, and counts them.
func (w *writer) insert(ctx context.Context, l link, batch []storage.Action) error {
	in := inserter{w: w, l: l, batch: batch}
	var err error
	if in.last, err = l.integer(ctx, "SELECT max(ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'action_logs'), 0), ifnull((SELECT max(id) FROM action_logs), 0))"); err != nil {
		return err
	}
	first := in.last + 1
	if w.args == nil {
		w.args = newArgs(rowsPerInsert)
	}
	for i := 0; i < len(batch); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.next(ctx, i)
		if err != nil {
			return err
		}
		i += n
	}
	if err := in.flush(ctx); err != nil {
		return err
	}
	if err := l.addKeys(ctx, &in.keys, first, in.last); err != nil {
		return err
	}
	return w.count(ctx, l, in.fresh())
}

// inserter inserts one batch.
type inserter struct {
	w       *writer
	l       link
	batch   []storage.Action
	last    int64 // the newest row
	waiting int   // rows in w.args
	keys    keys
	repeats []int // which of batch were there before
	whole   map[storage.ID]bool
}

// next inserts what begins at a place of the batch and has ids that follow one
// another, or one action that has another kind of id, and returns how many.
func (in *inserter) next(ctx context.Context, begin int) (n int, err error) {
	if in.batch[begin].ID == "" {
		in.name()
	}
	process, number, ok := splitID(in.batch[begin].ID)
	if !ok {
		return 1, in.one(ctx, begin)
	}
	for n = 1; begin+n < len(in.batch); n++ {
		if p, k, ok := splitID(in.batch[begin+n].ID); !ok || p != process || k != number+int64(n) {
			break
		}
	}
	known, err := in.l.knownNumbers(ctx, &process, number, n)
	if err != nil {
		return 0, err
	}
	open := run{}
	for i := range n {
		if known != nil && known[i] {
			in.repeats = append(in.repeats, begin+i)
			if err := in.l.closeRun(ctx, &open); err != nil {
				return 0, err
			}
			open = run{}
			continue
		}
		if err := in.add(ctx, begin+i, false); err != nil {
			return 0, err
		}
		if open.first == 0 {
			open = run{first: in.last, process: process, number: number + int64(i)}
		}
		open.last = in.last
	}
	return n, in.l.closeRun(ctx, &open)
}

// name gives ids to those of the batch that have none, in a copy of it.
func (in *inserter) name() {
	batch := make([]storage.Action, len(in.batch))
	copy(batch, in.batch)
	for i := range batch {
		if batch[i].ID == "" {
			in.w.made++
			batch[i].ID = in.w.process.ID(in.w.made)
		}
	}
	in.batch = batch
}

// one inserts an action whose id is to stand in its row.
func (in *inserter) one(ctx context.Context, at int) error {
	id := in.batch[at].ID
	n, err := in.l.integer(ctx, "SELECT count(*) FROM action_logs WHERE action_id = ?", string(id))
	if err != nil {
		return err
	}
	if n > 0 || in.whole[id] {
		in.repeats = append(in.repeats, at)
		return nil
	}
	if in.whole == nil {
		in.whole = map[storage.ID]bool{}
	}
	in.whole[id] = true
	return in.add(ctx, at, true)
}

// add inserts a row, with others.
func (in *inserter) add(ctx context.Context, at int, whole bool) error {
	in.last++
	in.keys.add(&in.batch[at])
	in.w.boxes.row(in.w.args[in.waiting*writtenColumns:], &in.batch[at], in.last, whole)
	if in.waiting++; in.waiting < rowsPerInsert {
		return nil
	}
	in.waiting = 0
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := in.l.execNamed(ctx, insertMany, in.w.args)
	runtime.Gosched() // a batch takes milliseconds, for which no request shall wait
	return err
}

// flush inserts what still waits to be inserted with others.
func (in *inserter) flush(ctx context.Context) error {
	args := make([]driver.NamedValue, writtenColumns)
	for i := range in.waiting {
		copy(args, in.w.args[i*writtenColumns:])
		for j := range args {
			args[j].Ordinal = j + 1
		}
		if _, err := in.l.execNamed(ctx, insertOne, args); err != nil {
			return err
		}
	}
	in.waiting = 0
	return nil
}

// fresh returns what was inserted.
func (in *inserter) fresh() []storage.Action {
	if len(in.repeats) == 0 {
		return in.batch
	}
	var list []storage.Action
	next := 0
	for i := range in.batch {
		if next < len(in.repeats) && in.repeats[next] == i {
			next++
			continue
		}
		list = append(list, in.batch[i])
	}
	return list
}
