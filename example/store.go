package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/ring"
	"actionlog/storage/sqlite"

	"github.com/rs/zerolog"
)

// store is the ring, with its memory of what came before: the database and the
// archive. What is in flight, slow or coming in is the ring's alone.
type store struct {
	*ring.Ring
	tiers *storage.Tiered
}

func (s *store) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	return s.tiers.Search(ctx, q)
}

func (s *store) Stats(ctx context.Context, q storage.Query) (storage.Stats, error) {
	return s.tiers.Stats(ctx, q)
}

func (s *store) Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error) {
	return s.tiers.Series(ctx, q, step)
}

func (s *store) Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error) {
	return s.tiers.Errors(ctx, q)
}

func (s *store) Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	return s.tiers.Actions(ctx, q)
}

func (s *store) Clear(ctx context.Context) error { return s.tiers.Clear(ctx) }

// linger is how long an action waits for more to be written with; a question
// does not wait for it.
const linger = 100 * time.Millisecond

// openDatabase opens the database, if one is asked for, warms the ring with the
// newest actions of it, and returns it and all together.
func openDatabase(ctx context.Context, cfg config, actions *ring.Ring, logger *zerolog.Logger) (*sqlite.Store, storage.Searcher, error) {
	if cfg.db == "" {
		return nil, actions, nil
	}
	db, err := sqlite.Open(cfg.db, sqlite.Options{
		Flush:   actions.Flush,
		OnError: func(err error) { logger.Err(err).Msg("database") },
	})
	if err != nil {
		return nil, nil, err
	}
	files, err := archive.Open(cfg.dir)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	if err := catchUp(ctx, db, files); err != nil {
		logger.Err(err).Msg("database") // it has what it had
	}
	page, err := db.Search(ctx, storage.Query{Limit: storage.MaxLimit})
	if err == nil {
		err = actions.Warm(page.Actions)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("warm the ring from %s: %w", cfg.db, err), db.Close())
	}
	return db, &store{actions, storage.Tiers(actions, db, files)}, nil
}

// behind is how far the database can be behind the archive, after a kill.
const behind = 5 * time.Second

// catchUp writes to the database what only the archive had got when the process
// was killed.
func catchUp(ctx context.Context, db *sqlite.Store, files *archive.Archive) error {
	newest, err := db.Search(ctx, storage.Query{Limit: 1})
	if err != nil || len(newest.Actions) == 0 {
		return err
	}
	var batch []storage.Action
	for a, err := range files.Actions(ctx, storage.Query{From: newest.Actions[0].Time.Add(-behind)}) {
		if err != nil {
			return errors.Join(err, db.Write(ctx, batch))
		}
		if batch = append(batch, a); len(batch) == 1000 {
			if err := db.Write(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return db.Write(ctx, batch)
}

// drain writes to the archive and to the database what they don't have yet.
func drain(actions *ring.Ring, files *archive.Writer, db *sqlite.Store, stdout io.Writer) error {
	deadline, cancel := context.WithTimeout(context.Background(), drainSinks)
	defer cancel()
	err := errors.Join(actions.Close(deadline), files.Close())
	if db != nil {
		err = errors.Join(err, db.Close())
	}
	if err == nil {
		fmt.Fprintf(stdout, "stopped; the archive has taken %d actions\n", files.Status().Written)
	}
	return err
}
