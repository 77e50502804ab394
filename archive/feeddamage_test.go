package archive_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

func TestFeedRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	m := newMaker(time.Now())
	for range 3 {
		write(t, w, m.next(10))
		rotate(t, w)
	}
	write(t, w, m.next(10))
	f := openFeed(t, dir, nil, time.Time{})
	look(t, f)
	drain(t, f, 4)
	first := f.Marks()[0].File
	f.Release()
	for seq := range 2 {
		name := archive.Name{Day: first.Day, Seq: 1 + seq, Kind: archive.Sealed}
		if err := os.Remove(filepath.Join(dir, name.String())); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	f = openFeed(t, dir, f.Marks(), time.Time{})
	if gone := look(t, f); gone != 16 {
		t.Errorf("%d lines are gone, want 16", gone)
	}
	wantBehind(t, f, 20)
	if gone := look(t, f); gone != 0 {
		t.Errorf("%d lines are gone, a second time", gone)
	}
	if marks := f.Marks(); len(marks) != 2 {
		t.Errorf("the marks are %v", marks)
	}
	if rest, _ := drain(t, f, -1); len(rest) != 20 {
		t.Errorf("%d came, want 20", len(rest))
	}
}

func TestFeedRemovedUnkept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	write(t, w, newMaker(time.Now()).next(10))
	rotate(t, w)
	f := openFeed(t, dir, nil, time.Time{})
	look(t, f)
	drain(t, f, 3)
	last := archive.Mark{}
	for range 4 {
		e, ok, err := f.Next(t.Context())
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		last = e.Mark
	}
	f.Release()
	if err := os.Remove(filepath.Join(dir, fileNames(t, dir)[0])); err != nil {
		t.Fatal(err)
	}
	if gone := look(t, f); gone != 3 {
		t.Errorf("%d lines are gone, want 3", gone)
	}
	again := openFeed(t, dir, f.Marks(), time.Time{})
	if gone := look(t, again); gone != 4 {
		t.Errorf("%d lines are gone for who begins anew, want 4", gone)
	}
	f.Keep(last)
	if marks := f.Marks(); len(marks) != 0 {
		t.Errorf("the marks are %v", marks)
	}
}

func TestFeedDamage(t *testing.T) {
	t.Parallel()
	batch := newMaker(day0).next(9000)
	text := lines(batch)
	sealed := packed(t, text)
	members, err := archive.Members(sealed)
	if err != nil || len(members) < 3 {
		t.Fatal(len(members), err)
	}
	second := 1 + bytes.Index(sealed[1:], sealed[:14]) // where the headers begin alike
	damaged := func(at int) string {
		b := slices.Clone(sealed)
		b[second+at] ^= 0x55
		return string(b)
	}
	cut := strings.SplitAfter(text, "\n")
	for _, c := range []struct {
		name, file, text string
		lost             int // actions that don't come
		problems         int
	}{
		{"plain-bad-line", "actions-2026-11-22.jsonl", strings.Join(cut[:5], "") + "{\"no\":1}\n\n" + strings.Join(cut[5:], ""), 0, 2},
		{"plain-long-line", "actions-2026-11-22.jsonl", strings.Join(cut[:5], "") + strings.Repeat("x", 3<<20) + "\n" + strings.Join(cut[5:], ""), 0, 1},
		{"sealed-bad-line", "actions-2026-11-22.jsonl.gz", string(packed(t, strings.Join(cut[:5], "")+"{\"no\":1}\n"+strings.Join(cut[5:], ""))), 0, 1},
		{"sealed-bad-member", "actions-2026-11-22.jsonl.gz", damaged(5000), members[1].Lines, 1},
		{"sealed-bad-start", "actions-2026-11-22.jsonl.gz", damaged(2), members[1].Lines, 1},
		{"sealed-bad-header", "actions-2026-11-22.jsonl.gz", damaged(20), 0, 0}, // which is gzip all the same
		{"sealed-by-another", "actions-2026-11-22.jsonl.gz", string(foreign(t, text)), 0, 0},
		{"empty", "actions-2026-11-22.jsonl.gz", "", 9000, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, filepath.Join(dir, c.file), c.text)
			f := openFeed(t, dir, nil, time.Time{})
			var got []storage.ID
			var problems []error
			look(t, f)
			for range 400 { // begun anew again and again
				list, errs := drain(t, f, 1+len(got)%997)
				got, problems = append(got, list...), append(problems, errs...)
				if len(list)+len(errs) == 0 {
					break
				}
				f.Close()
				f = openFeed(t, dir, f.Marks(), time.Time{})
				look(t, f)
			}
			if len(got) != 9000-c.lost || len(problems) < c.problems || (len(problems) == 0) != (c.problems == 0) {
				t.Errorf("%d actions came, and problems %v; want %d and %d", len(got), problems, 9000-c.lost, c.problems)
			}
			if len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
				t.Error("some came twice")
			}
		})
	}
}

func TestFeedChanged(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	old, other := m.next(20), m.next(30)
	for _, c := range []struct {
		name, file, text string
		came             []storage.Action
		changed          bool
	}{
		{"another", "actions-2026-11-22.jsonl", lines(other), other, true},
		{"another-sealed", "actions-2026-11-22.jsonl.gz", string(packed(t, lines(other))), other, true},
		{"shorter-sealed", "actions-2026-11-22.jsonl.gz", string(packed(t, lines(old[:3]))), old[:3], true},
		{"shorter", "actions-2026-11-22.jsonl", lines(old[:3]), old[:3], true},
		{"the-same", "actions-2026-11-22.jsonl.gz", string(packed(t, lines(old))), nil, false},
		{"longer", "actions-2026-11-22.jsonl", lines(old) + lines(other), other, false},
		{"torn", "actions-2026-11-22.jsonl", lines(old) + "{\"timestamp\":\"20", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plain := filepath.Join(dir, "actions-2026-11-22.jsonl")
			put(t, plain, lines(old))
			f := openFeed(t, dir, nil, time.Time{})
			look(t, f)
			drain(t, f, -1)
			if err := os.Remove(plain); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, c.file), c.text)
			f = openFeed(t, dir, f.Marks(), time.Time{})
			look(t, f)
			got, problems := drain(t, f, -1)
			wantIDs(t, got, c.came)
			var changed *archive.ChangedError
			if c.changed != (len(problems) == 1 && errors.As(problems[0], &changed)) {
				t.Errorf("problems: %v", problems)
			}
			if again, _ := drain(t, f, -1); len(again) > 0 {
				t.Errorf("%d come again", len(again))
			}
		})
	}
}

func TestFeedUnreadable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	batch := newMaker(day0).next(10)
	if err := os.Mkdir(filepath.Join(dir, "actions-2026-11-21.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "actions-2026-11-22.jsonl"), lines(batch))
	f := openFeed(t, dir, nil, time.Time{})
	look(t, f)
	got, problems := drain(t, f, -1)
	wantIDs(t, got, batch)
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "not a regular file") {
		t.Errorf("problems: %v", problems)
	}
	look(t, f)
	if _, problems := drain(t, f, -1); len(problems) > 0 {
		t.Errorf("told again: %v", problems)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Look(t.Context()); err == nil {
		t.Error("a folder that is gone is no error")
	}
	a, err := archive.OpenFiles()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Feed(nil, time.Time{}); err == nil {
		t.Error("a feed of files is no error")
	}
}
