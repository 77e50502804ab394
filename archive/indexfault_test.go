package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// indexable makes actions whose sealed file is large enough for an index.
func indexable(seed uint64, from time.Time) []storage.Action { return newLoad(seed, from).next(2500) }

// TestIndexCallFails lets each call that has to do with indexes fail once, and
// then looks at the folder after a while of the same writer, and after another.
func TestIndexCallFails(t *testing.T) {
	t.Parallel()
	calls, step := 1, 1
	if !full() {
		step = 4
	}
	for k := 1; k <= calls; k += step {
		dir := t.TempDir()
		failed := ""
		synctest.Test(t, func(t *testing.T) {
			faults := &archive.Faults{}
			var mu sync.Mutex
			count := 0
			faults.SetHook(func(op, base string) error {
				mu.Lock()
				defer mu.Unlock()
				sealing := strings.Contains(base, ".gz") || op == "syncdir" || op == "readdir"
				if !sealing {
					return nil
				}
				if count++; count != k {
					return nil
				}
				failed = op + " " + base
				return syscall.EIO
			})
			w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1}.WithFaults(faults))
			if err != nil {
				return // another test opens again
			}
			one, two := indexable(1, time.Now()), indexable(2, time.Now())
			try(t, "write", func() error { return w.Write(context.Background(), one) })
			w.Rotate(context.Background())
			try(t, "write", func() error { return w.Write(context.Background(), two) })
			w.Rotate(context.Background())
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if got := w.Status(); got.SealError != nil || got.Waiting > 0 {
				t.Errorf("the status is %+v", got)
			}
			wantIndexes(t, dir, 2)
			closeWriter(t, w)
			mu.Lock()
			calls = max(calls, count)
			mu.Unlock()
			wantLines(t, dir, one, two)
		})
		if t.Failed() {
			t.Fatalf("call %d failed: %s", k, failed)
		}
	}
	t.Logf("%d calls failed in turn", calls)
	if calls < 30 {
		t.Errorf("only %d calls were made", calls)
	}
}

// wantIndexes checks that a folder has sealed files with indexes, all sound,
// and no drafts.
func wantIndexes(t *testing.T, dir string, n int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz.idx"))
	if err != nil || len(paths) != n {
		t.Errorf("there are %d indexes, %v; want %d", len(paths), err, n)
	}
	drafts, _ := filepath.Glob(filepath.Join(dir, ".*.tmp"))
	if len(drafts) > 0 {
		t.Errorf("there are still %v", drafts)
	}
	for _, path := range paths {
		if err := archive.CheckIndex(strings.TrimSuffix(path, ".idx")); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestKilledWhileIndexing takes the state of the folder after each call of a
// sealing, as a process that is killed there leaves it. Each state answers as
// the whole one does, also while a left index is another file's, and the next
// writer makes the same of each.
func TestKilledWhileIndexing(t *testing.T) {
	t.Parallel()
	dir, states := t.TempDir(), t.TempDir()
	faults := &archive.Faults{}
	w := openWriter(t, dir, archive.Options{MaxAge: -1, Now: newClock(day0).now}.WithFaults(faults))
	all := indexable(3, day0)
	write(t, w, all)
	var mu sync.Mutex
	count := 0
	var names []string
	faults.SetHook(func(op, base string) error {
		mu.Lock()
		defer mu.Unlock()
		switch op {
		case "read", "lstat", "stat", "readdir", "close", "free":
			return nil // the folder is as before
		}
		to := filepath.Join(states, fmt.Sprint(count))
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			return err
		}
		names = append(names, op+" "+base)
		count++
		return nil
	})
	rotate(t, w)
	closeWriter(t, w)
	faults.SetHook(nil)
	want, err := os.ReadFile(filepath.Join(dir, "actions-2026-11-22.jsonl.gz.idx"))
	if err != nil {
		t.Fatal(err)
	}
	if count < 8 {
		t.Errorf("only %d states: %v", count, names)
	}
	q := storage.Query{RequestID: all[77].HTTP.RequestID}
	for i := range count {
		state := filepath.Join(states, fmt.Sprint(i))
		check := func(when string) {
			t.Helper()
			got, problems := readAll(t, state, storage.Query{})
			if len(got) != len(all) || problems != nil {
				t.Errorf("before %q, %s: %d actions, %v", names[i], when, len(got), problems)
			}
			a, err := archive.Open(state)
			if err != nil {
				t.Fatal(err)
			}
			page, err := a.Search(context.Background(), q)
			if err != nil || len(page.Actions) != 1 {
				t.Errorf("before %q, %s: found %d, %v", names[i], when, len(page.Actions), err)
			}
		}
		check("left")
		later := newClock(day0.AddDate(0, 0, 1))
		next, err := archive.OpenWriter(state, archive.Options{MaxAge: -1, Now: later.now})
		if err != nil {
			t.Fatal(err)
		}
		settled := waitIndexed(t, state)
		closeWriter(t, next)
		check("mended")
		wantLines(t, state, all)
		wantIndexes(t, state, 1)
		if !settled {
			t.Errorf("before %q: the next writer did not finish", names[i])
		}
		got, err := os.ReadFile(filepath.Join(state, "actions-2026-11-22.jsonl.gz.idx"))
		if err != nil || string(got) != string(want) {
			t.Errorf("before %q: the index is another one, %v", names[i], err)
		}
	}
}

// waitIndexed waits until a folder has a sealed file with its index, and
// nothing else.
func waitIndexed(t *testing.T, dir string) bool {
	t.Helper()
	for range 500 {
		path := filepath.Join(dir, "actions-2026-11-22.jsonl")
		drafts, _ := filepath.Glob(filepath.Join(dir, ".*.tmp"))
		if _, err := os.Lstat(path); err != nil && len(drafts) == 0 && exists(t, path+".gz.idx") && archive.CheckIndex(path+".gz") == nil {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// TestStaleIndex exchanges a sealed file under its index, for one of the same
// size, and takes it away: the index is not used, and the next writer makes
// the right one or removes it.
func TestStaleIndex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(t *testing.T, gz string, other []byte)
		want int
	}{
		{"other-text", func(t *testing.T, gz string, other []byte) { put(t, gz, string(other)) }, 1},
		{"gone", func(t *testing.T, gz string, other []byte) { os.Remove(gz) }, 0},
		{"index-cut", func(t *testing.T, gz string, other []byte) { os.Truncate(gz+".idx", 500) }, 1},
		{"index-longer", func(t *testing.T, gz string, other []byte) {
			b, _ := os.ReadFile(gz + ".idx")
			put(t, gz+".idx", string(b), "x")
		}, 1},
		{"draft-left", func(t *testing.T, gz string, other []byte) {
			put(t, filepath.Join(filepath.Dir(gz), "."+filepath.Base(gz)+".idx.tmp"), "half")
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			gz := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
			all, others := indexable(4, day0), indexable(5, day0)
			for i := range others { // so that both have the same last line
				if i == len(others)-1 {
					others[i] = all[len(all)-1]
				}
			}
			put(t, gz, string(packed(t, lines(all))))
			a, err := archive.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Reindex(context.Background(), false, nil); err != nil {
				t.Fatal(err)
			}
			wantIndexes(t, dir, 1)
			c.do(t, gz, packed(t, lines(others)))
			left := naive(t, others, storage.Query{})
			if c.name != "other-text" {
				left = naive(t, all, storage.Query{})
			}
			if c.want > 0 {
				compareAnswers(t, c.name, a, storage.Query{}, left)
			}
			clock := newClock(day0.AddDate(0, 0, 1))
			w := openWriter(t, dir, archive.Options{MaxAge: -1, Now: clock.now})
			deadline := time.Now().Add(20 * time.Second)
			for time.Now().Before(deadline) {
				paths, _ := filepath.Glob(filepath.Join(dir, "*.idx"))
				drafts, _ := filepath.Glob(filepath.Join(dir, ".*.idx.tmp"))
				if len(paths) == c.want && len(drafts) == 0 && (c.want == 0 || archive.CheckIndex(gz) == nil) {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			closeWriter(t, w)
			wantIndexes(t, dir, c.want)
		})
	}
}

// TestIndexAllWaysAlike compares the index that sealing makes with that of
// Reindex.
func TestIndexAllWaysAlike(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{MaxAge: -1, Now: newClock(day0).now})
	write(t, w, newLoad(6, day0).next(20_000))
	rotate(t, w)
	closeWriter(t, w)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl.gz.idx")
	sealing, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Reindex(context.Background(), true, nil); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(path)
	if err != nil || string(again) != string(sealing) {
		t.Errorf("the indexes differ, of %d and %d bytes, %v", len(sealing), len(again), err)
	}
}

// TestIndexAfterFullDisk has no room for indexes for a while: they are made as
// soon as there is, by the same writer.
func TestIndexAfterFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		faults := &archive.Faults{}
		faults.SetHook(func(op, base string) error {
			if op == "write" && strings.Contains(base, ".idx") {
				return syscall.ENOSPC
			}
			return nil
		})
		w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1}.WithFaults(faults))
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, indexable(1, time.Now()))
		rotate(t, w)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := w.Status().SealError; !errors.Is(got, syscall.ENOSPC) {
			t.Errorf("the status has %v", got)
		}
		faults.SetHook(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.Status().SealError; got != nil {
			t.Errorf("the status still has %v", got)
		}
		closeWriter(t, w)
	})
	wantIndexes(t, dir, 1)
}
