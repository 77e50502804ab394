package adminapi_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

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

// gated is a ring whose second follower, the one that streams share, waits for
// a token before each read.
type gated struct {
	*ring.Ring
	followers atomic.Int64
	most      int // actions of one read
	gate      chan struct{}
}

func (h *gated) Follow(after storage.ID) storage.Cursor {
	c := h.Ring.Follow(after)
	if h.followers.Add(1) != 2 {
		return c
	}
	return &gatedCursor{c, h.gate, h.most}
}

type gatedCursor struct {
	storage.Cursor
	gate chan struct{}
	most int
}

func (h *gatedCursor) Next(ctx context.Context, buf []storage.Action) (int, uint64, error) {
	select {
	case <-h.gate:
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	return h.Cursor.Next(ctx, buf[:min(len(buf), h.most)])
}
