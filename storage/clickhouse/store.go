package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Store keeps actions in tables of a ClickHouse server, or of a cluster of them.
// It is a [storage.Sink], a [storage.Searcher], a [storage.Clearer] and a
// [storage.Follower]. All methods are safe for concurrent use. Make one with
// [Open].
//
// It owns one goroutine, ended by [Store.Close], that rolls up what has come to
// rest.
type Store struct {
	opts     Options
	conn     driver.Conn
	connect  *driver.Options
	server   string // the addresses and the database, for errors
	user     string
	database string
	tables   *tables

	preparing sync.Mutex
	ready     atomic.Pointer[Version] // of the server; nil until the tables are there
	doubt     atomic.Bool             // whether rows of the next batch may be there already
	process   storage.Process
	made      atomic.Uint64    // ids given to actions that had none
	asked     func(sql string) // for tests: is told of each question; nil for nobody

	gate    sync.RWMutex // held by reads and writes; Close takes it whole
	closed  bool         // guarded by gate
	closing context.Context
	stop    context.CancelFunc
	house   sync.WaitGroup
}

// Open connects to the servers of a DSN,
//
//	clickhouse://USER:PASSWORD@HOST:9000,HOST:9000/DATABASE?secure=true
//
// and makes the tables if there are none. The parameters table, cluster,
// replicated and no_keeper stand for the options of these names where they are
// not set; further ones are those of the driver, and settings of the server. Tables of an older version
// are brought up to date; those of a newer one, and a table of the same name
// that is not of this package, are refused and left as they are. Errors name the
// servers and never hold the password. The caller closes the store.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	dsn, err := ownParams(dsn, &opts)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	connect, err := parseDSN(dsn, &opts)
	if err != nil {
		return nil, err
	}
	names, err := nameTables(connect.Auth.Database, opts.Table, opts.Cluster != "")
	if err != nil {
		return nil, err
	}
	if len(connect.Addr) > 1 && opts.Cluster == "" && !opts.Replicated {
		return nil, fmt.Errorf("the DSN names %d servers, and no Options.Cluster says what they have to do with one another; allowed is one, or several that Options.Replicated makes copies", len(connect.Addr))
	}
	conn, err := driver.Open(connect)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", address(connect), err)
	}
	s := &Store{
		opts: opts, conn: conn, connect: connect, tables: names,
		server: address(connect), user: connect.Auth.Username, database: connect.Auth.Database,
		process: storage.NewProcess(opts.Now()),
	}
	s.doubt.Store(true) // a process before this one may have ended in the middle
	s.closing, s.stop = context.WithCancel(context.Background())
	if err := s.prepared(ctx); err != nil && !(opts.Lazy && unreachable(err)) {
		s.stop()
		return nil, errors.Join(fmt.Errorf("open: %w", err), conn.Close())
	}
	if !opts.ReadOnly && opts.House > 0 {
		s.house.Go(func() { s.keepHouse(s.closing) })
	}
	return s, nil
}

// Close ends the store, after the reads and writes that run. It is not for the
// store to write what a pump still has: close the pump first. Further calls
// return nil.
func (s *Store) Close() error {
	s.stop()
	s.house.Wait()
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.conn.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.server, err)
	}
	return nil
}

// Server returns the servers and the database, without user and password.
func (s *Store) Server() string { return s.server }

// use runs a read or a write, once the tables are known to be there.
func (s *Store) use(ctx context.Context, doing string, do func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return fmt.Errorf("table %s of %s: %w", s.opts.Table, s.server, storage.ErrClosed)
	}
	if err := s.prepared(ctx); err != nil {
		return err
	}
	return s.explain(ctx, doing, do(ctx))
}

// change runs what changes something.
func (s *Store) change(ctx context.Context, doing string, do func(ctx context.Context) error) error {
	return s.use(ctx, doing, func(ctx context.Context) error {
		if s.opts.ReadOnly {
			return errors.New("it was opened read-only")
		}
		return do(ctx)
	})
}

// read runs a read after what was recorded before it. Where shards are missing
// it is run again without them if that is allowed.
func (s *Store) read(ctx context.Context, do func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	err := s.use(ctx, "read", do)
	var missing *MissingError
	if s.opts.OnPartial == nil || !errors.As(err, &missing) {
		return err
	}
	if err := s.use(context.WithValue(ctx, partialKey{}, true), "read", do); err != nil {
		return err
	}
	s.opts.OnPartial(ctx, missing)
	return nil
}

// partialKey marks the context of a read that goes without missing shards.
type partialKey struct{}

// flush waits for what was recorded before, as long as a read may.
func (s *Store) flush(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, s.opts.Patience)
	defer cancel()
	err := s.opts.Flush(patient)
	if err != nil && ctx.Err() == nil && (patient.Err() != nil || errors.Is(err, storage.ErrClosed)) {
		return nil
	}
	return err
}

// query visits the rows of an answer, read into dest. It runs no longer than
// Options.Timeout.
func (s *Store) query(ctx context.Context, sql string, visit func() error, dest ...any) error {
	return s.ask(ctx, driver.Settings{}, sql, visit, dest...)
}

// count is [Store.query] for counts that are added up here: of a cluster each
// shard gives its own, for an id is on one shard alone.
func (s *Store) count(ctx context.Context, sql string, visit func() error, dest ...any) error {
	settings := driver.Settings{}
	if s.opts.Cluster != "" {
		settings["distributed_group_by_no_merge"] = 1
	}
	return s.ask(ctx, settings, sql, visit, dest...)
}

func (s *Store) ask(ctx context.Context, settings driver.Settings, sql string, visit func() error, dest ...any) error {
	if s.asked != nil {
		s.asked(sql)
	}
	if ctx.Value(partialKey{}) != nil {
		settings["skip_unavailable_shards"] = 1
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.conn.Query(driver.Context(ctx, driver.WithSettings(settings)), sql)
	if err != nil {
		return err
	}
	for rows.Next() {
		err := rows.Scan(dest...)
		if err == nil {
			err = visit()
		}
		if err != nil {
			cancel() // nobody reads the rest
			rows.Close()
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}

// exec runs a statement that has no answer.
func (s *Store) exec(ctx context.Context, conn driver.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	return conn.Exec(ctx, sql)
}

// insert writes columns, in the order of their names, as one block.
func (s *Store) insert(ctx context.Context, table, names string, columns ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	settings := driver.Settings{"insert_deduplicate": 0} // a repeat is known by its id, and the ledger is to know of it
	if s.opts.Cluster != "" {
		settings["insert_distributed_sync"] = 1
	}
	if v := s.ready.Load(); v.atLeast(21, 11) {
		settings["wait_for_async_insert"] = 1
	}
	if v := s.ready.Load(); v.atLeast(20, 3) {
		settings["max_partitions_per_insert_block"] = 0 // a batch may reach over many days
	}
	batch, err := s.conn.PrepareBatch(driver.Context(ctx, driver.WithSettings(settings)), "INSERT INTO "+table+" ("+names+")")
	if err != nil {
		return err
	}
	for i, column := range columns {
		if err := batch.Column(i).Append(column); err != nil {
			return errors.Join(err, batch.Abort())
		}
	}
	return batch.Send()
}

// nanos returns the moment in nanoseconds since 1970, as far as an action's
// time reaches.
func nanos(t time.Time) int64 {
	switch year := t.UTC().Year(); {
	case year < 1970:
		return 0
	case year > 2261:
		return time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() - 1
	}
	return t.UnixNano()
}

// sorted returns a sorted copy.
func sorted[T ~string](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
