package ship

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"actionlog/archive"
)

// Shipper delivers the actions of an archive to a destination. [Shipper.Status]
// and [Shipper.Stats] are safe for concurrent use; the other methods are its
// owner's.
type Shipper struct {
	opts Options
	to   Destination
	feed *archive.Feed

	unlock  func() error
	running atomic.Bool

	counts   checkpoint // as it will be saved, but for Texts
	known    int64      // lines that had been seen when it was saved
	gone     bool       // something was counted as missed since
	lastSave time.Time
	looked   time.Time // when the archive was looked at last
	unread   string    // what of the archive cannot be read

	batch   batch
	held    *archive.Entry // read, and for the next batch
	refused refusedFile
	retry   backoff

	board board
}

// Open takes up the delivery of the archive in the folder dir where its checkpoint
// says, or begins one. It fails if another shipper works on the checkpoint, and
// with a [*CheckpointError] if that is damaged or of something else. The caller
// calls Run and, in the end, Close. The destination stays the caller's.
func Open(dir string, to Destination, opts Options) (*Shipper, error) {
	opts = opts.withDefaults(dir)
	if err := opts.validate(); err != nil {
		return nil, err
	}
	if to == nil {
		return nil, errors.New("no destination is given to ship to")
	}
	s := &Shipper{
		opts: opts, to: to,
		refused: refusedFile{lines: lineFile{path: opts.Refused}, name: opts.Name, max: opts.MaxRefused, now: opts.Now},
		retry:   backoff{from: opts.RetryFrom, to: opts.RetryTo, maxAfter: opts.MaxAfter},
	}
	a, err := archive.Open(dir)
	if err != nil {
		return nil, err
	}
	unlock, ok, err := archive.TryLock(opts.Checkpoint + ".lock")
	if err != nil {
		return nil, fmt.Errorf("take the checkpoint %s: %w", opts.Checkpoint, err)
	}
	if !ok {
		return nil, fmt.Errorf("the checkpoint %s is in use: another shipper works on it", opts.Checkpoint)
	}
	s.unlock = unlock
	if err := s.takeUp(a, dir); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// takeUp reads the checkpoint, or begins one.
func (s *Shipper) takeUp(a *archive.Archive, dir string) error {
	ctx := context.Background()
	path, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the archive %s: %w", dir, err)
	}
	c, feed, err := resume(ctx, a, path, &s.opts)
	if err != nil {
		return err
	}
	s.feed = feed
	if c == nil {
		s.counts = checkpoint{Version: version, Name: s.opts.Name, Archive: path, From: s.opts.From}
		if s.opts.FromNow {
			if err := feed.SkipAll(ctx); err != nil {
				return fmt.Errorf("begin behind what the archive holds: %w", err)
			}
		}
	} else {
		s.counts = *c
		s.counts.Archive = path
	}
	if err := s.save(); err != nil {
		return err
	}
	s.board.set(func(st *Status) { st.Position = position(feed) })
	s.count()
	return nil
}

// resume returns the checkpoint, nil if there is none, and a feed from there on.
// path is that of the archive.
func resume(ctx context.Context, a *archive.Archive, path string, opts *Options) (*checkpoint, *archive.Feed, error) {
	c, err := readCheckpoint(opts.Checkpoint)
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		feed, err := a.Feed(nil, opts.From)
		return nil, feed, err
	}
	if c.Name != opts.Name {
		return nil, nil, &CheckpointError{opts.Checkpoint, fmt.Errorf("it is that of %q, and this is %q", c.Name, opts.Name)}
	}
	feed, err := a.Feed(c.marks(), c.From)
	if err != nil {
		return nil, nil, err
	}
	same, _, err := feed.Check(ctx)
	if err == nil && same == 0 && c.Archive != path && len(c.Texts) > 0 {
		err = &CheckpointError{opts.Checkpoint, fmt.Errorf("it is of the archive %s, and nothing that was delivered of that is in %s", c.Archive, path)}
	}
	if err != nil {
		feed.Close()
		return nil, nil, err
	}
	return c, feed, nil
}

// position returns the last file of which something was delivered, and the line.
func position(feed *archive.Feed) string {
	text := ""
	for _, m := range feed.Marks() {
		if m.Offset > 0 {
			text = m.String()
		}
	}
	return text
}

// Close gives the checkpoint up to another shipper. It is called once Run has
// returned; further calls do nothing.
func (s *Shipper) Close() error {
	var errs []error
	if s.feed != nil {
		s.feed.Close()
	}
	errs = append(errs, s.refused.lines.close())
	if s.unlock != nil {
		errs = append(errs, s.unlock())
		s.unlock = nil
	}
	return errors.Join(errs...)
}

// save writes the checkpoint.
func (s *Shipper) save() error {
	c := s.counts
	c.Saved = s.opts.Now().UTC()
	marks := s.feed.Marks()
	c.Texts = newTextMarks(marks)
	if err := writeCheckpoint(s.opts.Checkpoint, &c); err != nil {
		return err
	}
	s.known, s.gone = 0, false
	for _, m := range marks {
		s.known += m.Known
	}
	s.lastSave = time.Now()
	return nil
}

// count tells the counts and how much is left.
func (s *Shipper) count() {
	lag, bytes := s.feed.Behind()
	c := &s.counts
	s.board.set(func(st *Status) {
		st.Lag, st.LagBytes = lag, bytes
		st.Delivered, st.Refused, st.Missed, st.Damaged = c.Delivered, c.Refused, c.Missed, c.Damaged
	})
}
