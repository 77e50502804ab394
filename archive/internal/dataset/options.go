package dataset

import (
	"fmt"
	"time"
)

// Options says which actions a stream has. The zero Options is the data set
// that published numbers are measured on: some 1.6 GB as JSON Lines.
type Options struct {
	// Count is how many actions there are. The default is 5,000,000.
	Count int

	// Days is over how many days of 24 hours they are spread. The default is 5.
	Days int

	// Start is when the first day begins. The default is Monday, 2026-11-16,
	// in UTC, whatever the date is.
	Start time.Time

	// Services is how many services there are. The default is 12.
	Services int

	// Actions is how many actions each service has. The default is 15.
	Actions int

	// FailShare is the share of the actions that fail, up to 1. The default is
	// 0.02; a negative one is none.
	FailShare float64

	// Seed makes another stream of the same kind. The default is 1.
	Seed uint64
}

// monday is the default of [Options.Start].
var monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

const (
	mostCount = 1 << 40
	mostDays  = 3660
	mostNames = 10_000
)

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.Count == 0 {
		o.Count = 5_000_000
	}
	if o.Days == 0 {
		o.Days = 5
	}
	if o.Start.IsZero() {
		o.Start = monday
	}
	if o.Services == 0 {
		o.Services = 12
	}
	if o.Actions == 0 {
		o.Actions = 15
	}
	if o.FailShare == 0 {
		o.FailShare = 0.02
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}

// Validate refuses what no stream can be made of.
func (o Options) Validate() error {
	o = o.withDefaults()
	for _, n := range []struct {
		name        string
		value, most int
	}{
		{"Count", o.Count, mostCount},
		{"Days", o.Days, mostDays},
		{"Services", o.Services, mostNames},
		{"Actions", o.Actions, mostNames},
	} {
		if n.value < 1 || n.value > n.most {
			return fmt.Errorf("data set option %s is %d; allowed is 1 to %d", n.name, n.value, n.most)
		}
	}
	if !(o.FailShare <= 1) {
		return fmt.Errorf("data set option FailShare is %g; allowed is up to 1, and a negative one for none", o.FailShare)
	}
	if y := o.Start.UTC().Year(); y < 1970 || y > 2200 {
		return fmt.Errorf("data set option Start is in the year %d; allowed is 1970 to 2200", y)
	}
	return nil
}
