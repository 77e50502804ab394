package ship_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
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
// TestCutsInTwo finds the record that the far side does not take.
// TestOutage offers a batch again until it is taken, tells of it meanwhile, and
// takes what the destination should not do for an outage.
// TestRetryAfter waits no less than the far side asks for, up to a bound.
// TestEndsInTime lets a batch in flight finish when the context ends, but not for
// ever.
// deliverFunc is a destination.
// TestTimeout gives a destination up that does not answer.
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
// archiveFile returns the name of the n-th sealed file.
// TestMissedWhileAway counts what was removed while no shipper ran, as far as one
// had seen it.
// TestDamage tells of damage, counts it, and passes it by.
// TestRefusedFull ends where there is no more room for what is refused, and goes
// on when there is.
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
