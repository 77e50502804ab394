package adminapi_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/adminapi"
	"actionlog/storage/ring"
)

// TestStreamHeartbeat runs a stream for a minute, of which nothing passes.
func TestStreamHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := ring.New(ring.Options{})
		h := newHandler(t, adminapi.Options{Store: r})
		ctx, cancel := context.WithCancel(context.Background())
		w := &live{header: map[string][]string{}, wrote: make(chan struct{}, 100)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(w, request("GET", "/action-logs/stream?service=none").WithContext(ctx))
		}()
		synctest.Wait()
		begun := time.Now()
		w.take()
		time.Sleep(20 * time.Second)
		logged(r, 1, 7) // matches nothing, but moves the place to resume from
		last := string(r.Newest())
		time.Sleep(41 * time.Second)
		synctest.Wait()
		text, times := w.take()
		if want := ": beat\n\n: beat\nid: " + last + "\n\n: beat\n\n: beat\n\n"; text != want {
			t.Errorf("a minute of silence is %q, want %q", text, want)
		}
		for i, at := range times {
			if want := time.Duration(i+1) * 15 * time.Second; at.Sub(begun) != want {
				t.Errorf("beat %d came after %v, want %v", i, at.Sub(begun), want)
			}
		}
		cancel()
		<-done
		_ = h.Close()
	})
}

// TestStreamHeartbeatOwnCursor has a stream beat that still waits behind an id
// that the store does not know.
func TestStreamHeartbeatOwnCursor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := ring.New(ring.Options{})
		h := newHandler(t, adminapi.Options{Store: r, StreamHeartbeat: time.Second})
		w := &live{header: map[string][]string{}, wrote: make(chan struct{}, 100)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(w, request("GET", "/action-logs/stream?after=x"))
		}()
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		if text, _ := w.take(); strings.Count(text, ": beat\n\n") != 3 {
			t.Errorf("in 3.5 s came %q, want three beats", text)
		}
		logged(r, 1, 1)
		time.Sleep(time.Second)
		synctest.Wait()
		if text, _ := w.take(); !strings.Contains(text, `"action":"a1"`) {
			t.Errorf("the action did not come: %q", text)
		}
		_ = h.Close()
		<-done
		if text, _ := w.take(); !strings.HasSuffix(text, ": the stream ends: the server is shutting down\n\n") {
			t.Errorf("the end is %q", text)
		}
	})
}
