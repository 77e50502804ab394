package ring

import (
	"math"
	"time"

	"actionlog/storage"
)

// filter rejects records by what they hold without their texts. What it lets
// pass is still asked of the matcher.
type filter struct {
	names    *names
	services map[string]bool // nil for all
	actions  map[string]bool
	status   storage.Status
	from, to int64
	min, max time.Duration
	code     storage.CodeRange
	trace    storage.TraceID
	id       storage.ID
}

func (r *Ring) newFilter(m *storage.Matcher) filter {
	q := m.Query()
	from, to := m.Bounds()
	f := filter{
		names: &r.names, services: set(q.Services), actions: set(q.Actions), status: q.Status,
		from: from, to: to, min: q.MinDuration, max: q.MaxDuration, code: q.Code, trace: q.TraceID, id: q.ID,
	}
	if f.max == 0 {
		f.max = math.MaxInt64
	}
	return f
}

func set(list []string) map[string]bool {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

func (f *filter) wants(rec *record) bool {
	d := time.Duration(rec.duration)
	switch {
	case rec.time < f.from || rec.time >= f.to,
		d < f.min || d > f.max,
		f.status == storage.Failed && rec.flags&failed == 0,
		f.status == storage.Success && rec.flags&failed != 0,
		!f.trace.IsZero() && rec.trace != f.trace,
		!f.code.IsZero() && (rec.flags&isHTTP == 0 || !f.code.Contains(int(rec.code))):
		return false
	}
	if f.services == nil && f.actions == nil {
		return true
	}
	nm := f.names.at(rec.handle)
	return (f.services == nil || f.services[nm.service]) && (f.actions == nil || f.actions[nm.action])
}
