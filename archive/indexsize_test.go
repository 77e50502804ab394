package archive_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// TestIndexHoldsAll seals the lines of a busy system, and wants every part of
// the index to be there, within the tenth that it may have.
func TestIndexHoldsAll(t *testing.T) {
	t.Parallel()
	hours := 3
	if full() {
		hours = 24
	}
	dir := t.TempDir()
	gz := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	sealed := packed(t, lines(newLoad(1, day0).hours(hours)))
	put(t, gz, string(sealed))
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Reindex(context.Background(), false, nil); err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(gz + ".idx")
	if err != nil {
		t.Fatal(err)
	}
	share := func(n int) float64 { return 100 * float64(n) / float64(len(sealed)) }
	t.Logf("%d bytes of gzip, %.1f an action; index %.2f %%", len(sealed), float64(len(sealed))/float64(hours*loadPerHour), share(len(index)))
	for _, s := range archive.IndexSizes(index) {
		t.Logf("%12s %9d bytes, %.3f %%", s.Name, s.Size, share(s.Size))
		if s.Size == 0 {
			t.Errorf("the index has no %s", s.Name)
		}
	}
	if len(index) > len(sealed)/10 {
		t.Errorf("the index has %.2f %% of the file", share(len(index)))
	}
}

// TestQuestionsOfDays asks five days of a million actions what a person asks
// first, and logs how long that takes; ACTIONLOG_FULL only.
func TestQuestionsOfDays(t *testing.T) {
	if !full() {
		t.Skip("it writes half a gigabyte; set ACTIONLOG_FULL=1")
	}
	dir := t.TempDir()
	l := newLoad(1, day0.Truncate(24*time.Hour))
	var one storage.Action
	for day := range 5 {
		batch := l.hours(24)
		one = batch[len(batch)/3]
		gz := filepath.Join(dir, fmt.Sprintf("actions-2026-11-%d.jsonl.gz", 22+day))
		put(t, gz, string(packed(t, lines(batch))))
	}
	ctx := context.Background()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Reindex(ctx, false, nil); err != nil {
		t.Fatal(err)
	}
	hour := one.Time.Truncate(time.Hour)
	for name, ask := range map[string]func(a *archive.Archive) (int, error){
		"one request id": func(a *archive.Archive) (int, error) {
			page, err := a.Search(ctx, storage.Query{RequestID: one.HTTP.RequestID})
			return len(page.Actions), err
		},
		"failed, one service, one hour": func(a *archive.Archive) (int, error) {
			page, err := a.Search(ctx, storage.Query{Services: []string{one.Service}, Status: storage.Failed, From: hour, To: hour.Add(time.Hour)})
			return len(page.Actions), err
		},
		"statistics": func(a *archive.Archive) (int, error) {
			stats, err := a.Stats(ctx, storage.Query{})
			return int(stats.Total), err
		},
		"errors": func(a *archive.Archive) (int, error) {
			groups, err := a.Errors(ctx, storage.Query{Limit: 20})
			return len(groups), err
		},
	} {
		var times []time.Duration
		n := 0
		for range 9 {
			began := time.Now()
			a, err := archive.Open(dir)
			if err == nil {
				n, err = ask(a)
			}
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, time.Since(began))
		}
		first := times[0]
		slices.Sort(times)
		t.Logf("%s: %d found, %v, the first time %v", name, n, times[len(times)/2], first)
		if n == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}
