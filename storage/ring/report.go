package ring

import (
	"fmt"

	"actionlog/storage"
)

// report is a sink that is fed by somebody else.
type report struct {
	name  string
	stats func() storage.SinkStats
}

// Report has the stats and the metrics tell of a sink that the ring does not feed
// itself, such as one to which an archive is delivered. stats may be called at any
// time, concurrently, and must not wait. Two sinks of one name are an error in the
// program, and panic.
func (r *Ring) Report(name string, stats func() storage.SinkStats) {
	r.pumpsMu.Lock()
	defer r.pumpsMu.Unlock()
	r.checkName(name)
	r.reports = append(r.reports, report{name, stats})
}

// checkName panics if there is a sink of that name. pumpsMu is held.
func (r *Ring) checkName(name string) {
	for _, other := range r.pumps {
		if other.name == name {
			panic(fmt.Sprintf("ring: there is a pump named %q already; allowed is another name", name))
		}
	}
	for _, other := range r.reports {
		if other.name == name {
			panic(fmt.Sprintf("ring: there is a report named %q already; allowed is another name", name))
		}
	}
}

func (r *Ring) reportList() []report {
	r.pumpsMu.Lock()
	defer r.pumpsMu.Unlock()
	return append([]report(nil), r.reports...)
}
