package archive_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// threeKinds makes a folder with a sealed file that has an index, another
// program's, and a plain one, all of several megabytes.
func threeKinds(t testing.TB) (dir string, all []storage.Action) {
	t.Helper()
	dir = t.TempDir()
	m := newMaker(day0)
	w := openWriter(t, dir, archive.Options{MaxAge: -1, Now: func() time.Time { return day0 }})
	log := m.next(12_000)
	write(t, w, log)
	rotate(t, w)
	closeWriter(t, w)
	if !exists(t, filepath.Join(dir, "actions-2026-11-22.jsonl.gz.idx")) {
		t.Fatalf("no index in %v", fileNames(t, dir))
	}
	plain := m.next(12_000)
	put(t, filepath.Join(dir, "actions-2026-11-23.jsonl"), lines(plain))
	others := m.next(12_000)
	put(t, filepath.Join(dir, "actions-2026-11-24.jsonl.gz"), string(foreign(t, lines(others))))
	return dir, append(append(log, plain...), others...)
}

// TestActionsProgress checks that Actions tells how far it is, from nothing to
// all, and never goes back.
func TestActionsProgress(t *testing.T) {
	t.Parallel()
	dir, all := threeKinds(t)
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []storage.Query{{}, {Status: storage.Failed}, {From: day0.Add(time.Hour)}} {
		calls, last, size := 0, int64(-1), int64(0)
		a.OnProgress = func(done, total int64) {
			if done < last || done > total || calls == 0 && done != 0 {
				t.Errorf("after %d of %d bytes: %d", last, total, done)
			}
			calls, last, size = calls+1, done, total
		}
		n := 0
		for _, err := range a.Actions(t.Context(), q) {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		if last != size || size == 0 || calls < 4 {
			t.Errorf("%d calls, the last with %d of %d bytes", calls, last, size)
		}
		if q.Status == "" && q.From.IsZero() && n != len(all) {
			t.Errorf("read %d actions of %d", n, len(all))
		}
	}
}

// TestActionsUsesIndex breaks members that the index rules out, and sees no
// damage; without the index it is seen.
func TestActionsUsesIndex(t *testing.T) {
	t.Parallel()
	dir, all := threeKinds(t)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	gz := readRaw(t, path)
	put(t, path, flip(string(gz), 5000)) // in the first member
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	q := storage.Query{ID: all[11_999].ID, Limit: 5}
	read := func() (n, problems int) {
		for _, err := range a.Actions(t.Context(), q) {
			if err != nil {
				problems++
			} else {
				n++
			}
		}
		return n, problems
	}
	if n, problems := read(); n != 1 || problems != 0 {
		t.Errorf("found %d actions with %d problems", n, problems)
	}
	a.IgnoreIndex = true
	if n, problems := read(); n != 1 || problems != 1 {
		t.Errorf("without the index: found %d actions with %d problems", n, problems)
	}
}

// TestActionsEndEarly breaks off at each of the first places, and by the
// context; what reads ahead must end too.
func TestActionsEndEarly(t *testing.T) {
	t.Parallel()
	dir, _ := threeKinds(t)
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, stop := range []int{1, 2, 5000, 13_000, 25_000} {
		n := 0
		for range a.Actions(t.Context(), storage.Query{}) {
			if n++; n == stop {
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		n = 0
		var last error
		for _, err := range a.Actions(ctx, storage.Query{}) {
			if n++; n == stop {
				cancel()
			}
			last = err
		}
		if cancel(); !errors.Is(last, context.Canceled) {
			t.Errorf("after %d of %d: the last error is %v", stop, n, last)
		}
	}
}

// TestActionsManyBadLines has more bad lines than are kept: each is told, with
// its number, in order.
func TestActionsManyBadLines(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	text := lines(m.next(10)) + strings.Repeat("bad\n", 5000) + lines(m.next(10))
	for base, content := range map[string]string{
		"actions-2026-11-22.jsonl":    text,
		"actions-2026-11-22.jsonl.gz": string(packed(t, text)),
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, base), content)
		got, problems := readAll(t, dir, storage.Query{})
		if len(got) != 20 || len(problems) != 5000 {
			t.Fatalf("read %d actions with %d problems", len(got), len(problems))
		}
		for i, err := range problems {
			var syntax *archive.SyntaxError
			if !errors.As(err, &syntax) || syntax.Line != 11+i {
				t.Fatalf("problem %d is %v", i, err)
			}
		}
	}
}

// TestActionsSeveralStreams has gzip of other programs before and behind members
// of ours in one file, all overlapping in time.
func TestActionsSeveralStreams(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	var parts [5][]storage.Action
	var all []storage.Action
	for range 4000 {
		for i := range parts {
			parts[i] = append(parts[i], m.next(1)...)
			all = append(all, parts[i][len(parts[i])-1])
		}
	}
	content := string(foreign(t, lines(parts[0]))) + string(packed(t, lines(parts[1]))) + string(foreign(t, lines(parts[2]))) +
		string(packed(t, lines(parts[3]))) + string(foreign(t, lines(parts[4])))
	got, problems := readBoth(t, foreignBase, content)
	if len(problems) > 0 || len(got) != len(all) {
		t.Fatalf("read %d actions of %d with the problems %v", len(got), len(all), problems)
	}
	for i := range got {
		if got[i].ID != all[i].ID {
			t.Fatalf("action %d is %s; want %s", i, got[i].ID, all[i].ID)
		}
	}
}

// TestSeriesGivesUpEarly asks for a step that makes too many points: it is
// refused long before everything has been read, and kept.
func TestSeriesGivesUpEarly(t *testing.T) {
	t.Parallel()
	dir, _ := threeKinds(t)
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var at, of int64
	a.OnProgress = func(done, total int64) { at, of = done, total }
	var param *storage.ParamError
	if _, err := a.Series(t.Context(), storage.Query{}, time.Nanosecond); !errors.As(err, &param) || param.Param != "step" {
		t.Errorf("got the error %v", err)
	}
	if of == 0 || at >= of {
		t.Errorf("refused after %d of %d bytes", at, of)
	}
}

// TestSearchProgress checks that a search tells how far it is within a file, be
// it sealed, plain or another program's.
func TestSearchProgress(t *testing.T) {
	t.Parallel()
	dir, _ := threeKinds(t)
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, ".idx") {
			continue
		}
		for _, ignore := range []bool{false, true} {
			a, err := archive.OpenFiles(path)
			if err != nil {
				t.Fatal(err)
			}
			a.IgnoreIndex = ignore
			calls, last, size := 0, int64(-1), int64(0)
			a.OnProgress = func(done, total int64) {
				if done < last || done > total {
					t.Errorf("%s: after %d of %d bytes: %d", path, last, total, done)
				}
				calls, last, size = calls+1, done, total
			}
			if _, err := a.Search(t.Context(), storage.Query{Text: "refused", Limit: storage.NoLimit}); err != nil {
				t.Fatal(err)
			}
			// What is held until its checksum is known is dealt with at once.
			least := 4
			if strings.Contains(path, "-24") {
				least = 2
			}
			if last != size || calls < least {
				t.Errorf("%s: %d calls, the last with %d of %d bytes", path, calls, last, size)
			}
		}
	}
}
