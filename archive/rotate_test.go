package archive_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("the zone %s is not known here: %v", name, err)
	}
	return loc
}

// TestPeriods checks by which day a moment is filed, and when the next file
// begins, where the calendar is at its worst.
func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		rotation archive.Rotation
		zone     string
		at       string // RFC 3339
		day      string
		next     string // RFC 3339, in UTC
	}{
		{"utc", archive.Daily, "UTC", "2026-11-22T23:59:59.999Z", "2026-11-22", "2026-11-23T00:00:00Z"},
		{"utc-midnight", archive.Daily, "UTC", "2026-11-23T00:00:00Z", "2026-11-23", "2026-11-24T00:00:00Z"},
		{"year-end", archive.Daily, "UTC", "2026-12-31T12:00:00Z", "2026-12-31", "2027-01-01T00:00:00Z"},
		{"east", archive.Daily, "Asia/Tokyo", "2026-11-22T15:00:00Z", "2026-11-23", "2026-11-23T15:00:00Z"},
		{"quarter-zone", archive.Daily, "Asia/Kathmandu", "2026-11-22T18:14:00Z", "2026-11-22", "2026-11-22T18:15:00Z"},
		{"week-sunday", archive.Weekly, "UTC", "2026-11-22T23:00:00Z", "2026-11-16", "2026-11-23T00:00:00Z"},
		{"week-monday", archive.Weekly, "UTC", "2026-11-23T00:00:00Z", "2026-11-23", "2026-11-30T00:00:00Z"},
		{"week-over-year", archive.Weekly, "UTC", "2027-01-02T00:00:00Z", "2026-12-28", "2027-01-04T00:00:00Z"},
		{"spring-23-hours", archive.Daily, "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29", "2026-03-29T22:00:00Z"},
		{"autumn-25-hours", archive.Daily, "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25", "2026-10-25T23:00:00Z"},
		// In São Paulo, summer began at midnight: there was no 00:00.
		{"no-midnight", archive.Daily, "America/Sao_Paulo", "2017-10-14T12:00:00Z", "2017-10-14", "2017-10-15T03:00:00Z"},
		// … and ended at midnight: 23:00 to 24:00 came twice.
		{"late-midnight", archive.Daily, "America/Sao_Paulo", "2018-02-17T12:00:00Z", "2018-02-17", "2018-02-18T03:00:00Z"},
		// In Havana midnight comes twice; the first counts.
		{"two-midnights", archive.Daily, "America/Havana", "2026-10-31T12:00:00Z", "2026-10-31", "2026-11-01T04:00:00Z"},
		// Samoa had no 30 December 2011.
		{"no-day", archive.Daily, "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-29", "2011-12-30T10:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, c.zone)
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			day, next := archive.Period(c.rotation, at, loc)
			if day.String() != c.day {
				t.Errorf("%s is filed by %s; want %s", c.at, day, c.day)
			}
			if got := next.UTC().Format(time.RFC3339); got != c.next {
				t.Errorf("after %s the next file begins at %s; want %s", c.at, got, c.next)
			}
		})
	}
}

// TestNextIsTight checks a year of every kind of zone: each file begins after
// the one before, under another day, and a second earlier it had not begun.
func TestNextIsTight(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut"} {
		loc := zone(t, name)
		for year := range 3 {
			at := time.Date(2011+8*year, 1, 1, 5, 0, 0, 0, loc)
			for range 366 {
				day, next := archive.Period(archive.Daily, at, loc)
				after, _ := archive.Period(archive.Daily, next, loc)
				before, _ := archive.Period(archive.Daily, next.Add(-time.Second), loc)
				if !next.After(at) || after <= day || before != day {
					t.Fatalf("%s: after %s comes %s, of %s and not of %s (%s a second before)", name, at, next, after, day, before)
				}
				at = next
			}
		}
	}
}

// TestMidnight lets days pass: with actions, and without.
func TestMidnight(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		m := newMaker(time.Now()) // midnight, 1 January 2000
		events := newEventLog()
		w, err := archive.OpenWriter(dir, archive.Options{OnEvent: events.add})
		if err != nil {
			t.Fatal(err)
		}
		one, two, three := m.next(10), m.next(5), m.next(3)
		write(t, w, one)
		time.Sleep(23 * time.Hour)
		write(t, w, two)
		time.Sleep(time.Hour - time.Nanosecond)
		synctest.Wait()
		if got := w.Status(); got.Active != "actions-2000-01-01.jsonl" {
			t.Errorf("a moment before midnight, %q is active", got.Active)
		}
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		if got := w.Status(); got.Active != "" || got.Waiting != 0 || got.Sealed != 1 {
			t.Errorf("at midnight without an action, the status is %+v; want the file sealed", got)
		}
		time.Sleep(72 * time.Hour)
		write(t, w, three)
		if got := w.Status(); got.Active != "actions-2000-01-05.jsonl" {
			t.Errorf("three days later, %q is active", got.Active)
		}
		closeWriter(t, w)
		wantNames(t, dir, "actions-2000-01-01.jsonl.gz", "actions-2000-01-05.jsonl")
		wantLines(t, dir, one, two, three)
	})
}

// TestWriteAtMidnight writes right after midnight, before the timer had its
// turn: the line belongs to the new day.
func TestWriteAtMidnight(t *testing.T) {
	dir := t.TempDir()
	c := newClock(time.Date(2026, 11, 22, 23, 59, 59, 999_999_999, time.UTC))
	w := openWriter(t, dir, archive.Options{Now: c.now})
	m := newMaker(day0)
	write(t, w, m.next(1))
	c.set(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	write(t, w, m.next(1))
	if got := w.Status().Active; got != "actions-2026-11-23.jsonl" {
		t.Errorf("%s is active at midnight", got)
	}
}

func TestWeekly(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		m := newMaker(time.Now())
		w, err := archive.OpenWriter(dir, archive.Options{Rotation: archive.Weekly}) // 1 January 2000 was a Saturday
		if err != nil {
			t.Fatal(err)
		}
		var all []storage.Action
		for range 10 {
			batch := m.next(2)
			all = append(all, batch...)
			write(t, w, batch)
			time.Sleep(24 * time.Hour)
		}
		synctest.Wait()
		closeWriter(t, w)
		wantNames(t, dir, "actions-1999-12-27.jsonl.gz", "actions-2000-01-03.jsonl.gz", "actions-2000-01-10.jsonl")
		wantLines(t, dir, all)
	})
}

func TestMaxFileSize(t *testing.T) {
	dir := t.TempDir()
	m := newMaker(day0)
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, MaxFileSize: 10_000, MaxAge: -1})
	var all []storage.Action
	for range 50 {
		batch := m.next(7)
		all = append(all, batch...)
		write(t, w, batch)
		if size := w.Status().Bytes; size > 10_000+7*1000 {
			t.Fatalf("the active file has %d bytes", size)
		}
	}
	rotate(t, w)
	closeWriter(t, w)
	if got := len(fileNames(t, dir)); got < 9 {
		t.Errorf("%d files of 10 kB were made of %d actions", got, len(all))
	}
	wantLines(t, dir, all)
}

// TestRotateNothing checks that a rotation without lines makes no file.
func TestRotateNothing(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now})
	rotate(t, w)
	write(t, w, nil)
	rotate(t, w)
	m := newMaker(day0)
	batch := m.next(1)
	write(t, w, batch)
	rotate(t, w)
	rotate(t, w)
	closeWriter(t, w)
	wantNames(t, dir, "actions-2026-11-22.jsonl.gz")
	wantLines(t, dir, batch)
}

// TestClock moves the clock about: lines are filed by it, nothing is lost or
// doubled, and what was sealed is never written to again.
func TestClock(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		name  string
		times []time.Time
		want  []string
	}{
		{"back-a-day", []time.Time{at(22, 12, 0), at(23, 0, 1), at(22, 12, 0)},
			[]string{"actions-2026-11-22.2.jsonl", "actions-2026-11-22.jsonl.gz", "actions-2026-11-23.jsonl.gz"}},
		{"back-and-forth", []time.Time{at(22, 12, 0), at(23, 0, 5), at(22, 23, 0), at(23, 0, 1), at(22, 1, 0)},
			[]string{"actions-2026-11-22.2.jsonl.gz", "actions-2026-11-22.3.jsonl", "actions-2026-11-22.jsonl.gz", "actions-2026-11-23.2.jsonl.gz", "actions-2026-11-23.jsonl.gz"}},
		{"back-a-moment", []time.Time{at(22, 23, 59), at(23, 0, 0), at(23, 0, 0).Add(-20 * time.Second), at(23, 0, 0)},
			[]string{"actions-2026-11-22.jsonl.gz", "actions-2026-11-23.jsonl"}},
		{"back-within-a-day", []time.Time{at(22, 12, 0), at(22, 1, 0)}, []string{"actions-2026-11-22.jsonl"}},
		{"years-ahead", []time.Time{at(22, 12, 0), at(22, 12, 0).AddDate(50, 0, 0), at(22, 12, 1)},
			[]string{"actions-2026-11-22.2.jsonl", "actions-2026-11-22.jsonl.gz", "actions-2076-11-22.jsonl.gz"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			clock := newClock(c.times[0])
			m := newMaker(day0)
			w := openWriter(t, dir, archive.Options{Now: clock.now, MaxAge: -1})
			var all []storage.Action
			for _, now := range c.times {
				clock.set(now)
				batch := m.next(3)
				all = append(all, batch...)
				write(t, w, batch)
				waitSealed(t, w)
			}
			closeWriter(t, w)
			wantNames(t, dir, c.want...)
			wantLines(t, dir, all)
		})
	}
}

// TestZoneChange opens the folder again in another zone, where it is still the
// day before.
func TestZoneChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock := newClock(time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC))
	m := newMaker(day0)
	var all []storage.Action
	for _, hours := range []int{0, 14, -11, 0} {
		opts := archive.Options{Now: clock.now, MaxAge: -1, Location: time.FixedZone("", hours*3600)}
		w := openWriter(t, dir, opts)
		batch := m.next(4)
		all = append(all, batch...)
		write(t, w, batch)
		waitSealed(t, w)
		closeWriter(t, w)
		clock.set(clock.now().Add(time.Hour))
	}
	wantLines(t, dir, all)
	for _, name := range fileNames(t, dir) {
		if n, ok := archive.ParseName(name); !ok || n.Day != 2026_11_22 && n.Day != 2026_11_23 {
			t.Errorf("unexpected file %s", name)
		}
	}
}

// TestHourThatRepeats files the hour after midnight that Newfoundland's clocks
// went back over: they were put back at 00:01.
func TestHourThatRepeats(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	loc := zone(t, "America/St_Johns")
	clock := newClock(time.Date(2010, 11, 6, 23, 59, 0, 0, loc))
	m := newMaker(day0)
	w := openWriter(t, dir, archive.Options{Now: clock.now, MaxAge: -1, Location: loc})
	var all []storage.Action
	for range 90 {
		batch := m.next(1)
		all = append(all, batch...)
		write(t, w, batch)
		clock.set(clock.now().Add(time.Minute))
	}
	waitSealed(t, w)
	closeWriter(t, w)
	wantNames(t, dir, "actions-2010-11-06.jsonl.gz", "actions-2010-11-07.jsonl")
	wantLines(t, dir, all)
}

// clock is a clock that is set.
type clock struct{ ns atomic.Int64 }

func newClock(at time.Time) *clock {
	c := &clock{}
	c.set(at)
	return c
}

func (c *clock) set(at time.Time) { c.ns.Store(at.UnixNano()) }
func (c *clock) now() time.Time   { return time.Unix(0, c.ns.Load()) }

// wantNames checks which files a folder has, locks apart.
func wantNames(t testing.TB, dir string, want ...string) {
	t.Helper()
	if got := fileNames(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder has %q; want %q", got, want)
	}
}

// waitSealed waits until nothing of the writer waits to be sealed.
func waitSealed(t testing.TB, w *archive.Writer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for w.Status().Waiting > 0 {
		select {
		case <-ctx.Done():
			t.Fatalf("files still wait to be sealed: %+v", w.Status())
		case <-time.After(time.Millisecond):
		}
	}
}
