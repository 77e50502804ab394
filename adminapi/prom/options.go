package prom

import (
	"context"
	"fmt"
	"time"

	"actionlog/storage"
)

// Source is what metrics are taken from: a ring. Its methods are safe for
// concurrent use.
type Source interface {
	// Totals returns the counts of each service and action since the process
	// began, each pair once. They never go back; names are valid UTF-8, and
	// their number is bounded.
	Totals(ctx context.Context) ([]storage.Total, error)

	// Sinks tells by name how each sink keeps up.
	Sinks() map[string]storage.SinkStats

	// InFlight returns how many requests and tracked actions are in flight.
	InFlight() int
}

// Archive is what is told of an archive that is being written, such as an
// *archive.Writer. Its methods are safe for concurrent use.
type Archive interface {
	// Active returns the size in bytes of the file that is written to, and
	// the midnight at which its day, or week, began; zeroes if there is none.
	Active() (size int64, began time.Time)

	// Err returns what the archive cannot do at present, or nil.
	Err() error
}

// backlogger is a source that knows how far a sink may lag before it misses
// actions.
type backlogger interface{ Backlog() int }

// Options configure a [Collector]. Only Source is required.
type Options struct {
	// Source is where the counts come from. If it has a method Backlog() int,
	// as a ring has, that is a metric too.
	Source Source

	// Archive adds the metrics of an archive. Default none.
	Archive Archive

	// Bounds are the upper bounds of the classic buckets of durations,
	// ascending, each inclusive; a last bucket without a bound comes by itself.
	// The default goes from 500 µs to a minute: 1, 2.5 and 5 of each power of
	// ten, then 10, 30 and 60 seconds. Each bound is a series of each service
	// and action.
	Bounds []time.Duration

	// Now returns the time by which the age of the archive's active day is
	// told, and exemplars that lie in the future are left out. The default is
	// time.Now; give it the archive's clock where that is another one.
	Now func() time.Time
}

var defaultBounds = []time.Duration{
	500 * time.Microsecond,
	1 * time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 30 * time.Second, time.Minute,
}

// withDefaults returns a copy with every default filled in.
func (o Options) withDefaults() Options {
	if o.Bounds == nil {
		o.Bounds = defaultBounds
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// validate refuses options that cannot be meant.
func (o Options) validate() error {
	if o.Source == nil {
		return fmt.Errorf("prom: Options.Source is not set; it is what counts, such as a ring")
	}
	for i, bound := range o.Bounds {
		if bound <= 0 || i > 0 && bound <= o.Bounds[i-1] {
			return fmt.Errorf("prom: Options.Bounds[%d] is %v; allowed are durations above zero, each greater than the one before", i, bound)
		}
	}
	return nil
}
