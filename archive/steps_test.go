package archive_test

import (
	"context"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the tests need zones wherever they run

	"actionlog/archive"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// minutely returns a folder of a sealed stretch with an action every ten
// minutes.
func minutely(t *testing.T, from, to time.Time) *archive.Archive {
	t.Helper()
	dir := t.TempDir()
	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return from }, MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	var list []storage.Action
	for at := from; at.Before(to); at = at.Add(10 * time.Minute) {
		list = append(list, storage.Action{
			Time: at, Service: "S", Action: "a", Status: storage.Success, Duration: time.Millisecond,
			ID: storage.ID(fmt.Sprintf("%020d", at.Unix())),
		})
	}
	for _, do := range []func() error{
		func() error { return w.Write(t.Context(), list) },
		func() error { return w.Rotate(t.Context()) },
		w.Close,
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	return open(t, dir)
}

// TestSeriesIn holds where steps begin and how long they are where clocks are
// changed.
func TestSeriesIn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone     string
		from, to string // by those clocks
		step     time.Duration
		want     []string // when a step begins, and how many minutes of it there are
	}{
		"days-of-24-hours":       {"Asia/Tokyo", "2026-11-20", "2026-11-22", 24 * time.Hour, []string{"20 00:00 +0900 1440", "21 00:00 +0900 1440"}},
		"days-into-summer":       {"Europe/Berlin", "2026-03-28", "2026-03-31", 24 * time.Hour, []string{"28 00:00 +0100 1440", "29 00:00 +0100 1380", "30 00:00 +0200 1440"}},
		"days-into-winter":       {"Europe/Berlin", "2026-10-24", "2026-10-27", 24 * time.Hour, []string{"24 00:00 +0200 1440", "25 00:00 +0200 1500", "26 00:00 +0100 1440"}},
		"quarters-into-summer":   {"America/New_York", "2026-03-08", "2026-03-09", 6 * time.Hour, []string{"08 00:00 -0500 300", "08 06:00 -0400 360", "08 12:00 -0400 360", "08 18:00 -0400 360"}},
		"quarters-into-winter":   {"America/New_York", "2026-11-01", "2026-11-02", 6 * time.Hour, []string{"01 00:00 -0400 420", "01 06:00 -0500 360", "01 12:00 -0500 360", "01 18:00 -0500 360"}},
		"hours-into-summer":      {"Europe/Berlin", "2026-03-29T01:00", "2026-03-29T04:00", time.Hour, []string{"29 01:00 +0100 60", "29 03:00 +0200 60"}},
		"an-hour-shown-twice":    {"Europe/Berlin", "2026-10-25T01:00", "2026-10-25T04:00", time.Hour, []string{"25 01:00 +0200 60", "25 02:00 +0200 60", "25 02:00 +0100 60", "25 03:00 +0100 60"}},
		"two-hours-into-summer":  {"Europe/Berlin", "2026-03-29", "2026-03-29T06:00", 2 * time.Hour, []string{"29 00:00 +0100 120", "29 03:00 +0200 60", "29 04:00 +0200 120"}},
		"half-an-hour-aside":     {"Asia/Kolkata", "2026-11-20", "2026-11-20T03:00", time.Hour, []string{"20 00:00 +0530 60", "20 01:00 +0530 60", "20 02:00 +0530 60"}},
		"half-an-hour-of-summer": {"Australia/Lord_Howe", "2026-10-04", "2026-10-04T06:00", 3 * time.Hour, []string{"04 00:00 +1030 150", "04 03:00 +1100 180"}},
		"midnight-never-shown":   {"America/Santiago", "2026-09-05", "2026-09-08", 24 * time.Hour, []string{"05 00:00 -0400 1440", "06 01:00 -0300 1380", "07 00:00 -0300 1440"}},
		"a-day-left-out":         {"Pacific/Apia", "2011-12-29", "2012-01-01", 24 * time.Hour, []string{"29 00:00 -1000 1440", "31 00:00 +1400 1440"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			moment := func(text string) time.Time {
				layout := "2006-01-02T15:04"[:len(text)]
				at, err := time.ParseInLocation(layout, text, loc)
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			a := minutely(t, moment(test.from), moment(test.to))
			points, err := a.SeriesIn(context.Background(), storage.Query{}, test.step, loc)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range points {
				got = append(got, fmt.Sprintf("%s %d", p.Time.In(loc).Format("02 15:04 -0700"), 10*p.Total))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}
