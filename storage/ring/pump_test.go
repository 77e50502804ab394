package ring_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"
)

// collect is a sink that keeps all, and fails while fail is set.
type collect struct {
	mu      sync.Mutex
	actions []storage.Action
	fail    error
	tries   int
}

func (c *collect) Write(_ context.Context, batch []storage.Action) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	if c.fail != nil {
		return c.fail
	}
	c.actions = append(c.actions, batch...)
	return nil
}

func (c *collect) list() []storage.Action {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.actions)
}

func (c *collect) tried() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

func (c *collect) setFail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = err
}

func TestPumpRetriesAndHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ring.New(ring.Options{})
		sink := &collect{fail: errors.New("no space left")}
		p := r.Pump("archive", sink, ring.PumpOptions{Batch: 10})
		for i := range 100 {
			r.Log("S", "a", storage.Success, time.Duration(i), nil)
		}
		time.Sleep(time.Minute)
		st := stats(t, r).Sinks["archive"]
		if st.Lag != 100 || st.Written != 0 || st.LastError != "no space left" {
			t.Errorf("stats of a failing sink: %+v", st)
		}
		if tries := sink.tried(); tries < 6 || tries > 30 {
			t.Errorf("%d tries in a minute, want a growing pause of at most 10 s", tries)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "100 actions not written to sink archive") {
			t.Errorf("Flush: %v", err)
		}
		sink.setFail(nil)
		time.Sleep(11 * time.Second)
		if err := p.Flush(context.Background()); err != nil {
			t.Errorf("Flush: %v", err)
		}
		if st := p.Stats(); st != (storage.SinkStats{Written: 100}) {
			t.Errorf("stats of a healed sink: %+v", st)
		}
		for i, a := range sink.list() {
			if a.Duration != time.Duration(i) {
				t.Fatalf("action %d came in place %d", a.Duration, i)
			}
		}
		if err := r.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestPumpCountsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ring.New(ring.Options{Window: 10, Backlog: 1})
		sink := &collect{fail: errors.New("down")}
		p := r.Pump("sink", sink, ring.PumpOptions{Batch: 16})
		const n = 50_000
		for i := range n {
			r.Log("S", "a", storage.Success, time.Duration(i), nil)
		}
		sink.setFail(nil)
		time.Sleep(time.Minute)
		if err := p.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		st := p.Stats()
		if st.Written+st.Missed != n || st.Missed == 0 || st.Lag != 0 {
			t.Errorf("written %d, missed %d, lag %d of %d", st.Written, st.Missed, st.Lag, n)
		}
		if got := len(sink.list()); got != int(st.Written) {
			t.Errorf("the sink has %d, the stats say %d", got, st.Written)
		}
		if _, ok := stats(t, r).Sinks["sink"]; ok {
			t.Error("a closed pump is still in the stats")
		}
	})
}

func TestCloseSaysWhatItCouldNotDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ring.New(ring.Options{})
		r.Pump("down", &collect{fail: errors.New("disk on fire")}, ring.PumpOptions{})
		good := &collect{}
		r.Pump("up", good, ring.PumpOptions{})
		for range 7 {
			r.Log("S", "a", storage.Success, 1, nil)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		err := r.Close(ctx)
		if err == nil || !strings.Contains(err.Error(), "7 actions not written to sink down") || !strings.Contains(err.Error(), "disk on fire") {
			t.Errorf("Close: %v", err)
		}
		if n := len(good.list()); n != 7 {
			t.Errorf("the good sink has %d, want 7", n)
		}
	})
}

func TestPumpGoesOnBehindWhatTheSinkHas(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	for i := range 10 {
		r.Log("S", "a", storage.Success, time.Duration(i), nil)
	}
	after := search(t, r, storage.Query{Sort: storage.OldestFirst})[6].ID
	sink := &collect{}
	p := r.Pump("sink", sink, ring.PumpOptions{After: after, Linger: time.Millisecond})
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if got := sink.list(); len(got) != 3 || got[0].Duration != 7 {
		t.Errorf("the sink has %v, want the last three", got)
	}
}

func TestTwoPumpsOfOneNamePanic(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	defer r.Close(context.Background())
	r.Pump("sink", &collect{}, ring.PumpOptions{})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r.Pump("sink", &collect{}, ring.PumpOptions{})
}

func TestFollowersWakeAndResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ring.New(ring.Options{})
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		counts := make([]int, 50)
		for i := range counts {
			wg.Go(func() {
				c := r.Follow("")
				buf := make([]storage.Action, 7)
				for {
					n, missed, err := c.Next(ctx, buf)
					if err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Errorf("Next: %v", err)
						}
						return
					}
					if missed != 0 {
						t.Errorf("missed %d", missed)
					}
					counts[i] += n
				}
			})
		}
		for i := range 200 {
			r.Log("S", fmt.Sprint(i), storage.Success, 1, nil)
			time.Sleep(3 * time.Millisecond)
		}
		time.Sleep(time.Second)
		cancel()
		wg.Wait()
		for i, n := range counts {
			if n != 200 {
				t.Errorf("follower %d got %d actions, want 200", i, n)
			}
		}
		newest := r.Newest()
		r.Log("S", "new", storage.Success, 1, nil)
		buf := make([]storage.Action, 7)
		if n, _, err := r.Follow(newest).Next(context.Background(), buf); n != 1 || err != nil || buf[0].Action != "new" {
			t.Errorf("resumed: %d, %v, %s; want the one that is new", n, err, buf[0].Action)
		}
	})
}

// TestFollowerOfAnotherProcess has all that this process recorded be later than
// an id of another one, and an id of none begin with what is held.
func TestFollowerOfAnotherProcess(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	first := r.Follow("")
	const total = 40_000
	for range total {
		r.Log("S", "a", storage.Success, 1, nil)
	}
	read := func(c storage.Cursor) (seen, missed int) {
		buf := make([]storage.Action, 1000)
		for buf[0].ID != r.Newest() {
			n, m, err := c.Next(context.Background(), buf)
			if err != nil || n == 0 {
				t.Fatalf("%d actions, %v", n, err)
			}
			seen, missed = seen+n, missed+int(m)
			buf[0] = buf[n-1]
		}
		return seen, missed
	}
	newest := r.Newest()
	for name, after := range map[string]storage.ID{
		"earlier": "01", "later": "zz", "number-0": newest[:17] + "0000000000",
	} {
		if seen, missed := read(r.Follow(after)); seen+missed != total || missed == 0 {
			t.Errorf("behind an id (%s) came %d, and %d were missed; want %d in all", name, seen, missed, total)
		}
	}
	if seen, missed := read(first); seen+missed != total || missed == 0 {
		t.Errorf("behind the beginning came %d, and %d were missed; want %d in all", seen, missed, total)
	}
	if seen, missed := read(r.Follow("")); missed != 0 || seen == 0 {
		t.Errorf("of what is held came %d, and %d were missed; want none", seen, missed)
	}
}

func TestFollowerLearnsExactlyWhatItMissed(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 10, Backlog: 1})
	c := r.Follow("")
	buf := make([]storage.Action, 1000)
	seen, missed := 0, 0
	for round := range 20 {
		for range 3000 * round {
			r.Log("S", "a", storage.Success, 1, nil)
		}
		for range 3 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
			n, m, _ := c.Next(ctx, buf)
			cancel()
			seen += n
			missed += int(m)
		}
	}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		n, m, err := c.Next(ctx, buf)
		cancel()
		if err != nil {
			break
		}
		seen += n
		missed += int(m)
	}
	if want := 3000 * 190; seen+missed != want || missed == 0 {
		t.Errorf("seen %d and missed %d are %d, want %d", seen, missed, seen+missed, want)
	}
}
