package archive

import "time"

// Rotation says how long one file is written to. Files also end by
// [Options.MaxFileSize] and by [Writer.Rotate].
type Rotation uint8

// The rotations.
const (
	Daily  Rotation = iota // a file a day; the default
	Weekly                 // a file a week, from Monday, and named by that Monday
)

// String returns "daily" or "weekly".
func (r Rotation) String() string {
	if r == Weekly {
		return "weekly"
	}
	return "daily"
}

// days returns the length of a period.
func (r Rotation) days() int {
	if r == Weekly {
		return 7
	}
	return 1
}

// day returns the day by which the period that t lies in is named.
func (r Rotation) day(t time.Time, loc *time.Location) Day {
	t = t.In(loc)
	day := DayOf(t)
	if r == Weekly {
		sinceMonday := (int(t.Weekday()) + 6) % 7
		day = day.Add(-sinceMonday)
	}
	return day
}

// next returns the first whole minute after t at which another period has
// begun. Midnight may not exist there, or exist twice, so the calendar's
// answer is a guess that is walked to the true one.
func (r Rotation) next(t time.Time, loc *time.Location) time.Time {
	const most = 48 * 60 // minutes that any change of a zone may have moved midnight
	now := r.day(t, loc)
	end := now.Add(r.days()).Start(loc)
	for range most {
		if end.After(t) && r.day(end, loc) != now {
			break
		}
		end = end.Add(time.Minute)
	}
	for range most {
		before := end.Add(-time.Minute)
		if !before.After(t) || r.day(before, loc) == now {
			break
		}
		end = before
	}
	return end
}
