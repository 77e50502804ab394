package archive_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// openFeed returns a feed of a folder that the test closes.
func openFeed(t testing.TB, dir string, marks []archive.Mark, from time.Time) *archive.Feed {
	t.Helper()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.Feed(marks, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// look lets a feed see what there is, and returns how many lines are gone.
func look(t testing.TB, f *archive.Feed) (gone int64) {
	t.Helper()
	marks, err := f.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marks {
		gone += m.Known - m.Line
	}
	f.Begin()
	return gone
}

// drain keeps up to n entries, or all if n is negative, and returns what they
// hold.
func drain(t testing.TB, f *archive.Feed, n int) (got []storage.ID, problems []error) {
	t.Helper()
	for ; n != 0; n-- {
		e, ok, err := f.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		switch {
		case e.Err != nil:
			problems = append(problems, e.Err)
		case e.Found():
			got = append(got, e.Action.ID)
		}
		f.Keep(e.Mark)
	}
	return got, problems
}

func wantIDs(t testing.TB, got []storage.ID, want []storage.Action) {
	t.Helper()
	if list := ids(want); !slices.Equal(got, list) {
		t.Fatalf("%d ids came (%.3q …), want %d (%.3q …)", len(got), got[:min(len(got), 3)], len(list), list[:min(len(list), 3)])
	}
}

func wantBehind(t testing.TB, f *archive.Feed, lines int) {
	t.Helper()
	if got, bytes := f.Behind(); got != int64(lines) || (bytes == 0) != (lines == 0) {
		t.Fatalf("%d lines and %d bytes are behind, want %d lines", got, bytes, lines)
	}
}

// TestFeedOverSealing reads some lines of a file, has it sealed, and reads on,
// with the same feed and with one that knows the marks alone.
func TestFeedOverSealing(t *testing.T) {
	t.Parallel()
	const count = 9000 // some three megabytes: members begin within
	batch := newMaker(day0).next(count)
	for _, read := range []int{0, 1, 2999, count - 1, count} {
		for _, anew := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d-read-anew-%t", read, anew), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				w := openWriter(t, dir, archive.Options{})
				write(t, w, batch)
				f := openFeed(t, dir, nil, time.Time{})
				look(t, f)
				wantBehind(t, f, count)
				first, _ := drain(t, f, read)
				wantBehind(t, f, count-read)
				rotate(t, w)
				if anew {
					f = openFeed(t, dir, f.Marks(), time.Time{})
				} else {
					f.Release()
				}
				look(t, f)
				wantBehind(t, f, count-read)
				rest, problems := drain(t, f, -1)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				wantIDs(t, append(first, rest...), batch)
				wantBehind(t, f, 0)
				marks := f.Marks()
				if len(marks) != 1 || !marks[0].Done || marks[0].Line != count || marks[0].Known != count {
					t.Fatalf("the marks are %+v", marks)
				}
				if look(t, f); len(marks) > 0 {
					if again, _ := drain(t, f, -1); len(again) > 0 {
						t.Fatalf("%d lines come again", len(again))
					}
				}
			})
		}
	}
}

// TestFeedRandom writes by two writers, rotates, reads, forgets what was not
// kept and begins anew from the marks, in any order: every action comes, and once.
func TestFeedRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			dir := t.TempDir()
			writers := []*archive.Writer{openWriter(t, dir, archive.Options{}), openWriter(t, dir, archive.Options{MaxFileSize: 100_000})}
			makers := []*maker{newMaker(time.Now()), newMaker(time.Now().Add(time.Hour))}
			var want []storage.ID
			var got []storage.ID
			f := openFeed(t, dir, nil, time.Time{})
			for range 200 {
				i := r.IntN(2)
				switch r.IntN(8) {
				case 0, 1, 2:
					batch := makers[i].next(1 + r.IntN(60))
					write(t, writers[i], batch)
					want = append(want, ids(batch)...)
				case 3:
					if r.IntN(3) == 0 {
						rotate(t, writers[i])
					}
				case 4:
					look(t, f)
				case 5:
					list, _ := drain(t, f, r.IntN(200))
					got = append(got, list...)
				case 6:
					for range r.IntN(50) { // read, and not kept
						if _, ok, err := f.Next(t.Context()); err != nil {
							t.Fatal(err)
						} else if !ok {
							break
						}
					}
					if r.IntN(2) == 0 {
						f.Close()
						f = openFeed(t, dir, f.Marks(), time.Time{})
					} else {
						f.Rewind()
					}
				case 7:
					f.Release()
				}
			}
			look(t, f)
			list, _ := drain(t, f, -1)
			got = append(got, list...)
			look(t, f)
			wantBehind(t, f, 0)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%d ids came, %d distinct; want %d", len(got), len(slices.Compact(got)), len(want))
			}
		})
	}
}

// TestFeedRemoved counts what is removed before it was read, once, also over a
// restart.
// TestFeedRemovedUnkept holds that lines which were read of a file that is gone,
// and were not kept, count as gone for who begins anew from the marks.
// TestFeedDamage holds that damage is named, and all around it comes.
// TestFeedChanged holds that another text under the name of one that was read
// is read from its beginning, and so is one that became shorter.
// TestFeedBegin begins from a moment on, and with what comes.
func TestFeedBegin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := newMaker(day0)
	w := openWriter(t, dir, archive.Options{MaxAge: -1, Now: func() time.Time { return day0 }})
	old := m.next(8000)
	write(t, w, old)
	rotate(t, w)
	later := m.next(10)
	write(t, w, later)

	f := openFeed(t, dir, nil, old[7500].Time)
	look(t, f)
	got, _ := drain(t, f, -1)
	wantIDs(t, got, append(old[7500:], later...))
	wantBehind(t, f, 0)
	write(t, w, old[:3]) // which came late
	look(t, f)
	wantBehind(t, f, 3)
	if got, _ := drain(t, f, -1); len(got) > 0 {
		t.Errorf("%v came", got)
	}
	wantBehind(t, f, 0)

	f = openFeed(t, dir, nil, time.Time{})
	if err := f.SkipAll(t.Context()); err != nil { // what came late, too
		t.Fatal(err)
	}
	wantBehind(t, f, 0)
	fresh := m.next(5)
	write(t, w, fresh)
	f = openFeed(t, dir, f.Marks(), time.Time{})
	look(t, f)
	wantBehind(t, f, 5)
	got, _ = drain(t, f, -1)
	wantIDs(t, got, fresh)
}

// TestFeedCheck tells the archive that marks are of from another.
func TestFeedCheck(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	dirs := []string{t.TempDir(), t.TempDir()}
	for _, dir := range dirs {
		put(t, filepath.Join(dir, "actions-2026-11-21.jsonl.gz"), string(packed(t, lines(m.next(10)))))
		put(t, filepath.Join(dir, "actions-2026-11-22.jsonl"), lines(m.next(10)))
	}
	f := openFeed(t, dirs[0], nil, time.Time{})
	look(t, f)
	drain(t, f, -1)
	for i, want := range [][2]int{{2, 0}, {0, 2}} {
		same, other, err := openFeed(t, dirs[i], f.Marks(), time.Time{}).Check(t.Context())
		if err != nil || [2]int{same, other} != want {
			t.Errorf("archive %d: %d are the same and %d others, %v; want %v", i, same, other, err, want)
		}
	}
}

// TestFeedUnreadable holds that what cannot be read does not keep the others
// from being read, and that what is no file is told once.
// TestTryLock holds that a lock is taken once at a time.
func TestTryLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	release, ok, err := archive.TryLock(path)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := archive.TryLock(path); ok || err != nil {
		t.Errorf("taken twice: %t, %v", ok, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, ok, err = archive.TryLock(path)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if _, _, err := archive.TryLock(filepath.Join(path, "none")); err == nil {
		t.Error("no error where there is no folder")
	}
}
