package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"actionlog/storage"

	lib "modernc.org/sqlite/lib"
)

// Store keeps actions in a database. It is a [storage.Sink], a
// [storage.Searcher] and a [storage.Clearer]. All methods are safe for
// concurrent use. Make one with [Open].
//
// It owns one goroutine, ended by [Store.Close], that removes what is too old.
type Store struct {
	path    string
	opts    Options
	reading *sql.DB    // connections that cannot write
	readers chan *held // of reading, those that nobody uses
	writing *sql.DB    // one connection; nil if read-only
	writer  writer
	names   names

	gate   sync.RWMutex // held by reads and writes; Close takes it whole
	closed bool         // guarded by gate
	stop   context.CancelFunc
	house  sync.WaitGroup
}

// Open opens the database of a file, and makes it if there is none. A database
// of an older version, and one that has no more than the table action_logs as
// it was before this package, is brought up to date in place. Any other file
// that is no database of this package, one of a newer version, and a damaged
// one are refused with an error that names the file, and are left as they are.
// The caller closes the store.
func Open(path string, opts Options) (*Store, error) {
	if errFunction != nil {
		return nil, fmt.Errorf("open database %s: %w", path, errFunction)
	}
	opts = opts.withDefaults()
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	s := &Store{path: full, opts: opts, writer: writer{turn: make(chan struct{}, 1)}, readers: make(chan *held, opts.Readers)}
	for range opts.Readers {
		s.readers <- &held{}
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if err := s.open(ctx); err != nil {
		stop()
		s.closeFiles()
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if !opts.ReadOnly {
		s.house.Go(func() { s.keepHouse(ctx) })
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	mode := "rw"
	if s.opts.ReadOnly {
		mode = "ro"
	}
	if err := s.prepareInTurn(ctx); err != nil {
		return err
	}
	if !s.opts.ReadOnly {
		if s.writing, err = sql.Open("sqlite", dsn(s.path, mode, s.opts.BusyTimeout, "synchronous(normal)", "temp_store(memory)", "cache_size(-16000)", "journal_size_limit(67108864)")); err != nil {
			return err
		}
		s.writing.SetMaxOpenConns(1)
	}
	err = s.openReading(ctx, mode)
	if c := code(err); s.opts.ReadOnly && (c == lib.SQLITE_CANTOPEN || c == lib.SQLITE_READONLY) {
		// Where no file can be made beside it, nobody can be writing to it. A
		// log that was left there could not be read.
		if _, beside := s.imprint(); beside != "" {
			return err
		}
		s.dropReaders()
		err = errors.Join(s.reading.Close(), s.openReading(ctx, mode+"&immutable=1"))
	}
	return err
}

func (s *Store) openReading(ctx context.Context, mode string) (err error) {
	if s.reading, err = sql.Open("sqlite", dsn(s.path, mode, s.opts.BusyTimeout, "query_only(1)", "cache_size(-8000)")); err != nil {
		return err
	}
	return s.read(ctx, func(l link) error {
		_, err := readState(ctx, l)
		return err
	})
}

// Path returns the full path of the file.
func (s *Store) Path() string { return s.path }

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
	if err := s.closeFiles(); err != nil {
		return fmt.Errorf("close database %s: %w", s.path, err)
	}
	return nil
}

// dropReaders closes the connections that read. Nobody uses one.
func (s *Store) dropReaders() {
	for range cap(s.readers) {
		h := <-s.readers
		h.drop()
		s.readers <- h
	}
}

func (s *Store) closeFiles() error {
	var errs []error
	s.dropReaders()
	if s.reading != nil {
		errs = append(errs, s.reading.Close())
	}
	if s.writing != nil {
		s.writer.held.drop()
		errs = append(errs, s.writing.Close()) // the last, so that it folds the log into the file
	}
	return errors.Join(errs...)
}

// enter begins a use of the store that the caller ends with leave.
func (s *Store) enter() error {
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return fmt.Errorf("database %s: %w", s.path, storage.ErrClosed)
	}
	return nil
}

func (s *Store) leave() { s.gate.RUnlock() }

// question begins a read: it waits for what was recorded before.
func (s *Store) question(ctx context.Context, ask func(l link) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	s.leave() // Flush may take its time
	if err := s.flush(ctx); err != nil {
		return err
	}
	return s.read(ctx, ask)
}

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

// read lends a connection that cannot write.
func (s *Store) read(ctx context.Context, use func(l link) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	var h *held
	select {
	case h = <-s.readers:
	case <-ctx.Done():
		return s.explain(ctx, "read", ctx.Err())
	}
	defer func() { s.readers <- h }()
	err := h.connect(ctx, s.reading)
	if err == nil {
		err = h.lend(func(l link) error {
			defer l.interruptedBy(ctx)()
			return use(l)
		})
	}
	if err != nil {
		h.drop() // nobody can say what the connection still holds
	}
	return s.explain(ctx, "read", err)
}

// snapshot runs several questions that all see the same moment.
func (l link) snapshot(ctx context.Context, ask func() error) (err error) {
	if _, err := l.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() {
		_, end := l.exec(context.WithoutCancel(ctx), "COMMIT")
		err = errors.Join(err, end)
	}()
	return ask()
}

// explain makes an error name the file, and say what the context says.
func (s *Store) explain(ctx context.Context, doing string, err error) error {
	var bad *storage.ParamError
	switch {
	case err == nil, errors.As(err, &bad):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%s database %s: %w", doing, s.path, ctx.Err())
	case damaged(err):
		return fmt.Errorf("%s database %s: the file is damaged: %w", doing, s.path, err)
	}
	return fmt.Errorf("%s database %s: %w", doing, s.path, err)
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
