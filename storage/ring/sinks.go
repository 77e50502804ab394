package ring

import "actionlog/storage"

// Sinks returns how each sink keeps up, by name: what [Ring.Stats] tells of
// them, without counting anything.
func (r *Ring) Sinks() map[string]storage.SinkStats { return r.sinkStats() }

// Backlog returns how many actions a sink may lag before it misses some: at
// least [Options.Backlog].
func (r *Ring) Backlog() int { return len(r.slots) }
