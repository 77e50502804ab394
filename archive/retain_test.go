package archive_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// retained opens and closes a writer over a folder with these files, at noon of
// 22 November, and returns what is left.
func retained(t *testing.T, opts archive.Options, files map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	for base, content := range files {
		put(t, filepath.Join(dir, base), content)
	}
	synctest.Test(t, func(t *testing.T) {
		if opts.Now == nil {
			opts.Now = newClock(day0).now
		}
		w, err := archive.OpenWriter(dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.Status(); got.RetainError != nil || got.SealError != nil {
			t.Errorf("the status is %+v", got)
		}
		closeWriter(t, w)
	})
	return fileNames(t, dir)
}

func TestRetention(t *testing.T) {
	t.Parallel()
	gz := func(day string) string { // one action at noon of the day
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return string(packed(t, lines(newMaker(at.Add(12*time.Hour)).next(1))))
	}
	size := int64(len(gz("2026-11-01")))
	days := map[string]string{}
	for _, day := range []string{"2026-10-21", "2026-10-22", "2026-10-23", "2026-10-24", "2026-11-20"} {
		days["actions-"+day+".jsonl.gz"] = gz(day)
	}
	with := func(base, content string) map[string]string {
		files := map[string]string{base: content}
		for k, v := range days {
			files[k] = v
		}
		return files
	}
	keep := func(base string) func(string) bool { return func(file string) bool { return file == base } }
	for _, c := range []struct {
		name  string
		opts  archive.Options
		files map[string]string
		want  string // days
	}{
		// At noon of the 22nd, 30 days and a half after the midnight that ended the 22nd before.
		{"default", archive.Options{}, days, "10-23 10-24 11-20"},
		{"for-ever", archive.Options{MaxAge: -1}, days, "10-21 10-22 10-23 10-24 11-20"},
		{"two-days", archive.Options{MaxAge: 48 * time.Hour}, days, "11-20"},
		{"one-day", archive.Options{MaxAge: 24 * time.Hour}, days, ""},
		{"weekly", archive.Options{MaxAge: 27 * 24 * time.Hour, Rotation: archive.Weekly}, days, "10-21 10-22 10-23 10-24 11-20"},
		{"weekly-old", archive.Options{MaxAge: 24 * 24 * time.Hour, Rotation: archive.Weekly}, days, "10-23 10-24 11-20"},
		{"newest-action-counts", archive.Options{}, with("actions-2026-10-20.jsonl.gz", gz("2026-10-26")), "10-20 10-23 10-24 11-20"},
		{"no-later-than-a-week", archive.Options{}, with("actions-2026-10-12.jsonl.gz", gz("2030-01-01")), "10-23 10-24 11-20"},
		{"foreign", archive.Options{}, with("actions-2026-10-12.jsonl.gz", string(foreign(t, lines(newMaker(day0).next(1))))), "10-23 10-24 11-20"},
		{"torn-too", archive.Options{}, with("actions-2026-10-12.jsonl.torn", "{"), "10-23 10-24 11-20"},
		{"others-stay", archive.Options{MaxBytes: 1}, with("notes.txt", "mine"), "notes.txt"},
		{"max-bytes", archive.Options{MaxAge: -1, MaxBytes: 3*size + 20}, days, "10-23 10-24 11-20"},
		{"max-bytes-room", archive.Options{MaxAge: -1, MaxBytes: 6 * size}, days, "10-21 10-22 10-23 10-24 11-20"},
		{"max-bytes-counts-plain", archive.Options{MaxAge: -1, MaxBytes: 1000}, with("actions-2026-11-22.jsonl", lines(newMaker(day0).next(20))), "11-22.jsonl"},
		{"asked", archive.Options{Keep: keep("actions-2026-10-21.jsonl.gz")}, days, "10-21 10-23 10-24 11-20"},
		{"max-bytes-asked", archive.Options{MaxAge: -1, MaxBytes: 3*size + 20, Keep: keep("actions-2026-10-22.jsonl.gz")}, days, "10-22 10-24 11-20"},
		{"all-asked", archive.Options{MaxAge: time.Hour, MaxBytes: 1, Keep: func(string) bool { return true }}, days, "10-21 10-22 10-23 10-24 11-20"},
		{"plain-never-goes", archive.Options{MaxAge: time.Hour}, map[string]string{"actions-2026-11-22.jsonl": lines(newMaker(day0).next(1))}, "11-22.jsonl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var short []string
			for _, base := range retained(t, c.opts, c.files) {
				base = strings.TrimSuffix(strings.TrimPrefix(base, "actions-2026-"), ".jsonl.gz")
				short = append(short, base)
			}
			if got := strings.Join(short, " "); got != c.want {
				t.Errorf("kept are %q; want %q", got, c.want)
			}
		})
	}
}

// TestOldPlainIsSealedFirst checks that a plain file that is long past its age
// is sealed, and then removed as a sealed one.
func TestOldPlainIsSealedFirst(t *testing.T) {
	t.Parallel()
	var kinds []string
	opts := archive.Options{OnEvent: func(e archive.Event) { kinds = append(kinds, string(e.Kind)) }}
	old := lines(newMaker(day0.AddDate(-1, 0, 0)).next(3))
	if got := retained(t, opts, map[string]string{"actions-2025-11-22.jsonl": old}); len(got) != 0 {
		t.Errorf("kept are %q", got)
	}
	if got := strings.Join(kinds, " "); got != "sealed removed" {
		t.Errorf("the events are %q", got)
	}
}

// TestRetentionRuns checks that a day that grows old is removed while nothing
// is written.
func TestRetentionRuns(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		m := newMaker(time.Now())
		w, err := archive.OpenWriter(dir, archive.Options{MaxAge: 48 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, m.next(3))
		time.Sleep(71 * time.Hour)
		synctest.Wait()
		wantNames(t, dir, "actions-2000-01-01.jsonl.gz")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		wantNames(t, dir)
		closeWriter(t, w)
	})
}

// TestMinFree says that the disk has too little room: the oldest files go until
// enough was freed by their sizes, and no more.
func TestMinFree(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for day := 10; day < 20; day++ {
		base := fmt.Sprintf("actions-2026-11-%d.jsonl.gz", day)
		put(t, filepath.Join(dir, base), string(packed(t, lines(newMaker(day0).next(100)))))
		want = append(want, base)
	}
	info, err := os.Stat(filepath.Join(dir, want[0]))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		faults := &archive.Faults{}
		var free atomic.Int64
		free.Store(1000 - 3*info.Size()/2)
		faults.SetFree(free.Load)
		w, err := archive.OpenWriter(dir, archive.Options{Now: newClock(day0).now, MinFreeBytes: 1000}.WithFaults(faults))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		wantNames(t, dir, want[4:]...) // two before sealing, two after, as this disk frees nothing
		free.Store(5000)
		time.Sleep(time.Hour)
		synctest.Wait()
		wantNames(t, dir, want[4:]...)
		closeWriter(t, w)
	})
}

// TestMinFreeReal asks the real disk, which has a byte to spare.
func TestMinFreeReal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := archive.OpenWriter(dir, archive.Options{MinFreeBytes: 1})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	batch := newMaker(day0).next(2)
	write(t, w, batch)
	rotate(t, w)
	closeWriter(t, w)
	wantLines(t, dir, batch)
}

// TestRetainFails checks that a file that cannot be removed is told, shown, and
// tried again.
func TestRetainFails(t *testing.T) {
	dir := t.TempDir()
	base := "actions-2026-01-01.jsonl.gz"
	put(t, filepath.Join(dir, base), string(packed(t, lines(newMaker(day0.AddDate(0, -10, 0)).next(1)))))
	synctest.Test(t, func(t *testing.T) {
		faults := &archive.Faults{}
		faults.SetHook(func(op, name string) error {
			if op == "remove" && name == base {
				return os.ErrPermission
			}
			return nil
		})
		w, err := archive.OpenWriter(dir, archive.Options{Now: newClock(day0).now}.WithFaults(faults))
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, []storage.Action{newMaker(day0).one()})
		synctest.Wait()
		if got := w.Status(); got.RetainError == nil || got.SealError != nil || got.WriteError != nil {
			t.Errorf("the status is %+v", got)
		}
		faults.SetHook(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.Status(); got.RetainError != nil || exists(t, filepath.Join(dir, base)) {
			t.Errorf("later, the status is %+v", got)
		}
		closeWriter(t, w)
	})
}

// TestNumbersAreNotGivenAgain removes each file at once: none that follows has
// the name of one before.
func TestNumbersAreNotGivenAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := archive.Options{MaxBytes: 1, Now: newClock(day0).now}
	m := newMaker(day0)
	var last []storage.Action
	for i := range 4 {
		w := openWriter(t, dir, opts)
		last = m.next(1)
		write(t, w, last)
		want := "actions-2026-11-22.jsonl"
		if i > 0 {
			want = fmt.Sprintf("actions-2026-11-22.%d.jsonl", i+1)
		}
		if got := w.Status().Active; got != want {
			t.Errorf("the file is %s; want %s", got, want)
		}
		rotate(t, w)
		closeWriter(t, w)
	}
	wantNames(t, dir, "actions-2026-11-22.4.jsonl.gz")
	wantLines(t, dir, last)
}
