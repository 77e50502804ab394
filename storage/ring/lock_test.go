package ring

import (
	"context"
	"testing"
	"time"

	"actionlog/storage"
)

// TestABusySlotIsAGap holds the slot that a writer comes to: the writer must
// take the next one at once, and nothing may be counted as missed.
func TestABusySlotIsAGap(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 10, Backlog: 1})
	c := r.Follow("")
	r.Log("S", "first", storage.Success, 1, nil)
	held := &r.slots[1]
	if held.acquire(1) != ready {
		t.Fatal("the first action is not in slot 1")
	}
	total := len(r.slots) + 100
	seen, missed := 0, 0
	read := func() {
		buf := make([]storage.Action, 64)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
			n, m, err := c.Next(ctx, buf)
			cancel()
			if err != nil {
				return
			}
			seen, missed = seen+n, missed+int(m)
		}
	}
	for i := range total - 1 {
		r.Log("S", "more", storage.Success, time.Duration(i), nil)
		if i%64 == 0 {
			read()
		}
	}
	read()
	held.release()
	if seen != total || missed != 0 {
		t.Errorf("a follower saw %d and missed %d, want %d and 0", seen, missed, total)
	}
	st, err := r.Stats(context.Background(), storage.Query{})
	if err != nil || st.Lifetime.Total != int64(total) {
		t.Errorf("lifetime is %d, %v; want %d", st.Lifetime.Total, err, total)
	}
	if gap := uint64(len(r.slots) + 1); !r.gaps.is(gap) {
		t.Errorf("number %d is no gap", gap)
	}
}

// TestGapsOfLongAgoAreNotMissed resumes behind an action that was overwritten
// rings ago, with a gap since.
func TestGapsOfLongAgoAreNotMissed(t *testing.T) {
	t.Parallel()
	r := New(Options{Window: 10, Backlog: 1})
	r.Log("S", "first", storage.Success, 1, nil)
	held := &r.slots[1]
	held.acquire(1)
	total := 5 * len(r.slots)
	for i := range total - 1 {
		r.Log("S", "more", storage.Success, 1, nil)
		if i == len(r.slots) {
			held.release()
		}
		if i%100 == 0 {
			r.Newest() // counts, and forgets what lies a ring back
		}
	}
	c := r.Follow(r.process.ID(2))
	seen, missed := 2, 0
	for buf := make([]storage.Action, 64); buf[0].ID != r.Newest(); {
		n, m, err := c.Next(context.Background(), buf)
		if err != nil {
			t.Fatal(err)
		}
		seen, missed = seen+n, missed+int(m)
		buf[0] = buf[n-1]
	}
	if seen+missed != total {
		t.Errorf("a follower saw %d and missed %d, want %d in all", seen, missed, total)
	}
}

// TestAReaderDoesNotWaitForAWriter leaves a slot half written: reads must
// pass it by, count it once it is there, and cursors must keep its place.
func TestAReaderDoesNotWaitForAWriter(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	r.Log("S", "a", storage.Success, 1, nil)
	n, s := r.claim()
	r.Log("S", "c", storage.Success, 1, nil)
	ctx := context.Background()
	names := func() (list string) {
		page, err := r.Search(ctx, storage.Query{Sort: storage.OldestFirst})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Actions {
			list += a.Action
		}
		return list
	}
	if got := names(); got != "ac" {
		t.Errorf("found %q while b is being written, want ac", got)
	}
	buf := make([]storage.Action, 10)
	c := r.Follow("")
	if got, _, err := c.Next(ctx, buf); got != 1 || err != nil {
		t.Errorf("a cursor read %d, %v; want to stop before what is being written", got, err)
	}
	s.rec = record{handle: r.Intern("S", "b", "", ""), time: r.slots[1].rec.time}
	s.publish(n)
	if got, _, err := c.Next(ctx, buf); got != 2 || err != nil || buf[0].Action != "b" {
		t.Errorf("a cursor read %d, %v, %q; want b and c", got, err, buf[0].Action)
	}
	if got := names(); got != "abc" {
		t.Errorf("found %q, want abc", got)
	}
	if st, err := r.Stats(ctx, storage.Query{}); err != nil || st.Total != 3 || st.Lifetime.Total != 3 {
		t.Errorf("stats %+v, %v; want 3", st, err)
	}
}

// TestReadersShareASlot has as many readers as a slot can count.
func TestReadersShareASlot(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	r.Log("S", "a", storage.Success, 1, nil)
	s := &r.slots[1]
	for range readers {
		if s.acquire(1) != ready {
			t.Fatal("a reader was turned away")
		}
	}
	go func() {
		time.Sleep(time.Millisecond)
		for range readers {
			s.release()
		}
	}()
	if s.acquire(1) != ready { // waits for one of them
		t.Fatal("the reader after them was turned away")
	}
	s.release()
	if s.acquire(2) != pending || s.acquire(0) != gone {
		t.Error("other numbers than the slot's are not told apart")
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for length := 1; length < 20; length++ {
			for at := range length {
				b := make([]byte, length)
				for i := range b {
					b[i] = "az09~ !/"[i%8]
				}
				b[at] = byte(c)
				want := c >= ' ' && c <= '~' && c != '?'
				if got := plain(string(b)); got != want {
					t.Fatalf("plain(%q) = %v, want %v", b, got, want)
				}
			}
		}
	}
}

// TestSideBytesOfTheWindowAreHeld fills the window with as much text as an
// action can have.
func TestSideBytesOfTheWindowAreHeld(t *testing.T) {
	t.Parallel()
	const window = 300
	r := New(Options{Window: window, Backlog: 1})
	long := make([]byte, storage.MaxError)
	for i := range long {
		long[i] = 'e'
	}
	for range 20 * window {
		a := storage.Action{Service: "S", Action: "a", Status: storage.Failed, Error: string(long)}
		for i := range storage.MaxAttrs {
			a.Attrs = append(a.Attrs, storage.Attr{Key: string(rune('a' + i)), Value: string(long[:storage.MaxAttrValue])})
		}
		r.Record(a)
	}
	page, err := r.Search(context.Background(), storage.Query{Limit: window})
	if err != nil || len(page.Actions) != window {
		t.Fatalf("%d actions, %v", len(page.Actions), err)
	}
	for i, a := range page.Actions {
		if len(a.Error) != storage.MaxError || len(a.Attrs) != storage.MaxAttrs {
			t.Fatalf("action %d of the window lost its texts: %q, %d attributes", i, a.Error, len(a.Attrs))
		}
	}
	held := 0
	for i := range r.side.table {
		if r.side.table[i].Load() != nil {
			held++
		}
	}
	if most := sideBudget + window*maxSide/(chunkSize-maxSide) + 3; held > most {
		t.Errorf("%d chunks are held, want at most %d", held, most)
	}
}
