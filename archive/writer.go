package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"actionlog/storage"
)

// Writer appends actions to the files of one folder, a line each. It is a
// [storage.Sink]. All methods are safe for concurrent use.
//
// It owns two goroutines, ended by [Writer.Close]: one forces lines to the disk
// and rotates at midnight, the other seals files and removes old ones, so that
// neither waits for the other and Write waits for neither.
type Writer struct {
	dir  string
	opts Options
	fs   fileSystem

	turn    chan struct{} // holds a token while the fields below are used
	active  *activeFile   // nil until something is written
	retired []*retiree    // files that this writer has ended, oldest first
	buf     []byte        // encoded lines, used again by each Write
	closed  bool

	mended map[Name]int64 // files of others that are whole, and their sizes; of who seals

	syncing chan struct{} // holds a token during an fsync off the write path
	stale   chan struct{} // says that something is to be synced
	work    chan struct{} // says that something is to be sealed
	stop    chan struct{} // closed by Close
	hurry   chan struct{} // closed when Close has waited long enough
	running sync.WaitGroup
	done    chan struct{} // closed when Close has finished
	closing error         // what Close returned; valid once done is closed

	indexed map[Name]bool // sealed files whose indexes need no look; of the sealing goroutine

	events events
	board  board
}

var _ storage.Sink = (*Writer)(nil)

// keepBuffer is the largest buffer that is kept between writes.
const keepBuffer = 4 * chunk

// closePatience is how long Close waits for a file that is being sealed, and
// then for the folder's lock.
const closePatience = 5 * time.Second

// OpenWriter opens the archive in dir for writing, and makes the folder if
// there is none. It takes over the day's file that an earlier writer left, if
// none writes it now, after trimming what a crash tore; files of earlier days
// that were left are sealed in the background. The caller closes it.
func OpenWriter(dir string, opts Options) (*Writer, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	w := &Writer{
		dir: dir, opts: opts, fs: opts.fs,
		turn:    make(chan struct{}, 1),
		syncing: make(chan struct{}, 1),
		stale:   make(chan struct{}, 1),
		work:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		hurry:   make(chan struct{}),
		done:    make(chan struct{}),
		indexed: map[Name]bool{},
		mended:  make(map[Name]int64),
		events:  events{tell: opts.OnEvent},
	}
	if err := w.prepare(); err != nil {
		return nil, err
	}
	w.running.Go(w.keepTime)
	w.running.Go(w.keepHouse)
	w.events.flush()
	return w, nil
}

// prepare makes the folder and takes over what an earlier writer left.
func (w *Writer) prepare() error {
	if w.dir == "" {
		return errors.New(`the archive folder is ""; allowed is the path of a folder, such as actions, which is made if there is none`)
	}
	if err := w.fs.mkdirAll(w.dir); err != nil {
		return fmt.Errorf("make the archive folder %s: %w; allowed is a folder, or the path of one that can be made", w.dir, err)
	}
	if w.opts.MinFreeBytes > 0 {
		if _, err := w.fs.free(w.dir); err != nil {
			return fmt.Errorf("use archive option MinFreeBytes: %w", err)
		}
	}
	ctx := context.Background()
	if err := w.withFolder(ctx, func() error { return nil }); err != nil {
		return err
	}
	now := w.opts.Now()
	a, err := w.adopt(ctx, w.opts.Rotation.day(now, w.opts.Location), now)
	if err != nil { // a fresh file will do, and the old one is sealed when its day is over
		w.events.note(Event{Kind: Failure, Err: err})
		return nil
	}
	w.setActive(a)
	if a != nil && a.stale() && w.opts.Sync != SyncNever {
		poke(w.stale) // a writer that was killed has forced nothing to the disk
	}
	return nil
}

// setActive makes a the file that is written to; nil is none.
func (w *Writer) setActive(a *activeFile) {
	w.active = a
	w.board.set(func(s *Status) {
		s.Active, s.Bytes = "", 0
		if a != nil {
			s.Active, s.Bytes = a.name.String(), a.size
		}
	})
	if a != nil {
		w.events.note(Event{Kind: Opened, File: a.name.String(), Bytes: a.size})
	}
}

// Write appends the batch to the file of the day that the writer's clock says,
// and keeps all of it or none: after an error the file ends where it did
// before, so that the same batch can be offered again without doubling a line.
// What a nil error promises is said at [SyncPolicy]. An action whose line would
// be longer than [storage.MaxJSON], and could not be read back, is written as
// [storage.Redactor.Clean] makes it. A Write with which a file ends forces that
// file to the disk first. After Close the error
// wraps [storage.ErrClosed].
func (w *Writer) Write(ctx context.Context, batch []storage.Action) error {
	if err := w.enter(ctx); err != nil {
		return err
	}
	err := w.write(ctx, batch)
	w.board.set(func(s *Status) {
		s.WriteError = err
		if err == nil {
			s.Written += int64(len(batch))
		}
		if w.active != nil {
			s.Bytes = w.active.size
		}
	})
	w.leave()
	if err != nil && (w.opts.MaxBytes > 0 || w.opts.MinFreeBytes > 0) {
		poke(w.work) // removing old files may make room
	}
	w.events.flush()
	return err
}

func (w *Writer) write(ctx context.Context, batch []storage.Action) error {
	if len(batch) == 0 {
		return nil
	}
	now := w.opts.Now()
	if w.due(now) {
		w.retire()
	}
	if w.active == nil {
		if err := w.openActive(ctx, now); err != nil {
			return err
		}
	}
	a := w.active
	wasStale := a.stale()
	var err error
	w.buf, err = a.append(w.buf, batch, w.opts.Sync == SyncEveryBatch)
	if cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	if err != nil {
		return err
	}
	switch {
	case w.opts.Sync == SyncEveryBatch:
		w.synced(time.Now(), nil)
	case w.opts.Sync == SyncInterval && !wasStale:
		poke(w.stale)
	}
	return nil
}

// openActive makes the first file, or the next one.
func (w *Writer) openActive(ctx context.Context, now time.Time) error {
	return w.withFolder(ctx, func() error {
		a, err := w.create(w.opts.Rotation.day(now, w.opts.Location), now)
		if err == nil {
			w.setActive(a)
		}
		return err
	})
}

// Sync forces all that Write has taken to the disk.
func (w *Writer) Sync(ctx context.Context) error {
	select {
	case w.syncing <- struct{}{}: // also waits for an fsync that has begun
	case <-w.stop:
		return w.closedError()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer w.events.flush()
	defer func() { <-w.syncing }()
	if err := w.enter(ctx); err != nil {
		return err
	}
	a := w.active
	if a == nil || !a.stale() {
		w.leave()
		return nil
	}
	upTo, synced, failures, err := a.size, a.synced, a.failures, a.renew()
	w.leave()

	// Off the turn, so that writes go on meanwhile. A rotation may close the
	// file under it, after an fsync of its own.
	if err == nil {
		err = a.f.Sync()
	}

	w.turn <- struct{}{}
	if w.active != a && (err == nil || errors.Is(err, fs.ErrClosed)) {
		err = a.ended
	} else {
		err = a.forced(upTo, synced, failures, err)
	}
	if a.stale() && w.opts.Sync != SyncNever {
		poke(w.stale) // what was written meanwhile
	}
	w.leave()
	w.synced(time.Now(), err)
	return err
}

// synced notes how an fsync ended.
func (w *Writer) synced(at time.Time, err error) {
	w.board.set(func(s *Status) {
		if s.SyncError = err; err == nil {
			s.Synced = at
		}
	})
	if err != nil {
		w.events.note(Event{Kind: Failure, Err: err})
	}
}

// Close writes nothing more, forces what was written to the disk, waits for a
// file that is being sealed, ends the goroutines and gives all locks up. What
// cannot be sealed within five seconds is broken off and stays plain, as the
// day's file does, for the next writer to go on with. Further calls wait for
// the first and return the same.
func (w *Writer) Close() error {
	w.turn <- struct{}{}
	if w.closed {
		w.leave()
		<-w.done
		return w.closing
	}
	w.closed = true
	w.leave()
	close(w.stop)
	hurry := time.AfterFunc(closePatience, func() { close(w.hurry) })
	w.running.Wait()
	hurry.Stop()
	w.syncing <- struct{}{} // for good: a Sync that has begun ends first

	var errs []error
	var held []heldLock
	if a := w.active; a != nil {
		errs = append(errs, a.repair())
		if a.stale() {
			errs = append(errs, a.force(a.size))
		}
		errs = append(errs, a.f.Close())
		held = append(held, heldLock{a.name, a.lock})
	}
	for _, r := range w.retired {
		held = append(held, heldLock{r.name, r.lock})
	}
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	errs = append(errs, w.releaseAll(ctx, held))
	w.board.set(func(s *Status) { s.Active, s.Bytes, s.Waiting = "", 0, 0 })
	w.events.flush()
	if err := errors.Join(errs...); err != nil {
		w.closing = fmt.Errorf("close the archive %s: %w", w.dir, err)
	}
	close(w.done)
	return w.closing
}

// enter waits for the turn. It fails if ctx ends or the writer is closed.
func (w *Writer) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.closed {
		w.leave()
		return w.closedError()
	}
	return nil
}

func (w *Writer) closedError() error {
	return fmt.Errorf("archive %s: %w", w.dir, storage.ErrClosed)
}

func (w *Writer) leave() { <-w.turn }

// poke says something to who listens to a channel of capacity one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
