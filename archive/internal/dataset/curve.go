package dataset

import "time"

// hourly is how busy the hours of a working day are.
var hourly = [24]float64{
	.22, .16, .13, .12, .14, .22, .38, .62, .88, 1, 1, .95,
	.82, .88, .98, 1, .94, .80, .64, .54, .48, .42, .36, .28,
}

// restful is how busy a Saturday or Sunday is beside a working day.
const restful = 0.45

// busy returns how busy a minute is; between the middles of two hours it goes
// from one to the other in a straight line.
func busy(minute time.Time) float64 {
	half := minute.Hour()*60 + minute.Minute() - 30
	hour, part := (half+24*60)/60%24, float64((half+24*60)%60)/60
	level := hourly[hour]*(1-part) + hourly[(hour+1)%24]*part
	if d := minute.Weekday(); d == time.Saturday || d == time.Sunday {
		level *= restful
	}
	return level
}

// curve gives the moments of a stretch of days in order.
type curve struct {
	start  time.Time
	levels []float64 // by minute
	total  float64
	minute int     // where the last moment was
	before float64 // the sum of the levels before that minute
}

func newCurve(start time.Time, days int) *curve {
	c := &curve{start: start, levels: make([]float64, days*24*60)}
	for i := range c.levels {
		c.levels[i] = busy(start.Add(time.Duration(i) * time.Minute))
		c.total += c.levels[i]
	}
	return c
}

// at returns the moment before which the given share of everything happens.
// The share must not be less than in the call before.
func (c *curve) at(share float64) time.Time {
	sum := share * c.total
	for c.minute < len(c.levels)-1 && c.before+c.levels[c.minute] <= sum {
		c.before += c.levels[c.minute]
		c.minute++
	}
	part := min(max((sum-c.before)/c.levels[c.minute], 0), 1-1e-9)
	return c.start.Add(time.Duration(c.minute)*time.Minute + time.Duration(part*float64(time.Minute)))
}
