package ring

import (
	"math/bits"

	"actionlog/storage"
)

// Options configure a [Ring]. The zero Options are useful.
type Options struct {
	// Window is how many of the newest actions queries see. Default 1000, at
	// most 16,777,216.
	Window int

	// Backlog is how far a sink may lag before it misses actions. Default
	// 16384, at most 16,777,216. The ring has room for at least the backlog,
	// and for 4096 more than the window, rounded up to a power of two.
	Backlog int

	// Instance names this process or host in each action that does not name
	// one itself. Default none. It is cut at storage.MaxName bytes.
	Instance string

	// Redactor masks secrets in errors, attributes and the query part of
	// paths. Default storage.DefaultRedactor().
	Redactor *storage.Redactor
}

const (
	defaultWindow  = 1000
	defaultBacklog = 16384
	mostSlots      = 1 << 24
	slack          = 4096 // slots beyond the window, so that leaving it can be noticed
)

func (o Options) withDefaults() Options {
	if o.Window <= 0 {
		o.Window = defaultWindow
	}
	if o.Backlog <= 0 {
		o.Backlog = defaultBacklog
	}
	o.Window = min(o.Window, mostSlots)
	o.Backlog = min(o.Backlog, mostSlots)
	o.Instance = storage.Cut(o.Instance, storage.MaxName)
	if o.Redactor == nil {
		o.Redactor = storage.DefaultRedactor()
	}
	return o
}

// slots returns the capacity, a power of two.
func (o Options) slots() int {
	n := max(o.Backlog, o.Window+slack)
	return 1 << bits.Len(uint(n-1))
}
