package ship_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/storage"
)

// TestDelivers delivers what is there, and, begun again, only what came since.
func TestDelivers(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 95)
	far := newFarSide()
	s := open(t, dir, far, fast())
	catchUp(t, s)
	wantTaken(t, far, list)
	if st := s.Status(); st.Delivered != 95 || st.Lag != 0 || st.LagBytes != 0 || st.LastError != nil || st.LastDelivery.IsZero() || !strings.HasSuffix(st.Position, "line 48") || st.Behind != 0 {
		t.Errorf("the status is %+v", st)
	}
	closeShipper(t, s)

	w := openWriter(t, dir, archive.Options{})
	more := newMaker().next(7)
	write(t, w, more)
	s = open(t, dir, far, fast())
	catchUp(t, s)
	wantTaken(t, far, append(list, more...))
	if st := s.Status(); st.Delivered != 102 {
		t.Errorf("the status is %+v", st)
	}
	catchUp(t, s) // nothing is left
	wantTaken(t, far, append(list, more...))
}

// TestFollows delivers while the archive is written and rotated, by two writers.
func TestFollows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	far := newFarSide()
	writers := []*archive.Writer{openWriter(t, dir, archive.Options{}), openWriter(t, dir, archive.Options{MaxFileSize: 20_000})}
	s := open(t, dir, far, fast())
	r := run(t, s)
	var all []storage.Action
	makers := []*maker{newMaker(), newMaker()}
	for i := range 60 {
		list := makers[i%2].next(1 + i)
		write(t, writers[i%2], list)
		all = append(all, list...)
		if i%20 == 19 {
			rotate(t, writers[0])
		}
	}
	far.wait(t, len(all))
	if err := r.end(t); !errors.Is(err, context.Canceled) {
		t.Errorf("Run returns %v", err)
	}
	catchUp(t, s) // what was taken when Run ended, and not kept, comes again
	got := far.taken()
	slices.Sort(got)
	want := ids(all)
	slices.Sort(want)
	if len(got) > len(want)+10 || !slices.Equal(slices.Compact(got), want) {
		t.Errorf("%d were taken, want %d", len(got), len(want))
	}
}

// TestRetriesOnlyWhatIsAsked sends again what the far side asks for, and nothing
// else, and keeps what it refuses.
func TestRetriesOnlyWhatIsAsked(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	far := newFarSide()
	far.answer = func(call int, batch []storage.Action) (ship.Outcome, error) {
		switch call {
		case 1:
			return ship.Outcome{Retry: []int{1, 3, 4}, Refused: []ship.Refusal{{2, "mapping conflict"}}}, nil
		case 2:
			return ship.Outcome{Retry: []int{0, 2}, Refused: []ship.Refusal{{1, strings.Repeat("x", 10_000)}}}, nil
		}
		return ship.Outcome{}, nil
	}
	var told []ship.Event
	opts := fast()
	opts.OnEvent = func(e ship.Event) { told = append(told, e) }
	s := open(t, dir, far, opts)
	catchUp(t, s)
	wantTaken(t, far, slices.Concat(list[:2], list[4:]))
	if want := []int{10, 3, 2, 10}; !slices.Equal(far.sizes, want) {
		t.Errorf("batches of %v were sent, want %v", far.sizes, want)
	}
	if st := s.Status(); st.Delivered != 18 || st.Refused != 2 || st.Retried != 5 || st.LastError != nil {
		t.Errorf("the status is %+v", st)
	}
	if st := s.Stats(); st.Written != 18 || st.Missed != 2 || st.Lag != 0 || st.LastError != "" {
		t.Errorf("the stats are %+v", st)
	}
	refused := filepath.Join(dir, ".ship-ship.refused")
	if got := linesOf(t, refused); !slices.Equal(got, ids(list[2:4])) {
		t.Errorf("%s has %v", refused, got)
	}
	text := readFile(t, refused)
	if !strings.Contains(text, `,"refused":{"reason":"mapping conflict","at":"20`) || !strings.Contains(text, `"by":"ship"}}`) || len(text) > 5000 {
		t.Errorf("%s is %s", refused, text)
	}
	if info, err := os.Stat(refused); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	kinds := map[ship.EventKind]int{}
	for _, e := range told {
		kinds[e.Kind]++
		if e.String() == "" || e.Kind == ship.Retrying && e.Err == nil {
			t.Errorf("event %+v", e)
		}
	}
	if kinds[ship.Retrying] != 2 || kinds[ship.Rejected] != 2 || kinds[ship.Delivered] == 0 {
		t.Errorf("events: %v", kinds)
	}
}

// TestCutsInTwo finds the record that the far side does not take.
func TestCutsInTwo(t *testing.T) {
	t.Parallel()
	for _, kind := range []ship.Kind{ship.Refused, ship.TooLarge} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			dir, list := newArchive(t, 30)
			poison := map[storage.ID]bool{list[3].ID: true, list[4].ID: true, list[29].ID: true}
			far := newFarSide()
			far.answer = func(_ int, batch []storage.Action) (ship.Outcome, error) {
				for i := range batch {
					if poison[batch[i].ID] {
						return ship.Outcome{}, fmt.Errorf("deliver: %w", &ship.BatchError{Kind: kind, Err: errors.New("no")})
					}
				}
				return ship.Outcome{}, nil
			}
			s := open(t, dir, far, fast())
			catchUp(t, s)
			wantTaken(t, far, slices.Concat(list[:3], list[5:29]))
			if st := s.Status(); st.Delivered != 27 || st.Refused != 3 || st.Retried != 0 {
				t.Errorf("the status is %+v", st)
			}
			if got := linesOf(t, filepath.Join(dir, ".ship-ship.refused")); !slices.Equal(got, []storage.ID{list[3].ID, list[4].ID, list[29].ID}) {
				t.Errorf("refused are %v", got)
			}
		})
	}
}

// TestOutage offers a batch again until it is taken, tells of it meanwhile, and
// takes what the destination should not do for an outage.
func TestOutage(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() (ship.Outcome, error){
		"plain-error": func() (ship.Outcome, error) { return ship.Outcome{}, errDown },
		"unavailable": func() (ship.Outcome, error) {
			return ship.Outcome{}, &ship.BatchError{Kind: ship.Unavailable, Err: errDown}
		},
		"panic":        func() (ship.Outcome, error) { panic("connection refused") },
		"out-of-range": func() (ship.Outcome, error) { return ship.Outcome{Retry: []int{10}}, nil },
		"twice": func() (ship.Outcome, error) {
			return ship.Outcome{Retry: []int{2}, Refused: []ship.Refusal{{Index: 2}}}, nil
		},
		"negative": func() (ship.Outcome, error) { return ship.Outcome{Refused: []ship.Refusal{{Index: -1}}}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, list := newArchive(t, 20)
			far := newFarSide()
			var s *ship.Shipper
			var during ship.Status
			far.answer = func(call int, batch []storage.Action) (ship.Outcome, error) {
				if call <= 5 {
					during = s.Status()
					out, err := fail()
					if err == nil {
						far.got = append(far.got[:0:0], far.got...)
						return out, err
					}
					return out, err
				}
				if call == 6 {
					far.got = nil // what a wrong answer seemed to take
				}
				return ship.Outcome{}, nil
			}
			s = open(t, dir, far, fast())
			catchUp(t, s)
			wantTaken(t, far, list)
			if during.LastError == nil || during.Lag != 20 || during.Behind == 0 || during.Delivered != 0 {
				t.Errorf("the status meanwhile is %+v", during)
			}
			if st := s.Status(); st.LastError != nil || st.Retried != 50 || !st.RetryAt.IsZero() {
				t.Errorf("the status afterwards is %+v", st)
			}
		})
	}
}

// TestRetryAfter waits no less than the far side asks for, up to a bound.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 10)
	far := newFarSide()
	far.answer = func(call int, batch []storage.Action) (ship.Outcome, error) {
		switch call {
		case 1:
			return ship.Outcome{}, &ship.BatchError{After: 30 * time.Millisecond, Err: errors.New("429")}
		case 2:
			return ship.Outcome{Retry: []int{0}, After: time.Hour}, nil
		}
		return ship.Outcome{}, nil
	}
	opts := fast()
	opts.MaxAfter = 40 * time.Millisecond
	var waits []time.Duration
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Retrying {
			waits = append(waits, e.Wait)
		}
	}
	began := time.Now()
	catchUp(t, open(t, dir, far, opts))
	wantTaken(t, far, list)
	if !slices.Equal(waits, []time.Duration{30 * time.Millisecond, 40 * time.Millisecond}) || time.Since(began) < 70*time.Millisecond {
		t.Errorf("it waited %v, and took %s", waits, time.Since(began))
	}
}

// TestEndsInTime lets a batch in flight finish when the context ends, but not for
// ever.
func TestEndsInTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		takes,
		grace time.Duration
		delivered int64
	}{
		{"finishes", 50 * time.Millisecond, 10 * time.Second, 10},
		{"is-abandoned", time.Hour, 20 * time.Millisecond, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := newArchive(t, 20)
			begun := make(chan struct{}, 10)
			to := deliverFunc(func(ctx context.Context, _ []storage.Action) (ship.Outcome, error) {
				begun <- struct{}{}
				select {
				case <-time.After(c.takes):
					return ship.Outcome{}, nil
				case <-ctx.Done():
					return ship.Outcome{}, ctx.Err()
				}
			})
			opts := fast()
			opts.Grace = c.grace
			s := open(t, dir, to, opts)
			r := run(t, s)
			<-begun
			if err := r.end(t); !errors.Is(err, context.Canceled) {
				t.Errorf("Run returns %v", err)
			}
			if st := s.Status(); st.Delivered != c.delivered || len(begun) > 0 {
				t.Errorf("the status is %+v", st)
			}
		})
	}
}

// deliverFunc is a destination.
type deliverFunc func(context.Context, []storage.Action) (ship.Outcome, error)

func (f deliverFunc) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	return f(ctx, batch)
}

// TestTimeout gives a destination up that does not answer.
func TestTimeout(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 5)
	calls := 0
	to := deliverFunc(func(ctx context.Context, _ []storage.Action) (ship.Outcome, error) {
		if calls++; calls > 1 {
			return ship.Outcome{}, nil
		}
		<-ctx.Done()
		return ship.Outcome{}, ctx.Err()
	})
	opts := fast()
	opts.Timeout = 10 * time.Millisecond
	s := open(t, dir, to, opts)
	catchUp(t, s)
	if st := s.Status(); st.Delivered != 5 || st.Retried != 5 {
		t.Errorf("the status is %+v", st)
	}
}

// TestBatchBounds holds that a batch has no more actions and bytes than it may.
func TestBatchBounds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	list := newMaker().next(12)
	for i := range list {
		list[i].Error, list[i].Status = strings.Repeat("x", 1000), storage.Failed
	}
	list[5].Error = strings.Repeat("x", 5000)
	write(t, w, list)
	far := newFarSide()
	opts := fast()
	opts.Batch, opts.BatchBytes = 4, 3000
	catchUp(t, open(t, dir, far, opts))
	wantTaken(t, far, list)
	if want := []int{2, 2, 1, 1, 2, 2, 2}; !slices.Equal(far.sizes, want) {
		t.Errorf("batches of %v were sent, want %v", far.sizes, want)
	}
}

// TestLinger waits for a batch to become fuller, and sends what is there in time.
func TestLinger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	far := newFarSide()
	opts := fast()
	opts.Linger = 200 * time.Millisecond
	s := open(t, dir, far, opts)
	run(t, s)
	m := newMaker()
	for range 6 {
		write(t, w, m.next(1))
		time.Sleep(5 * time.Millisecond)
	}
	far.wait(t, 6)
	far.mu.Lock()
	defer far.mu.Unlock()
	if far.calls > 2 {
		t.Errorf("6 actions were sent in %d batches", far.calls)
	}
}

// TestMissed counts what retention removed during an outage, and goes on.
func TestMissed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	m := newMaker()
	first := m.next(30)
	write(t, w, first)
	rotate(t, w)
	second := m.next(25)
	write(t, w, second)
	rotate(t, w)
	third := m.next(5)
	write(t, w, third)

	var down atomic.Bool
	down.Store(true)
	far := newFarSide()
	far.answer = func(int, []storage.Action) (ship.Outcome, error) {
		if down.Load() {
			return ship.Outcome{}, errDown
		}
		return ship.Outcome{}, nil
	}
	opts := fast()
	told := make(chan ship.Event, 100)
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Missed {
			told <- e
		}
	}
	s := open(t, dir, far, opts)
	run(t, s)
	for s.Status().Retried == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := os.Remove(filepath.Join(dir, archiveFile(t, dir, 1))); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-told:
		if e.Count != 25 || !strings.Contains(e.String(), "25 lines of actions-") {
			t.Errorf("told is %s", e)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is told of what was removed")
	}
	down.Store(false)
	far.wait(t, 35)
	wantTaken(t, far, slices.Concat(first, third))
	for s.Status().Delivered < 35 {
		time.Sleep(time.Millisecond)
	}
	if st := s.Status(); st.Missed != 25 || st.Lag != 0 || s.Stats().Missed != 25 {
		t.Errorf("the status is %+v", st)
	}
}

// archiveFile returns the name of the n-th sealed file.
func archiveFile(t testing.TB, dir string, n int) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "actions-*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	names := []archive.Name{}
	for _, path := range list {
		if name, ok := archive.ParseName(filepath.Base(path)); ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, archive.Name.Compare)
	return names[n].String()
}

// TestMissedWhileAway counts what was removed while no shipper ran, as far as one
// had seen it.
func TestMissedWhileAway(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 40)
	far := newFarSide()
	far.answer = func(call int, _ []storage.Action) (ship.Outcome, error) {
		if call > 1 {
			return ship.Outcome{}, errDown
		}
		return ship.Outcome{}, nil
	}
	s := open(t, dir, far, fast())
	r := run(t, s)
	for s.Status().Retried == 0 {
		time.Sleep(time.Millisecond)
	}
	r.end(t)
	closeShipper(t, s)
	if err := os.Remove(filepath.Join(dir, archiveFile(t, dir, 0))); err != nil {
		t.Fatal(err)
	}
	far.answer = nil
	s = open(t, dir, far, fast())
	catchUp(t, s)
	wantTaken(t, far, slices.Concat(list[:10], list[20:]))
	if st := s.Status(); st.Missed != 10 || st.Delivered != 30 {
		t.Errorf("the status is %+v", st)
	}
}

// TestDamage tells of damage, counts it, and passes it by.
func TestDamage(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	name := filepath.Join(dir, strings.TrimSuffix(archiveFile(t, dir, 0), ".gz"))
	name = strings.TrimSuffix(name, ".jsonl") + ".7.jsonl"
	good := newMaker().next(2)
	writeFile(t, name, string(good[0].AppendJSON(nil))+"\nnot JSON\n"+string(good[1].AppendJSON(nil))+"\n")
	far := newFarSide()
	opts := fast()
	var damage []error
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Damaged {
			damage = append(damage, e.Err)
		}
	}
	s := open(t, dir, far, opts)
	catchUp(t, s)
	wantTaken(t, far, append(list, good...))
	var syntax *archive.SyntaxError
	if len(damage) != 1 || !errors.As(damage[0], &syntax) || syntax.Line != 2 {
		t.Errorf("told are %v", damage)
	}
	if st := s.Status(); st.Damaged != 1 || st.Delivered != 22 {
		t.Errorf("the status is %+v", st)
	}
}

// TestRefusedFull ends where there is no more room for what is refused, and goes
// on when there is.
func TestRefusedFull(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 30)
	far := newFarSide()
	far.answer = func(_ int, batch []storage.Action) (ship.Outcome, error) {
		return ship.Outcome{Refused: []ship.Refusal{{0, "no"}, {1, "no"}}}, nil
	}
	opts := fast()
	opts.MaxRefused = 1000
	opts.Refused = filepath.Join(t.TempDir(), "refused")
	s := open(t, dir, far, opts)
	err := s.CatchUp(t.Context())
	if !errors.Is(err, ship.ErrRefusedFull) || !strings.Contains(err.Error(), opts.Refused) {
		t.Fatalf("the error is %v", err)
	}
	kept := linesOf(t, opts.Refused)
	if st := s.Status(); st.Refused != int64(len(kept)) || len(kept) == 0 || len(kept) == 6 || st.LastError == nil {
		t.Fatalf("%d are kept, and the status is %+v", len(kept), st)
	}
	for range 3 {
		if err := os.Rename(opts.Refused, filepath.Join(t.TempDir(), "moved")); err != nil {
			t.Fatal(err)
		}
		if err = s.CatchUp(t.Context()); err == nil {
			break
		}
		kept = append(kept, linesOf(t, opts.Refused)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	if st := s.Status(); st.Refused != 6 || st.Delivered != 24 || st.LastError != nil {
		t.Errorf("the status is %+v", st)
	}
	_ = list
}

// TestTwoShippers lets one shipper at a time work on a checkpoint, and several on
// an archive.
func TestTwoShippers(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 10)
	far := newFarSide()
	s := open(t, dir, far, fast())
	if _, err := ship.Open(dir, far, fast()); err == nil || !strings.Contains(err.Error(), checkpointOf(dir)+" is in use") {
		t.Errorf("a second one is let in: %v", err)
	}
	opts := fast()
	opts.Name = "other"
	other := newFarSide()
	catchUp(t, open(t, dir, other, opts))
	catchUp(t, s)
	wantTaken(t, far, list)
	wantTaken(t, other, list)
	closeShipper(t, s)
	closeShipper(t, s)
	open(t, dir, far, fast())
}

// TestRunTwice holds that a shipper runs once at a time.
func TestRunTwice(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 5)
	far := newFarSide()
	s := open(t, dir, far, fast())
	r := run(t, s)
	far.wait(t, 5)
	if err := s.Run(t.Context()); err == nil {
		t.Error("it runs twice")
	}
	r.end(t)
}

// TestFrom begins from a moment on, and keeps to that; or with what comes.
func TestFrom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	m := newMaker()
	list := m.next(30)
	base := time.Now().Add(-time.Hour)
	for i := range list {
		list[i].Time = base.Add(time.Duration(i) * time.Second)
	}
	write(t, w, list)
	far := newFarSide()
	opts := fast()
	opts.From = list[20].Time
	s := open(t, dir, far, opts)
	catchUp(t, s)
	wantTaken(t, far, list[20:])
	closeShipper(t, s)

	late := m.next(2)
	late[0].Time = base
	write(t, w, late)
	s = open(t, dir, far, fast()) // the checkpoint keeps the moment
	catchUp(t, s)
	wantTaken(t, far, append(list[20:], late[1]))

	opts = fast()
	opts.Name, opts.FromNow = "now", true
	now := newFarSide()
	s = open(t, dir, now, opts)
	closeShipper(t, s)
	fresh := m.next(3)
	write(t, w, fresh)
	opts.FromNow = false
	catchUp(t, open(t, dir, now, opts))
	wantTaken(t, now, fresh)
}

// TestUnreadable tells of an archive that cannot be read, and goes on when it can.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir, list := newArchive(t, 10)
	far := newFarSide()
	opts := fast()
	opts.Checkpoint = filepath.Join(parent, "checkpoint")
	s := open(t, dir, far, opts)
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := s.CatchUp(t.Context()); err == nil {
		t.Error("no error where the folder is gone")
	}
	run(t, s)
	for s.Status().LastError == nil {
		time.Sleep(time.Millisecond)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	far.wait(t, 10)
	wantTaken(t, far, list)
	for s.Status().LastError != nil {
		time.Sleep(time.Millisecond)
	}
}

// TestOptions refuses what means nothing.
func TestOptions(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 2)
	for want, opts := range map[string]ship.Options{
		"Name":       {Name: "../x"},
		"Name is":    {Name: ".x"},
		"Batch":      {Batch: -1},
		"BatchBytes": {BatchBytes: 17 << 20},
		"MaxRefused": {MaxRefused: -1},
		"FromNow":    {FromNow: true, From: time.Now()},
		"RetryTo":    {RetryFrom: time.Hour},
		"Linger":     {Linger: -1},
		"Grace":      {Grace: -1},
	} {
		if _, err := ship.Open(dir, newFarSide(), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := ship.Open(dir, nil, ship.Options{}); err == nil {
		t.Error("no destination is no error")
	}
	if _, err := ship.Open(filepath.Join(dir, "none"), newFarSide(), ship.Options{}); err == nil {
		t.Error("no archive is no error")
	}
	if _, err := ship.Open(dir, newFarSide(), ship.Options{Checkpoint: filepath.Join(dir, "none", "x")}); err == nil {
		t.Error("no folder for the checkpoint is no error")
	}
}
