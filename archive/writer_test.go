package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// TestReopen closes and opens a writer on one day: it goes on in the same file.
func TestReopen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	opts := archive.Options{Now: newClock(day0).now}
	m := newMaker(day0)
	var all []storage.Action
	for range 5 {
		w := openWriter(t, dir, opts)
		batch := m.next(4)
		all = append(all, batch...)
		write(t, w, batch)
		closeWriter(t, w)
	}
	wantNames(t, dir, "actions-2026-11-22.jsonl")
	wantLines(t, dir, all)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v, %v", info.Mode(), err)
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

// TestClosed checks what a closed writer answers, and that closing again says
// the same.
func TestClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	m := newMaker(day0)
	write(t, w, m.next(1))
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ctx := context.Background()
	for what, err := range map[string]error{
		"write": w.Write(ctx, m.next(1)), "rotate": w.Rotate(ctx), "sync": w.Sync(ctx),
	} {
		if !errors.Is(err, storage.ErrClosed) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := w.Status(); got.Active != "" || got.Written != 1 {
		t.Errorf("the status is %+v", got)
	}
}

// TestContextEnded checks that nothing is written under a context that ended.
func TestContextEnded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for what, err := range map[string]error{
		"write": w.Write(ctx, newMaker(day0).next(1)), "rotate": w.Rotate(ctx), "sync": w.Sync(ctx),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantLines(t, dir)
}

// TestBusyFolder holds the folder's lock: a write waits for it, within its
// context and for ten seconds at most.
func TestBusyFolder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, err := archive.OpenWriter(dir, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := archive.LockFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		m := newMaker(time.Now())
		batch := m.next(1)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := w.Write(ctx, batch); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("write for a second: %v", err)
		}
		began := time.Now()
		if err := w.Write(context.Background(), batch); err == nil || !strings.Contains(err.Error(), "10s") {
			t.Errorf("write: %v", err)
		}
		if waited := time.Since(began); waited < 10*time.Second || waited > 11*time.Second {
			t.Errorf("it waited for %s", waited)
		}
		go func() {
			time.Sleep(2 * time.Second)
			unlock()
		}()
		write(t, w, batch)
		closeWriter(t, w)
		wantLines(t, dir, batch)
	})
}

// TestBusySealer holds the seal lock, as another process does that seals: this
// one waits, and then has its turn.
func TestBusySealer(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		unlock, err := archive.LockSealing(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := archive.OpenWriter(dir, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		batch := newMaker(time.Now()).next(3)
		write(t, w, batch)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.Rotate(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("rotate: %v", err)
		}
		if got := w.Status(); got.Waiting != 1 || got.SealError != nil {
			t.Errorf("the status is %+v", got)
		}
		unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		wantNames(t, dir, "actions-2000-01-01.jsonl.gz")
		closeWriter(t, w)
		wantLines(t, dir, batch)
	})
}

// TestCloseWhileWaiting closes a writer whose file waits to be sealed: it stays
// plain, and the next writer deals with it.
func TestCloseWhileWaiting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := archive.LockSealing(dir)
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock(day0)
	opts := archive.Options{Now: clock.now}
	w := openWriter(t, dir, opts)
	batch := newMaker(day0).next(3)
	write(t, w, batch)
	rotated := make(chan error)
	go func() { rotated <- w.Rotate(context.Background()) }()
	for w.Status().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	closeWriter(t, w)
	if err := <-rotated; !errors.Is(err, storage.ErrClosed) {
		t.Errorf("rotate: %v", err)
	}
	wantNames(t, dir, "actions-2026-11-22.jsonl")
	unlock()
	clock.set(day0.AddDate(0, 0, 1))
	w = openWriter(t, dir, opts)
	for exists(t, filepath.Join(dir, "actions-2026-11-22.jsonl")) {
		time.Sleep(time.Millisecond)
	}
	closeWriter(t, w)
	wantNames(t, dir, "actions-2026-11-22.jsonl.gz")
	wantLines(t, dir, batch)
}

// TestConcurrentWrites lets many goroutines write, sync and rotate.
func TestConcurrentWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{MaxFileSize: 50_000, MaxAge: -1, SyncEvery: time.Millisecond})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []storage.Action
	for g := range 8 {
		m := newMaker(day0.Add(time.Duration(g) * time.Hour))
		wg.Go(func() {
			for i := range 20 {
				batch := m.next(10)
				if err := w.Write(context.Background(), batch); err != nil {
					t.Error(err)
				}
				mu.Lock()
				all = append(all, batch...)
				mu.Unlock()
				switch i % 10 {
				case g:
					if err := w.Rotate(context.Background()); err != nil {
						t.Error(err)
					}
				case g + 2:
					if err := w.Sync(context.Background()); err != nil {
						t.Error(err)
					}
				}
				w.Status()
			}
		})
	}
	wg.Wait()
	waitSealed(t, w)
	closeWriter(t, w)
	wantLines(t, dir, all)
}

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]archive.Options{
		"Rotation":     {Rotation: 7},
		"Sync":         {Sync: 7},
		"SyncEvery":    {SyncEvery: -1},
		"MaxFileSize":  {MaxFileSize: -1},
		"MaxBytes":     {MaxBytes: -1},
		"MinFreeBytes": {MinFreeBytes: -1},
	} {
		dir := filepath.Join(t.TempDir(), "not-made")
		if _, err := archive.OpenWriter(dir, opts); err == nil || !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%s: %v", name, err)
		}
		if exists(t, dir) {
			t.Errorf("%s: the folder was made", name)
		}
	}
}

// TestCannotOpen opens what cannot be a folder.
func TestCannotOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	put(t, path)
	for _, dir := range []string{path, filepath.Join(path, "below")} {
		if _, err := archive.OpenWriter(dir, archive.Options{}); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("open %s: %v", dir, err)
		}
	}
}

// TestYearBeyond sets a clock to where no name leads.
func TestYearBeyond(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock := newClock(day0)
	w := openWriter(t, dir, archive.Options{MaxAge: -1, Now: func() time.Time { return clock.now().AddDate(8000, 0, 0) }})
	if err := w.Write(context.Background(), newMaker(day0).next(1)); err == nil || !strings.Contains(err.Error(), "9999") {
		t.Errorf("write: %v", err)
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		archive.Daily.String():        "daily",
		archive.Weekly.String():       "weekly",
		archive.SyncInterval.String(): "interval",
		archive.SyncNever.String():    "never",
		archive.Event{Kind: archive.Removed, File: "f", Bytes: 7}.String():                                                "removed f: 7 bytes",
		archive.Event{Kind: archive.Opened, File: "f"}.String():                                                           "opened f",
		archive.Event{Kind: archive.Failure, Err: os.ErrInvalid}.String():                                                 "failed: invalid argument",
		archive.Event{Kind: archive.Moved, File: "f", Err: os.ErrInvalid}.String():                                        "moved f: invalid argument",
		archive.Event{Kind: archive.SealEnd, File: "f", Lines: 3, Bytes: 90, Packed: 50, Took: time.Millisecond}.String(): "sealed f: 3 lines, 90 bytes in 50, 1ms",
	} {
		if got != want {
			t.Errorf("got %q; want %q", got, want)
		}
	}
}

// TestManyWait keeps this writer from sealing for long: it does not hold more
// and more files, and all are sealed in the end.
func TestManyWait(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		unlock, err := archive.LockSealing(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := archive.OpenWriter(dir, archive.Options{MaxFileSize: 1, MaxAge: -1})
		if err != nil {
			t.Fatal(err)
		}
		m := newMaker(time.Now())
		var all []storage.Action
		for range 100 {
			batch := m.next(2)
			all = append(all, batch...)
			write(t, w, batch)
			time.Sleep(time.Second)
		}
		waitGlance() // the last file is full, too
		synctest.Wait()
		if got := w.Status().Waiting; got != 64 {
			t.Errorf("%d files wait; want 64", got)
		}
		if locks, _ := filepath.Glob(filepath.Join(dir, ".actions-*.jsonl.lock")); len(locks) != 64 {
			t.Errorf("%d files are locked; want those", len(locks))
		}
		wantLines(t, dir, all)
		unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.Status(); got.Waiting != 0 || got.SealError != nil {
			t.Errorf("the status is %+v", got)
		}
		if plain, _ := filepath.Glob(filepath.Join(dir, "*.jsonl")); len(plain) != 0 {
			t.Errorf("%q are still plain", plain)
		}
		closeWriter(t, w)
		wantLines(t, dir, all)
	})
}

// TestCloseBreaksOff closes a writer while it seals a file on a disk that takes
// its time: Close does not wait for the end of it.
func TestCloseBreaksOff(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		faults := &archive.Faults{}
		w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1}.WithFaults(faults))
		if err != nil {
			t.Fatal(err)
		}
		batch := newMaker(time.Now()).next(30_000) // nine members
		write(t, w, batch)
		faults.SetHook(func(op, base string) error {
			if op == "write" && strings.HasSuffix(base, ".gz.tmp") {
				time.Sleep(2 * time.Second)
			}
			return nil
		})
		rotated := make(chan error, 1)
		go func() { rotated <- w.Rotate(context.Background()) }()
		time.Sleep(time.Second)
		began := time.Now()
		closeWriter(t, w)
		if waited := time.Since(began); waited < 5*time.Second || waited > 8*time.Second {
			t.Errorf("Close waited for %s", waited)
		}
		if err := <-rotated; err == nil {
			t.Error("the file was sealed")
		}
		wantNames(t, dir, "actions-2000-01-01.jsonl")
		wantLines(t, dir, batch)
	})
}

// TestCloseBusyFolder holds the folder's lock while a writer with several
// waiting files is closed: it waits for it once.
func TestCloseBusyFolder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		unlockSealing, err := archive.LockSealing(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := archive.OpenWriter(dir, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := newMaker(time.Now())
		var all [][]storage.Action
		for range 5 {
			all = append(all, m.next(1))
			write(t, w, all[len(all)-1])
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			if err := w.Rotate(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("rotate: %v", err)
			}
			cancel()
		}
		unlock, err := archive.LockFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := w.Close(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("Close took %s", took)
		}
		if err := errors.Join(unlock(), unlockSealing()); err != nil {
			t.Error(err)
		}
		w, err = archive.OpenWriter(dir, archive.Options{MaxFileSize: 1}) // nothing is locked any more
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		closeWriter(t, w)
		wantLines(t, dir, all...)
		if names := fileNames(t, dir); len(names) != 5 || !strings.HasSuffix(names[4], ".gz") {
			t.Errorf("the folder has %q", names)
		}
	})
}

// TestOnEventPanics checks that the panic of who is told is the panic that
// comes out, and that the writer goes on after it.
func TestOnEventPanics(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		told := 0
		w, err := archive.OpenWriter(dir, archive.Options{Sync: archive.SyncNever, OnEvent: func(e archive.Event) {
			if told++; told == 1 {
				panic(e.Kind)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // until only Write has something to tell
		batch := newMaker(time.Now()).next(1)
		func() {
			defer func() {
				if got := recover(); got != archive.Opened {
					t.Errorf("recovered %v", got)
				}
			}()
			write(t, w, batch)
		}()
		rotate(t, w)
		closeWriter(t, w)
		if told < 2 {
			t.Error("nothing was told after the panic")
		}
		wantLines(t, dir, batch)
	})
}
