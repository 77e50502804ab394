package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"
)

// jobs is the work, and where it is recorded.
type jobs struct{ actions *ring.Ring }

// cleanUp is timed from its first line to its end, in flight meanwhile. What it
// returns says whether it failed; a panic is recorded and goes on.
func (j jobs) cleanUp(ctx context.Context) (err error) {
	defer j.actions.Track("Jobs", "cleanUp")(&err)
	if rand.IntN(8) == 0 {
		panic("there is nothing to clean up") // a bug, on purpose
	}
	return work(ctx, 5*time.Millisecond)
}

var errMailbox = errors.New("the mailbox is full")

// sendMail fails now and then.
func (j jobs) sendMail(ctx context.Context) (err error) {
	defer j.actions.Track("Jobs", "sendMail")(&err)
	if err := work(ctx, 20*time.Millisecond); err != nil {
		return err
	}
	if rand.IntN(4) == 0 {
		return errMailbox
	}
	return nil
}

// importFile has several steps, each an action of its own, which it times
// itself. An action with attributes is recorded as a whole.
func (j jobs) importFile(ctx context.Context) error {
	began := time.Now()
	err := work(ctx, 10*time.Millisecond)
	j.actions.Log("Import", "readFile", storage.Success, time.Since(began), err)
	if err != nil {
		return err
	}
	began = time.Now()
	err = work(ctx, 10*time.Millisecond)
	a := storage.Action{
		Service: "Import", Action: "storeRows", Status: storage.Success, Duration: time.Since(began),
		Attrs: []storage.Attr{{Key: "rows", Value: "250"}},
	}
	if err != nil {
		a.Status, a.Error = storage.Failed, err.Error()
	}
	j.actions.Record(a)
	return err
}

// work takes some time, or fails when ctx is done.
func work(ctx context.Context, about time.Duration) error {
	select {
	case <-time.After(about/2 + rand.N(about)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
