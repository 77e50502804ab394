package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/archive"
)

// TestSyncFailsDuringRotation ends a file while an fsync of it goes on: the
// rotation forces it to the disk by itself, and what became of the fsync that
// had begun before is told to who asked for it.
func TestSyncFailsDuringRotation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		first, next error
	}{
		{"first-fails", syscall.EIO, nil},
		{"rotation-fails", nil, syscall.EIO},
		{"neither", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			faults := &archive.Faults{}
			w := openWriter(t, t.TempDir(), archive.Options{Sync: archive.SyncNever}.WithFaults(faults))
			write(t, w, newMaker(time.Now()).next(3))
			begun, goOn := make(chan struct{}), make(chan struct{})
			var syncs atomic.Int32
			faults.SetHook(func(op, base string) error {
				if op != "fsync" || !strings.HasSuffix(base, ".jsonl") {
					return nil
				}
				if syncs.Add(1) > 1 {
					return c.next
				}
				close(begun)
				<-goOn
				return c.first
			})
			synced := make(chan error)
			go func() { synced <- w.Sync(context.Background()) }()
			<-begun
			rotate(t, w)
			close(goOn)
			err := <-synced
			if failed := errors.Is(err, syscall.EIO); failed != (c.first != nil || c.next != nil) || syncs.Load() != 2 {
				t.Errorf("Sync: %v, after %d fsyncs of the file", err, syncs.Load())
			}
			closeWriter(t, w)
		})
	}
}

// TestFailedSyncWritesAgain checks that what a failed fsync may have cost is
// written again before another counts.
func TestFailedSyncWritesAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	faults := &archive.Faults{}
	w := openWriter(t, dir, archive.Options{Sync: archive.SyncNever}.WithFaults(faults))
	m := newMaker(time.Now())
	first := m.next(3)
	write(t, w, first)
	if err := w.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	second := m.next(9_000) // more than is written again at a time
	write(t, w, second)
	active := w.Status().Active // beside it, the folder is looked after all the while
	var mu sync.Mutex
	var steps []string
	faults.SetHook(func(op, base string) error {
		if base != active || op != "fsync" && op != "read" && op != "write" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if steps = append(steps, op); len(steps) == 1 || len(steps) == 3 {
			return syscall.EIO
		}
		return nil
	})
	for i, fails := range []bool{true, true, false, false} {
		if err := w.Sync(context.Background()); errors.Is(err, syscall.EIO) != fails {
			t.Errorf("Sync %d: %v", i, err)
		}
	}
	// An fsync, a write that fails, and at last all of it.
	mu.Lock()
	got := strings.Join(steps, " ")
	mu.Unlock()
	if again := strings.Count(got, " read write"); again < 3 || strings.ReplaceAll(got, " read write", "") != "fsync fsync" {
		t.Errorf("the steps are %q", got)
	}
	closeWriter(t, w)
	wantLines(t, dir, first, second)
}

// TestLostPagesAreTold makes the system lose what a failed fsync was for.
func TestLostPagesAreTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	faults := &archive.Faults{}
	w := openWriter(t, dir, archive.Options{Sync: archive.SyncNever}.WithFaults(faults))
	write(t, w, newMaker(time.Now()).next(3))
	path := filepath.Join(dir, w.Status().Active)
	var once atomic.Bool
	faults.SetHook(func(op, base string) error {
		if op == "fsync" && once.CompareAndSwap(false, true) {
			return errors.Join(syscall.EIO, os.WriteFile(path, make([]byte, w.Status().Bytes), 0o600))
		}
		return nil
	})
	for range 3 {
		if err := w.Sync(context.Background()); err == nil {
			t.Error("zeros were forced to the disk, and Sync says nothing")
		}
	}
	w.Close()
}

// TestAdoptedIsSynced checks that the lines of a writer that was killed are
// forced to the disk by the next one.
func TestAdoptedIsSynced(t *testing.T) {
	for _, policy := range []archive.SyncPolicy{archive.SyncInterval, archive.SyncEveryBatch, archive.SyncNever} {
		t.Run(strings.ReplaceAll(policy.String(), " ", "-"), func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, "actions-2026-11-22.jsonl"), lines(newMaker(day0).next(3)))
			synctest.Test(t, func(t *testing.T) {
				faults := &archive.Faults{}
				var syncs atomic.Int32
				faults.SetHook(func(op, base string) error {
					if op == "fsync" {
						syncs.Add(1)
					}
					return nil
				})
				w, err := archive.OpenWriter(dir, archive.Options{Sync: policy, Now: newClock(day0).now}.WithFaults(faults))
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if got := syncs.Load(); got == 0 != (policy == archive.SyncNever) {
					t.Errorf("%d fsyncs after three seconds", got)
				}
				closeWriter(t, w)
				if got := syncs.Load(); got != 1 {
					t.Errorf("%d fsyncs after Close; want 1", got)
				}
			})
		})
	}
}
