package sqlite

import (
	"context"
	"time"

	"actionlog/storage"
)

// Options configure a [Store]. The zero Options are useful.
type Options struct {
	// MaxAge is how long actions are kept. What ended earlier, by whole hours,
	// is not found any more and is removed bit by bit. Default 30 days;
	// negative for ever.
	MaxAge time.Duration

	// Flush is called before each read, and returns when what was recorded
	// before the call has been written: [ring.Pump.Flush] of the pump that
	// writes to this store. Default none.
	//
	// [ring.Pump.Flush]: https://pkg.go.dev/actionlog/storage/ring#Pump.Flush
	Flush func(ctx context.Context) error

	// Patience is how long a read waits for Flush; then it answers with what
	// has been written, as where the disk is full. Default 2 s.
	Patience time.Duration

	// ReadOnly opens a database that is there already and changes nothing. Its
	// schema must be the one of this version.
	ReadOnly bool

	// BusyTimeout is how long to wait for another process that is writing.
	// Default 5 s.
	BusyTimeout time.Duration

	// Readers is how many reads run at the same time; more wait. Default 4.
	Readers int

	// House is how often to look for what is to be removed, and for rows that
	// other programs inserted. Default 1 minute.
	House time.Duration

	// OnError is told what went wrong in the background, of which nobody else
	// hears. Default none.
	OnError func(error)

	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.MaxAge == 0 {
		o.MaxAge = 30 * 24 * time.Hour
	}
	if o.Flush == nil {
		o.Flush = func(context.Context) error { return nil }
	}
	if o.Patience <= 0 {
		o.Patience = 2 * time.Second
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.House <= 0 {
		o.House = time.Minute
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

var (
	_ storage.Searcher = (*Store)(nil)
	_ storage.Sink     = (*Store)(nil)
	_ storage.Clearer  = (*Store)(nil)
)
