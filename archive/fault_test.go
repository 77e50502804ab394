package archive_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// TestEveryCallFails does the same work again and again, and each time another
// call of the file system fails, once or several times in a row. Whatever
// fails, each action that Write took is there exactly once in the end, and each
// that Write refused was taken when it was offered again.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		err   error
		row   int64 // how many calls fail in a row
		least int64 // how many calls there are at least
	}{
		{"io-error", syscall.EIO, 1, 100},
		{"no-space", syscall.ENOSPC, 6, 100},
		{"short-write", archive.ErrShort, 1, 12},
		{"silent-short-write", archive.ErrSilent, 2, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calls := int64(1)
			step := min(c.row, 3)
			if c.err == syscall.EIO && !full() {
				step = 3
			}
			for k := int64(1); k <= calls; k += step {
				var count atomic.Int64
				var failed atomic.Value
				faults := &archive.Faults{}
				faults.SetHook(func(op, base string) error {
					if op != "write" && (c.err == archive.ErrShort || c.err == archive.ErrSilent) {
						return nil
					}
					if n := count.Add(1); n < k || n >= k+c.row {
						return nil
					}
					failed.CompareAndSwap(nil, op+" "+base)
					return c.err
				})
				dir := t.TempDir()
				all := workWithFaults(t, dir, faults)
				finish(t, dir)
				wantLines(t, dir, all)
				wantClean(t, dir)
				if t.Failed() {
					t.Fatalf("call %d, %v, failed with %v", k, failed.Load(), c.err)
				}
				calls = max(calls, min(count.Load(), 400))
			}
			t.Logf("%d calls failed in turn", calls)
			if calls < c.least {
				t.Errorf("only %d calls were made; want %d", calls, c.least)
			}
		})
	}
}

// soonMidnight is a zone where it is five to twelve when a synctest bubble
// begins.
var soonMidnight = time.FixedZone("", 23*3600+55*60)

// full reports whether tests take the time that they would like.
func full() bool { return os.Getenv("ACTIONLOG_FULL") == "1" }

// skip skips a test for what the machine lacks, or fails it in the full check.
func skip(t testing.TB, why string) {
	t.Helper()
	if full() {
		t.Fatalf("full check: %s", why)
	}
	t.Skip(why)
}

// workWithFaults lets a writer take over what a crash left, write, rotate and
// remove, and returns all actions that the folder must have then.
func workWithFaults(t *testing.T, dir string, faults *archive.Faults) (all []storage.Action) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMaker(time.Now())
		all = leaveCrash(t, dir, m, time.Now())
		opts := archive.Options{MaxAge: -1, Location: soonMidnight}.WithFaults(faults)
		var w *archive.Writer
		try(t, "open", func() (err error) {
			w, err = archive.OpenWriter(dir, opts)
			return err
		})
		for i := range 6 {
			batch := m.next(3)
			all = append(all, batch...)
			try(t, "write", func() error { return w.Write(context.Background(), batch) })
			if i == 2 {
				if err := w.Rotate(context.Background()); err != nil {
					t.Logf("rotate: %v", err)
				}
			}
			time.Sleep(5 * time.Second)
		}
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		if got := w.Status(); got.Waiting > 0 || got.SealError != nil {
			t.Errorf("after midnight, the status is %+v", got)
		}
		batch := m.next(2)
		all = append(all, batch...)
		try(t, "write", func() error { return w.Write(context.Background(), batch) })
		if err := w.Close(); err != nil {
			t.Logf("close: %v", err)
		}
	})
	return all
}

// try does something until it succeeds, which must be soon.
func try(t *testing.T, what string, do func() error) {
	t.Helper()
	for range 40 {
		err := do()
		if err == nil {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatalf("%s does not succeed", what)
}

// leaveCrash fills a folder with what crashes leave, and returns the actions in
// it.
func leaveCrash(t *testing.T, dir string, m *maker, now time.Time) []storage.Action {
	t.Helper()
	name := func(daysAgo, seq int, kind archive.Kind) string {
		return filepath.Join(dir, archive.Name{Day: archive.DayOf(now.In(soonMidnight).AddDate(0, 0, -daysAgo)), Seq: seq, Kind: kind}.String())
	}
	torn, twice, zeros, today := m.next(4), m.next(4), m.next(4), m.next(4)
	// A torn line, and the draft of a sealing that was not finished.
	put(t, name(1, 1, archive.Plain), lines(torn), `{"timestamp":"2026-11-2`)
	put(t, name(1, 1, archive.SealDraft), "half a member")
	// A file that was sealed, and not yet removed.
	put(t, name(2, 2, archive.Plain), lines(twice))
	put(t, name(2, 2, archive.Sealed), string(packed(t, lines(twice))))
	// Blocks that never reached the disk.
	put(t, name(3, 1, archive.Plain), lines(zeros[:2]), strings.Repeat("\x00", 4096), `","error":null}`+"\n", lines(zeros[2:]))
	// The day's file, torn.
	put(t, name(0, 1, archive.Plain), lines(today), `{`)
	// A lock that guards nothing.
	put(t, name(5, 1, archive.Lock))
	return append(append(append(torn, twice...), zeros...), today...)
}

// finish lets a writer without faults clean up.
func finish(t *testing.T, dir string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(72 * time.Hour)
		w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.Status(); got.SealError != nil {
			t.Errorf("sealing without faults: %v", got.SealError)
		}
		closeWriter(t, w)
	})
}

// wantClean checks that a folder has sealed files, and what must not be thrown
// away, and nothing else.
func wantClean(t *testing.T, dir string) {
	t.Helper()
	for _, base := range fileNames(t, dir) {
		n, ok := archive.ParseName(base)
		if !ok || n.Kind != archive.Sealed && n.Kind != archive.Torn {
			t.Errorf("the folder still has %s", base)
		}
	}
	locks, _ := filepath.Glob(filepath.Join(dir, ".actions-*.jsonl.lock"))
	if len(locks) > 0 {
		t.Errorf("the folder still has the locks %v", locks)
	}
}

func put(t testing.TB, path string, parts ...string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Join(parts, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lines returns actions as the lines of a file.
func lines(actions []storage.Action) string {
	var b []byte
	for i := range actions {
		b = append(actions[i].AppendJSON(b), '\n')
	}
	return string(b)
}

// TestFailedWriteLeavesNothing fails each kind of call that Write makes, and
// looks at the file right after: it ends where it did.
func TestFailedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		op    string
		err   error
		sync  archive.SyncPolicy
		batch int
	}{
		{"no-space", "write", syscall.ENOSPC, archive.SyncInterval, 10},
		{"short", "write", archive.ErrShort, archive.SyncInterval, 10},
		{"silent-short", "write", archive.ErrSilent, archive.SyncInterval, 10},
		{"fsync", "fsync", syscall.EIO, archive.SyncEveryBatch, 10},
		{"second-chunk", "write", archive.ErrShort, archive.SyncInterval, 9000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			faults := &archive.Faults{}
			m := newMaker(day0)
			w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, Sync: c.sync}.WithFaults(faults))
			first, second := m.next(5), m.next(c.batch)
			write(t, w, first)
			path := filepath.Join(dir, w.Status().Active)
			before := readText(t, path)

			skip := 0
			if c.name == "second-chunk" {
				skip = 1
			}
			faults.SetHook(func(op, base string) error {
				if op == c.op {
					if skip == 0 {
						return c.err
					}
					skip--
				}
				return nil
			})
			for range 3 {
				err := w.Write(context.Background(), second)
				if err == nil {
					t.Fatal("the write succeeded")
				}
				if !strings.Contains(err.Error(), filepath.Base(path)) || !strings.Contains(err.Error(), "actions") {
					t.Errorf("the error names no file: %v", err)
				}
				if !errors.Is(w.Status().WriteError, err) {
					t.Errorf("the status has %v; want %v", w.Status().WriteError, err)
				}
				if after := readText(t, path); !bytes.Equal(after, before) {
					t.Fatalf("the file has %d bytes after a failed write; want %d", len(after), len(before))
				}
			}
			faults.SetHook(nil)
			write(t, w, second)
			if err := w.Status().WriteError; err != nil {
				t.Errorf("the status still has %v", err)
			}
			closeWriter(t, w)
			wantLines(t, dir, first, second)
		})
	}
}

// TestCannotCutOff fails the truncation after a short write, too: it is made up
// for before the next write, before sealing, and before the file is left.
func TestCannotCutOff(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"write", "rotate", "close", "midnight"} {
		t.Run(next, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			faults := &archive.Faults{}
			m := newMaker(day0)
			clock := newClock(day0)
			w := openWriter(t, dir, archive.Options{Now: clock.now, MaxAge: -1}.WithFaults(faults))
			first, second := m.next(5), m.next(10)
			write(t, w, first)
			faults.SetHook(func(op, base string) error {
				switch op {
				case "write":
					return archive.ErrShort
				case "truncate":
					return syscall.EIO
				}
				return nil
			})
			for range 2 {
				if err := w.Write(context.Background(), second); !errors.Is(err, syscall.EIO) {
					t.Fatalf("write: %v", err)
				}
			}
			want := [][]storage.Action{first}
			switch next {
			case "write":
				faults.SetHook(nil)
				write(t, w, second)
				want = append(want, second)
			case "rotate":
				faults.SetHook(func(op, base string) error { // ending the file fails once more, then it is sealed
					if op == "truncate" {
						faults.SetHook(nil)
						return syscall.EIO
					}
					return nil
				})
				rotate(t, w)
			case "midnight":
				clock.set(day0.AddDate(0, 0, 1))
				if err := w.Write(context.Background(), second); err == nil {
					t.Fatal("the write succeeded")
				}
				faults.SetHook(nil)
				write(t, w, second)
				want = append(want, second)
				waitSealed(t, w)
			case "close":
				faults.SetHook(nil)
			}
			closeWriter(t, w)
			wantLines(t, dir, want...)
		})
	}
}

// TestNoSpaceHeals fills the disk for a while, with a writer that goes on
// trying, as a ring's pump does.
func TestNoSpaceHeals(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		faults := &archive.Faults{}
		m := newMaker(time.Now())
		events := newEventLog()
		w, err := archive.OpenWriter(dir, archive.Options{OnEvent: events.add}.WithFaults(faults))
		if err != nil {
			t.Fatal(err)
		}
		one, two := m.next(5), m.next(5)
		write(t, w, one)
		faults.SetHook(func(op, base string) error {
			if op == "write" || op == "open" && strings.HasPrefix(base, "actions-") {
				return &os.PathError{Op: op, Path: base, Err: syscall.ENOSPC}
			}
			return nil
		})
		time.Sleep(48 * time.Hour) // over midnight: sealing and the new file fail, too
		synctest.Wait()
		if err := w.Write(context.Background(), two); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("write: %v", err)
		}
		if got := w.Status(); got.Waiting != 1 || !errors.Is(got.SealError, syscall.ENOSPC) {
			t.Errorf("the status on a full disk is %+v", got)
		}
		faults.SetHook(nil)
		write(t, w, two)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.Status(); got.Waiting != 0 || got.SealError != nil || got.WriteError != nil {
			t.Errorf("the status after healing is %+v", got)
		}
		closeWriter(t, w)
		wantLines(t, dir, one, two)
	})
}

// TestSyncFails checks that an fsync that fails is told, shown and tried again.
func TestSyncFails(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		faults := &archive.Faults{}
		events := newEventLog()
		w, err := archive.OpenWriter(dir, archive.Options{OnEvent: events.add}.WithFaults(faults))
		if err != nil {
			t.Fatal(err)
		}
		m := newMaker(time.Now())
		write(t, w, m.next(1))
		var syncs atomic.Int32
		faults.SetHook(func(op, base string) error {
			if op == "fsync" && syncs.Add(1) <= 2 {
				return syscall.EIO
			}
			return nil
		})
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if got := w.Status().SyncError; !errors.Is(got, syscall.EIO) {
			t.Errorf("the status has %v", got)
		}
		if e := events.wait(t, archive.Failure); !errors.Is(e.Err, syscall.EIO) {
			t.Errorf("the event is %v", e)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := w.Status(); got.SyncError != nil || syncs.Load() != 3 {
			t.Errorf("after %d fsyncs, the status is %+v", syncs.Load(), got)
		}
		closeWriter(t, w)
	})
}

// TestSyncPolicies counts the fsyncs of each policy.
func TestSyncPolicies(t *testing.T) {
	for _, c := range []struct {
		policy      archive.SyncPolicy
		early, late int // before the interval has passed, and after
	}{
		{archive.SyncInterval, 0, 1},
		{archive.SyncEveryBatch, 10, 10},
		{archive.SyncNever, 0, 0},
	} {
		t.Run(strings.ReplaceAll(c.policy.String(), " ", "-"), func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				faults := &archive.Faults{}
				var syncs atomic.Int64
				faults.SetHook(func(op, base string) error {
					if op == "fsync" {
						syncs.Add(1)
					}
					return nil
				})
				w, err := archive.OpenWriter(dir, archive.Options{Sync: c.policy}.WithFaults(faults))
				if err != nil {
					t.Fatal(err)
				}
				m := newMaker(time.Now())
				for range 10 {
					write(t, w, m.next(3))
					time.Sleep(time.Millisecond)
				}
				early := int(syncs.Load())
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if late := int(syncs.Load()); early != c.early || late != c.late {
					t.Errorf("%d fsyncs at once and %d in the end; want %d and %d", early, late, c.early, c.late)
				}
				if err := w.Sync(context.Background()); err != nil {
					t.Fatal(err)
				}
				want := int64(max(c.late, 1))
				if got := syncs.Load(); got != want {
					t.Errorf("%d fsyncs after Sync; want %d", got, want)
				}
				closeWriter(t, w)
				if got := syncs.Load(); got != want {
					t.Errorf("%d fsyncs after Close; want %d", got, want)
				}
			})
		})
	}
}
