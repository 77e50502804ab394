package archive

import (
	"cmp"
	"context"
	"slices"

	"actionlog/storage"
)

// indexed gives out the members of a sealed file that its index does not rule
// out. It reports false if there is no index that can be used: what is wrong
// with an index makes a search slower and nothing else.
func (s *scan) indexed(ctx context.Context, t *text) (ok bool, err error) {
	x, err := openIndex(t)
	if err != nil {
		return false, nil
	}
	defer x.close()
	of := s.of()
	if !(extent{x.times(), anyTime}).overlaps(of) && !x.damaged {
		return true, nil
	}
	jobs, err := s.members(t, x)
	if err != nil {
		return false, nil
	}
	covered := noTime
	if s.rolled != nil && !x.damaged {
		if covered, err = s.rolled(x, of); err != nil {
			covered = noTime
		}
	}
	defer s.pending.Wait() // the failed lines are read from the index
	jobs = slices.DeleteFunc(jobs, func(j job) bool {
		return covered.contains(j.extent.times.min) && covered.contains(j.extent.times.max)
	})
	for i := range jobs {
		jobs[i].covered = covered
	}
	return true, s.giveAll(ctx, t, jobs)
}

// members returns the members that may hold a match, in the order in which
// they are best looked at.
func (s *scan) members(t *text, x *index) ([]job, error) {
	q := s.m.Query()
	jobs, err := x.lane(t, &q, s.of().times)
	if err == nil && jobs == nil {
		jobs, err = x.jobs(t, &q)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case q.Sort == storage.SlowestFirst:
		slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(b.extent.durations.max, a.extent.durations.max) })
	case q.Sort == storage.FastestFirst:
		slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(a.extent.durations.min, b.extent.durations.min) })
	case q.Sort.Descending():
		slices.Reverse(jobs)
	}
	return jobs, nil
}

// jobs returns the members of a sealed file that may hold a match, as they
// stand there.
func (x *index) jobs(t *text, q *storage.Query) ([]job, error) {
	may, err := x.filtered(q)
	if err != nil {
		return nil, err
	}
	var jobs []job
	line := 1
	for i := range x.members {
		m := &x.members[i]
		if may(i) {
			jobs = append(jobs, job{
				t:      t,
				span:   span{off: m.off, packed: m.info.packed, plain: m.info.plain, line: line, times: m.info.times},
				extent: extent{m.info.times, m.durations},
			})
		}
		line += m.info.lines
	}
	return jobs, nil
}

// lane returns the members of failed lines, which are in the index itself, if
// they are all that is needed, and nil if not.
func (x *index) lane(t *text, q *storage.Query, within timeRange) ([]job, error) {
	if q.Status != storage.Failed || q.ID != "" || q.RequestID != "" || !q.TraceID.IsZero() || !x.has(sectionLane) {
		return nil, nil
	}
	spans, err := x.laneSpans(within)
	if err != nil {
		return nil, err
	}
	from := &text{ctx: t.ctx, src: t.src, f: x.f, path: x.f.Name(), base: t.base, gzip: true}
	jobs := []job{}
	for _, sp := range spans {
		jobs = append(jobs, job{t: from, span: sp, extent: extent{sp.times, anyTime}})
	}
	return jobs, nil
}

// filtered returns a function that tells whether a member may hold a match, by
// all but its times and durations.
func (x *index) filtered(q *storage.Query) (func(i int) bool, error) {
	var pairs, codes []int
	byPair := (len(q.Services) > 0 || len(q.Actions) > 0) && len(x.pairs) > 0
	for i, p := range x.pairs {
		if (len(q.Services) == 0 || slices.Contains(q.Services, p.service)) && (len(q.Actions) == 0 || slices.Contains(q.Actions, p.action)) {
			pairs = append(pairs, i)
		}
	}
	for i, code := range x.codes {
		if code >= 0 && q.Code.Contains(code) {
			codes = append(codes, i)
		}
	}
	requests, err := x.maybe(q.RequestID != "", hashRequest(q.RequestID))
	if err != nil {
		return nil, err
	}
	traces, err := x.maybe(!q.TraceID.IsZero(), hashTrace(q.TraceID))
	if err != nil {
		return nil, err
	}
	return func(i int) bool {
		m := &x.members[i]
		switch {
		case q.Status == storage.Failed && m.failed == 0,
			q.Status == storage.Success && m.failed == m.info.lines,
			byPair && !slices.ContainsFunc(pairs, m.pairs.has),
			!q.Code.IsZero() && !slices.ContainsFunc(codes, m.codes.has),
			q.ID != "" && !m.ids.contains(string(q.ID)),
			requests != nil && !requests[i] && !m.ids.contains(q.RequestID),
			traces != nil && !traces[i]:
			return false
		}
		return true
	}, nil
}

// maybe returns which members may have a key, or nil if that is not asked for
// or not known.
func (x *index) maybe(asked bool, key uint64) ([]bool, error) {
	if !asked || !x.has(sectionFilter) {
		return nil, nil
	}
	return x.candidates(key)
}

// rollable reports whether roll-ups by service and action can answer a query
// together with the times.
func rollable(q *storage.Query) bool {
	return q.Instance == "" && q.MinDuration == 0 && q.MaxDuration == 0 && q.Code.IsZero() &&
		q.Text == "" && q.RequestID == "" && q.TraceID.IsZero() && q.ID == ""
}

// wholeHours returns the hours that lie in times, and the times that they
// cover. There are none if first is greater than last.
func wholeHours(times timeRange) (first, last int64, covered timeRange) {
	first, last = 0, anyTime.max/nanosPerHour
	if times.min > 0 {
		first = (times.min-1)/nanosPerHour + 1
	}
	if times.max < 0 {
		return 1, 0, noTime
	}
	if times.max < anyTime.max {
		last = (times.max+1)/nanosPerHour - 1
	}
	if first > last {
		return 1, 0, noTime
	}
	covered = timeRange{first * nanosPerHour, anyTime.max}
	if last < anyTime.max/nanosPerHour {
		covered.max = (last+1)*nanosPerHour - 1
	}
	return first, last, covered
}

// roll calls each with roll-ups of what the query matches, and returns the
// times that they cover. byHour asks for those of single hours.
func (x *index) roll(q *storage.Query, of extent, byHour bool, each func(hour int64, p pair, r *roll)) (covered timeRange, err error) {
	first, last, covered := wholeHours(of.times)
	if all := x.times(); !byHour && x.has(sectionRolls) && of.times.contains(all.min) && of.times.contains(all.max) {
		first, last, covered = everyHour, everyHour, anyTime
	} else if !x.hourly() || first > last {
		return noTime, nil
	}
	err = x.rolls(first, last, func(hour int64, p pair, r *roll) {
		if (len(q.Services) == 0 || slices.Contains(q.Services, p.service)) && (len(q.Actions) == 0 || slices.Contains(q.Actions, p.action)) {
			each(hour, p, r)
		}
	})
	return covered, err
}

// rollErrors is roll for failures by template.
func (x *index) rollErrors(q *storage.Query, of extent, each func(service string, g storage.ErrorGroup)) (covered timeRange, err error) {
	n := sectionHourErrors
	first, last, covered := wholeHours(of.times)
	if all := x.times(); of.times.contains(all.min) && of.times.contains(all.max) {
		n, first, last, covered = sectionErrors, 0, anyTime.max, anyTime
	}
	if !x.has(n) || first > last {
		return noTime, nil
	}
	err = x.errors(n, first, last, func(service string, g storage.ErrorGroup) {
		if len(q.Services) == 0 || slices.Contains(q.Services, service) {
			each(service, g)
		}
	})
	return covered, err
}
