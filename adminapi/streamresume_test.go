package adminapi_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// tally is what a client that reconnects has had.
type tally struct {
	last   string // the id that it resumes by
	seen   map[string]int
	missed uint64
	cuts   int
}

// take reads some events of a stream and cuts it, wherever that is. It reports
// whether it came to the action that is called end.
func (y *tally) take(t *testing.T, s *sse, most int) bool {
	defer s.resp.Body.Close()
	s.last = y.last
	for range most {
		e, err := s.read()
		if err != nil {
			t.Errorf("stream: %v", err)
			return true
		}
		y.last = s.last
		switch e.name {
		case "missed":
			var m struct{ Missed uint64 }
			_ = json.Unmarshal([]byte(e.data), &m)
			y.missed += m.Missed
		case "action":
			y.seen[e.id]++
		}
		if strings.Contains(e.data, `"action":"end"`) {
			return true
		}
	}
	y.cuts++
	return false
}

// TestStreamReconnects has clients that lose their connection again and again
// while actions arrive, faster at times than they read: each has each action
// exactly once, or counted as missed.
func TestStreamReconnects(t *testing.T) {
	t.Parallel()
	const total = 120_000
	r := ring.New(ring.Options{Window: 100, Backlog: 2048})
	h := newHandler(t, adminapi.Options{Store: r})
	h.HoldTail(256 << 10)
	srv := startServer(t, h)
	logged(r, 0, 0)
	begin := string(r.Newest())
	var clients [6]tally
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range total - 1 {
			r.Log("s", "a", "", time.Duration(i), nil)
			if i%512 == 0 {
				time.Sleep(time.Millisecond)
			}
			if i%40_000 == 20_000 { // a flood
				for range 30_000 {
					r.Log("s", "a", "", 1, nil)
				}
			}
		}
		r.Log("s", "end", "", 0, nil)
	})
	for i := range clients {
		wg.Go(func() {
			y := &clients[i]
			y.last, y.seen = begin, make(map[string]int)
			rnd := rand.New(rand.NewPCG(7, uint64(i)))
			for {
				query, headers := "?after="+url.QueryEscape(y.last), []string(nil)
				if rnd.IntN(2) == 0 {
					query, headers = "?after="+begin, []string{"Last-Event-ID: " + y.last}
				}
				if i%2 == 1 { // a filter that everything passes
					query += "&max_duration=1h"
				}
				if y.take(t, listen(t, srv, query, headers...), 1+rnd.IntN(8_000)) {
					return
				}
				time.Sleep(time.Duration(rnd.IntN(10)) * time.Millisecond)
			}
		})
	}
	wg.Wait()
	for i, y := range clients {
		for id, n := range y.seen {
			if n != 1 {
				t.Fatalf("client %d had %s %d times", i, id, n)
			}
		}
		const all = total + 3*30_000
		if sum := uint64(len(y.seen)) + y.missed; sum != all {
			t.Errorf("client %d had %d and missed %d after %d cuts: that is %d, want %d", i, len(y.seen), y.missed, y.cuts, sum, all)
		}
		t.Logf("client %d had %d and missed %d after %d cuts", i, len(y.seen), y.missed, y.cuts)
	}
}

// TestStreamRestart has a client go on with a server that began anew: it gets
// all that this one has, and is told how many of its actions are gone.
func TestStreamRestart(t *testing.T) {
	t.Parallel()
	before := newRing(t)
	logged(before, 1, 1)
	r := ring.New(ring.Options{Window: 100, Backlog: 1024})
	logged(r, 1, 50_000)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s := listen(t, srv, "?after="+string(before.Newest()))
	missed := s.missed()
	var first storage.Action
	for i := missed + 1; i <= 50_000; i++ {
		a := s.action()
		if i == missed+1 {
			first = a
		}
	}
	if id, ok := first.ID.Before(); missed == 0 || !ok || !strings.HasPrefix(string(r.Newest()), string(id)[:17]) {
		t.Errorf("%d were missed before %s", missed, first.ID)
	}
	logged(r, 1, 1)
	s.action()
}

// TestStreamMissedIsResumed has a client that was cut right behind the count
// of what it missed not hear of it again.
func TestStreamMissedIsResumed(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 100, Backlog: 1024})
	logged(r, 1, 1)
	after := string(r.Newest())
	logged(r, 2, 50_000)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s := listen(t, srv, "?service=none&after="+after)
	e := s.next()
	if e.name != "missed" || e.id == "" {
		t.Fatalf("event is %+v", e)
	}
	s = listen(t, srv, "", "Last-Event-ID: "+e.id)
	a := s.action()
	if before, ok := a.ID.Before(); !ok || string(before) != e.id {
		t.Errorf("behind %s comes %s", e.id, a.ID)
	}
}

// TestStreamAheadOfOthers has a stream be ahead of what it shares with others:
// it waits there, and sends nothing twice.
func TestStreamAheadOfOthers(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	logged(r, 1, 1)
	store := &gated{Ring: r, most: 1, gate: make(chan struct{})}
	srv := startServer(t, newHandler(t, adminapi.Options{Store: store}))
	behind := listen(t, srv, "")
	begin := "?after=" + string(r.Newest())
	logged(r, 2, 9)
	ahead := listen(t, srv, begin)
	for i := 2; i <= 9; i++ {
		if a := ahead.action(); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action is %s, want a%d", a.Action, i)
		}
	}
	for i := 2; i <= 9; i++ {
		store.gate <- struct{}{}
		if a := behind.action(); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action is %s, want a%d", a.Action, i)
		}
	}
	logged(r, 10, 10)
	store.gate <- struct{}{}
	for _, s := range []*sse{behind, ahead} {
		if a := s.action(); a.Action != "a10" {
			t.Errorf("action is %s, want a10", a.Action)
		}
	}
}

// TestStreamAheadMisses has what the streams share be overrun since long before
// a stream joined it: that one misses less than the others.
func TestStreamAheadMisses(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	logged(r, 1, 1)
	store := &gated{Ring: r, most: 1000, gate: make(chan struct{})}
	srv := startServer(t, newHandler(t, adminapi.Options{Store: store}))
	behind := listen(t, srv, "")
	record := func(n int, last string) {
		for range n - 1 {
			r.Log("s", "a", "", 1, nil)
		}
		r.Log("s", last, "", 1, nil)
	}
	read := func(s *sse, last string) (got, missed int) {
		for {
			e := s.next()
			if e.name == "missed" {
				var m struct{ Missed int }
				_ = json.Unmarshal([]byte(e.data), &m)
				missed += m.Missed
			} else {
				got++
			}
			if strings.Contains(e.data, `"action":"`+last+`"`) {
				return got, missed
			}
		}
	}
	record(29_990, "a")
	begin := "?after=" + string(r.Newest())
	record(10, "half")
	ahead := listen(t, srv, begin)
	if got, missed := read(ahead, "half"); got != 10 || missed != 0 {
		t.Errorf("%d came and %d were missed, want 10 and none", got, missed)
	}
	record(40_000, "whole")
	close(store.gate)
	if got, missed := read(ahead, "whole"); got+missed != 40_000 || missed == 0 {
		t.Errorf("then %d came and %d were missed, want 40000 in all", got, missed)
	}
	if got, missed := read(behind, "whole"); got+missed != 70_000 || missed == 0 {
		t.Errorf("behind, %d came and %d were missed, want 70000 in all", got, missed)
	}
}
