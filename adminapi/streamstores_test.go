package adminapi_test

import (
	"context"
	"errors"
	"strings"

	"actionlog/storage"
	"actionlog/storage/ring"
)

// wide is a ring whose followers see actions with errors as long as the
// duration says in nanoseconds.
type wide struct{ *ring.Ring }

func (w *wide) Follow(after storage.ID) storage.Cursor { return &wideCursor{w.Ring.Follow(after)} }

type wideCursor struct{ storage.Cursor }

func (w *wideCursor) Next(ctx context.Context, buf []storage.Action) (int, uint64, error) {
	n, missed, err := w.Cursor.Next(ctx, buf)
	for i := range buf[:n] {
		buf[i].Status, buf[i].Error = storage.Failed, strings.Repeat("x", int(buf[i].Duration))
	}
	return n, missed, err
}

// breaking is a ring whose followers break at the action "break", and panic at
// "panic".
type breaking struct{ *ring.Ring }

func (b *breaking) Follow(after storage.ID) storage.Cursor {
	return &breakingCursor{b.Ring.Follow(after)}
}

type breakingCursor struct{ storage.Cursor }

var errBroken = errors.New("the disk is on fire")

func (b *breakingCursor) Next(ctx context.Context, buf []storage.Action) (int, uint64, error) {
	n, missed, err := b.Cursor.Next(ctx, buf)
	for i := range buf[:n] {
		switch buf[i].Action {
		case "break":
			return 0, 0, errBroken
		case "panic":
			panic("index out of range")
		}
	}
	return n, missed, err
}
