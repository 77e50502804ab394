package ship

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// Previewer is a [Destination] that shows what it would send of an action, as
// text for people, without secrets. It is not concurrent with Deliver.
type Previewer interface {
	Preview(a *storage.Action) ([]byte, error)
}

// Plan is what a delivery would do.
type Plan struct {
	Begun      bool      // there is a checkpoint
	Checkpoint string    // its path
	Saved      time.Time // when it was written
	Position   string    // file and line that were delivered last; empty for none
	From       time.Time // actions that ended before it are passed over; zero for none

	Delivered, Refused, Missed, Damaged int64 // so far

	Actions int64 // lines that would be read; those before From are among them
	Bytes   int64 // of these lines
	Gone    int64 // lines that were removed before they were delivered, and are not in Missed

	First []storage.Action // the first that would be sent
}

// NewPlan looks what a delivery of the archive in dir would do, with up to n of
// the actions that it would begin with. It changes nothing, takes no lock, and
// may be asked while a shipper works. Its errors are those of [Open].
func NewPlan(ctx context.Context, dir string, opts Options, n int) (Plan, error) {
	opts = opts.withDefaults(dir)
	if err := opts.validate(); err != nil {
		return Plan{}, err
	}
	a, err := archive.Open(dir)
	if err != nil {
		return Plan{}, err
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return Plan{}, fmt.Errorf("find the archive %s: %w", dir, err)
	}
	c, feed, err := resume(ctx, a, path, &opts)
	if err != nil {
		return Plan{}, err
	}
	defer feed.Close()
	p := Plan{Checkpoint: opts.Checkpoint, From: opts.From, Position: position(feed)}
	if c != nil {
		p.Begun, p.Saved, p.From = true, c.Saved, c.From
		p.Delivered, p.Refused, p.Missed, p.Damaged = c.Delivered, c.Refused, c.Missed, c.Damaged
	} else if opts.FromNow {
		if err := feed.SkipAll(ctx); err != nil {
			return Plan{}, err
		}
	}
	gone, err := feed.Look(ctx)
	if err != nil {
		return Plan{}, err
	}
	for _, m := range gone {
		p.Gone += m.Known - m.Line
	}
	p.Actions, p.Bytes = feed.Behind()
	p.First, err = first(ctx, feed, n)
	return p, err
}

// first returns the next actions of a feed.
func first(ctx context.Context, feed *archive.Feed, n int) (list []storage.Action, err error) {
	feed.Begin()
	for len(list) < n {
		e, ok, err := feed.Next(ctx)
		if err != nil && (ok || errors.Is(err, ctx.Err())) {
			return nil, err
		}
		if !ok {
			return list, err
		}
		if e.Found() {
			list = append(list, e.Action)
		}
	}
	return list, nil
}
