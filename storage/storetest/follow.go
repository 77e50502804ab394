package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"actionlog/storage"
)

// patience bounds how long a follower may take.
const patience = 5 * time.Second

func (c *check) follower() storage.Follower { return c.store.Searcher.(storage.Follower) }

// read reads n actions, in bites of an odd size, and fails if any was missed.
func (c *check) read(cur storage.Cursor, n int) []storage.Action {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	var got []storage.Action
	for len(got) < n {
		buf := make([]storage.Action, min(7, n-len(got)))
		k, missed, err := cur.Next(ctx, buf)
		if err != nil {
			c.fatalf("Next after %d of %d actions: %v", len(got), n, err)
		}
		if missed != 0 {
			c.fatalf("Next after %d of %d actions: %d missed, although nothing was overrun", len(got), n, missed)
		}
		if k == 0 {
			c.fatalf("Next after %d of %d actions: returned without an action, a miss or an error", len(got), n)
		}
		got = append(got, buf[:k]...)
	}
	return got
}

// same compares what a follower read with what it should have.
func (c *check) same(what string, got, want []storage.Action) {
	c.Helper()
	for i := range want {
		if i >= len(got) || text(&got[i]) != text(&want[i]) {
			c.fatalf("%s: action %d of %d differs:\ngot  %s\nwant %s", what, i, len(want), text(&got[i]), text(&want[i]))
		}
	}
}

func byID(list []storage.Action) []storage.Action {
	list = slices.Clone(list)
	slices.SortFunc(list, func(x, y storage.Action) int { return strings.Compare(string(x.ID), string(y.ID)) })
	return list
}

func checkFollow(c *check) {
	f := c.follower()
	if id := f.Newest(); id != "" {
		c.failf("Newest of an empty store is %q, want none", id)
	}
	early := f.Follow("")
	all := byID(c.fill(60))
	if id := f.Newest(); id != all[59].ID {
		c.failf("Newest is %q, want %q", id, all[59].ID)
	}
	c.same("a cursor made before the actions", c.read(early, 60), all)
	c.same("a cursor from the oldest", c.read(f.Follow(""), 60), all)
	c.same("a cursor behind the 20th", c.read(f.Follow(all[19].ID), 40), all[20:])

	newest := f.Follow(f.Newest())
	more := byID(c.fill(10))
	c.same("a cursor behind the newest", c.read(newest, 10), more)
	c.same("the cursor made before all", c.read(early, 10), more)
}

// next is what a call of Cursor.Next returned.
type next struct {
	n      int
	missed uint64
	err    error
}

// goNext calls Next on another goroutine.
func goNext(ctx context.Context, cur storage.Cursor, buf []storage.Action) <-chan next {
	done := make(chan next, 1)
	go func() {
		n, missed, err := cur.Next(ctx, buf)
		done <- next{n, missed, err}
	}()
	return done
}

// await returns what Next returned, or fails if it does not return.
func (c *check) await(what string, done <-chan next) next {
	c.Helper()
	select {
	case got := <-done:
		return got
	case <-time.After(patience):
		c.fatalf("%s: Next has not returned after %v", what, patience)
		return next{}
	}
}

func checkFollowWait(c *check) {
	const pause = 30 * time.Millisecond
	f := c.follower()
	c.fill(3)
	cur := f.Follow(f.Newest())
	buf := make([]storage.Action, 4)
	done := goNext(c.Context(), cur, buf)
	select {
	case got := <-done:
		c.fatalf("Next returned %d actions, %d missed and the error %v, although nothing new was there", got.n, got.missed, got.err)
	case <-time.After(pause):
	}
	sent := c.fill(1)
	if got := c.await("after a put", done); got.n != 1 || got.missed != 0 || got.err != nil || text(&buf[0]) != text(&sent[0]) {
		c.fatalf("Next returned %d actions, %d missed and the error %v, want the one that was put", got.n, got.missed, got.err)
	}

	ctx, cancel := context.WithCancel(c.Context())
	done = goNext(ctx, cur, buf)
	time.Sleep(pause)
	cancel()
	if got := c.await("after a cancel", done); got.n != 0 || !errors.Is(got.err, context.Canceled) {
		c.failf("Next returned %d actions and the error %v, want the context's error", got.n, got.err)
	}
	sent = c.fill(1)
	c.same("the cursor after a cancelled Next", c.read(cur, 1), sent)
}

func checkFollowMissed(c *check) {
	f := c.follower()
	first := c.fill(1)[0]
	cur := f.Follow(first.ID)
	const size = 500
	for put := 0; put < c.store.Overrun; put += size {
		c.send(c.data.take(min(size, c.store.Overrun-put)))
	}
	newest := f.Newest()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	var total, missed uint64
	buf := make([]storage.Action, size)
	for last := first.ID; last != newest; {
		n, m, err := cur.Next(ctx, buf)
		if err != nil {
			c.fatalf("Next after %d actions and %d missed of %d: %v", total, missed, c.store.Overrun, err)
		}
		for _, a := range buf[:n] {
			if a.ID <= last {
				c.fatalf("Next returned the id %q after %q", a.ID, last)
			}
			last = a.ID
		}
		total += uint64(n)
		missed += m
	}
	if missed == 0 {
		c.failf("nothing was missed after %d actions", c.store.Overrun)
	}
	if total+missed != uint64(c.store.Overrun) {
		c.failf("%d actions and %d missed make %d, but %d were put", total, missed, total+missed, c.store.Overrun)
	}
}

func checkFollowClosed(c *check) {
	f := c.follower()
	all := byID(c.fill(5))
	cur, waiting := f.Follow(""), f.Follow(f.Newest())
	done := goNext(c.Context(), waiting, make([]storage.Action, 1))
	if err := c.store.Close(); err != nil {
		c.failf("close: %v", err)
	}
	if got := c.await("a follower that waited", done); got.n != 0 || !errors.Is(got.err, storage.ErrClosed) {
		c.failf("Next of a follower that waited returned %d actions and the error %v, want ErrClosed", got.n, got.err)
	}
	c.same("a follower that was behind", c.read(cur, 5), all)
	if got := c.await("a follower at the end", goNext(c.Context(), cur, make([]storage.Action, 1))); !errors.Is(got.err, storage.ErrClosed) {
		c.failf("Next at the end returned the error %v, want ErrClosed", got.err)
	}
}
