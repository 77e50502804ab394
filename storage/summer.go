package storage

import "time"

// Summer adds actions up to the counts and quantiles of [Stats]. A store's
// Stats is a loop over what matches and a Summer. It is not safe for
// concurrent use.
type Summer struct {
	pairs map[pairName]*pairSum
}

type pairName struct{ service, action string }

type pairSum struct {
	counts    Counts
	durations Histogram
	max       time.Duration
}

// NewSummer returns an empty Summer.
func NewSummer() *Summer { return &Summer{pairs: map[pairName]*pairSum{}} }

// Add counts one action.
func (s *Summer) Add(a *Action) {
	s.pair(a.Service, a.Action).add(a)
}

func (p *pairSum) add(a *Action) {
	p.counts.Total++
	if a.Failed() {
		p.counts.Failed++
	}
	p.durations.Add(a.Duration)
	p.max = max(p.max, a.Duration)
}

// Merge adds what was counted elsewhere of one service and action: durations
// is not kept, longest is the greatest of them.
func (s *Summer) Merge(service, action string, counts Counts, durations *Histogram, longest time.Duration) {
	p := s.pair(service, action)
	p.counts.add(counts)
	p.durations.Merge(durations)
	p.max = max(p.max, longest)
}

// Join adds all that other has counted.
func (s *Summer) Join(other *Summer) {
	for name, p := range other.pairs {
		s.Merge(name.service, name.action, p.counts, &p.durations, p.max)
	}
}

// Each calls visit with what was counted of each service and action, in any
// order. durations belongs to the Summer.
func (s *Summer) Each(visit func(service, action string, counts Counts, durations *Histogram, longest time.Duration)) {
	for name, p := range s.pairs {
		visit(name.service, name.action, p.counts, &p.durations, p.max)
	}
}

// All returns the counts and quantiles of everything together.
func (s *Summer) All() Summary {
	var all pairSum
	for _, p := range s.pairs {
		all.counts.add(p.counts)
		all.durations.Merge(&p.durations)
		all.max = max(all.max, p.max)
	}
	return all.summary()
}

func (s *Summer) pair(service, action string) *pairSum {
	name := pairName{service, action}
	p := s.pairs[name]
	if p == nil {
		p = &pairSum{}
		s.pairs[name] = p
	}
	return p
}

// Fill sets Total, Failed, ByService and Services of st, and makes Sinks not
// nil.
func (s *Summer) Fill(st *Stats) {
	st.Total, st.Failed = 0, 0
	st.ByService = map[string]int64{}
	st.Services = map[string]ServiceStats{}
	if st.Sinks == nil {
		st.Sinks = map[string]SinkStats{}
	}
	services := map[string]*pairSum{}
	for name, p := range s.pairs {
		all := services[name.service]
		if all == nil {
			all = &pairSum{}
			services[name.service] = all
			st.Services[name.service] = ServiceStats{Actions: map[string]Summary{}}
		}
		all.counts.add(p.counts)
		all.durations.Merge(&p.durations)
		all.max = max(all.max, p.max)
		st.Services[name.service].Actions[name.action] = p.summary()
	}
	for service, all := range services {
		st.Total += all.counts.Total
		st.Failed += all.counts.Failed
		st.ByService[service] = all.counts.Total
		st.Services[service] = ServiceStats{Summary: all.summary(), Actions: st.Services[service].Actions}
	}
}

func (p *pairSum) summary() Summary { return summarize(p.counts, &p.durations, p.max) }

// summarize takes the quantiles; none is greater than the greatest duration.
func summarize(counts Counts, durations *Histogram, longest time.Duration) Summary {
	quantile := func(q float64) time.Duration { return min(durations.Quantile(q), longest) }
	return Summary{Counts: counts, P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99), Max: longest}
}

func (c *Counts) add(d Counts) {
	c.Total += d.Total
	c.Failed += d.Failed
}
