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
		w.text, w.at = "", nil
		time.Sleep(20 * time.Second)
		logged(r, 1, 7) // matches nothing, but moves the place to resume from
		last := string(r.Newest())
		time.Sleep(41 * time.Second)
		synctest.Wait()
		if want := ": beat\n\n: beat\nid: " + last + "\n\n: beat\n\n: beat\n\n"; w.text != want {
			t.Errorf("a minute of silence is %q, want %q", w.text, want)
		}
		for i, at := range w.at {
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
		if n := strings.Count(w.text, ": beat\n\n"); n != 3 {
			t.Errorf("%d beats came in 3.5 s: %q", n, w.text)
		}
		logged(r, 1, 1)
		time.Sleep(time.Second)
		synctest.Wait()
		if !strings.Contains(w.text, `"action":"a1"`) {
			t.Errorf("the action did not come: %q", w.text)
		}
		_ = h.Close()
		<-done
		if !strings.HasSuffix(w.text, ": the stream ends: the server is shutting down\n\n") {
			t.Errorf("the end is %q", w.text)
		}
	})
}
