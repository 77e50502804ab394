package archive_test

import (
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// liveHeap is what the last garbage collection found to be in use.
func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// peakHeap returns the most that do keeps in memory at a time.
func peakHeap(do func()) int64 {
	runtime.GC()
	before, peak := liveHeap(), int64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			peak = max(peak, liveHeap())
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-stopped
	return peak - before
}

// TestMemoryIsBounded asks questions of much more than may be in memory, which
// are not answered by an index. It does not run beside others, whose memory it
// would see.
func TestMemoryIsBounded(t *testing.T) {
	const (
		count = 130_000 // more than 100 MB once all are decoded
		bound = 90 << 20
	)
	defer debug.SetGCPercent(debug.SetGCPercent(15))
	dirs := map[string]string{"sealed": t.TempDir(), "plain": t.TempDir(), "foreign": t.TempDir(), "foreign-members": t.TempDir()}
	func() {
		text := lines(newMaker(day0).next(count))
		put(t, filepath.Join(dirs["sealed"], foreignBase), string(packed(t, text)))
		put(t, filepath.Join(dirs["plain"], "actions-2026-11-22.jsonl"), text)
		put(t, filepath.Join(dirs["foreign"], foreignBase), string(foreign(t, text)))
		gz, _ := foreignMembers(t, text, 15<<20)
		put(t, filepath.Join(dirs["foreign-members"], foreignBase), gz)
	}()
	ctx := t.Context()
	for kind, dir := range dirs {
		a, err := archive.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		questions := map[string]func() error{
			"search": func() error {
				_, err := a.Search(ctx, storage.Query{Text: "r-", Sort: storage.SlowestFirst})
				return err
			},
			"stats":  func() error { _, err := a.Stats(ctx, storage.Query{}); return err },
			"errors": func() error { _, err := a.Errors(ctx, storage.Query{}); return err },
			"slow":   func() error { _, err := a.Slow(ctx, storage.Query{}); return err },
			"series": func() error { _, err := a.Series(ctx, storage.Query{}, time.Second); return err },
			"actions": func() error {
				n := 0
				for _, err := range a.Actions(ctx, storage.Query{}) {
					if n++; err != nil {
						return err
					}
				}
				if n != count {
					t.Errorf("read %d actions", n)
				}
				return nil
			},
		}
		for name, ask := range questions {
			t.Run(kind+"/"+name, func(t *testing.T) {
				peak := peakHeap(func() {
					if err := ask(); err != nil {
						t.Error(err)
					}
				})
				t.Logf("%d KiB", peak>>10)
				if peak > bound {
					t.Errorf("%d KiB were in use; allowed are %d", peak>>10, int64(bound)>>10)
				}
			})
		}
	}
}

// TestMemoryOfLongLines reads lines that are much too long to be an action.
func TestMemoryOfLongLines(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(15))
	dir := t.TempDir()
	func() {
		text := lines(newMaker(day0).next(10))
		long := strings.Repeat("x", 15<<20) + "\n"
		put(t, filepath.Join(dir, "actions-2026-11-22.jsonl"), strings.Repeat(text+long, 6))
		put(t, filepath.Join(dir, "actions-2026-11-21.jsonl.gz"), string(foreign(t, strings.Repeat(text+long, 6))))
	}()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	peak := peakHeap(func() {
		st, err := a.Stats(t.Context(), storage.Query{})
		if err != nil || st.Total != 120 {
			t.Errorf("counted %d, %v", st.Total, err)
		}
		n, problems := 0, 0
		for _, err := range a.Actions(t.Context(), storage.Query{}) {
			if n++; err != nil {
				problems++
			}
		}
		if n-problems != 120 || problems != 12 {
			t.Errorf("read %d actions with %d problems", n-problems, problems)
		}
	})
	if peak > 40<<20 {
		t.Errorf("%d KiB were in use", peak>>10)
	}
}
