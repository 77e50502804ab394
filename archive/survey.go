package archive

import (
	"errors"
	"io/fs"
	"slices"
)

// survey notes all spans that may hold a match. It reports whether to go on.
func (r *merge) survey(a *Archive) bool {
	sources, err := a.sources()
	if err != nil {
		r.fail(err)
		return false
	}
	r.done.begin(a, sources)
	for i := range sources {
		t, err := openText(r.ctx, &sources[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			if !r.fail(err) {
				return false
			}
			continue
		}
		r.texts = append(r.texts, t)
		if !r.surveyText(t, a.IgnoreIndex) {
			return false
		}
	}
	slices.SortStableFunc(r.spans, func(x, y mergeSpan) int {
		if x.from < y.from {
			return -1
		} else if x.from > y.from {
			return 1
		}
		return 0
	})
	return true
}

func (r *merge) surveyText(t *text, ignoreIndex bool) bool {
	first := len(r.spans)
	more, left := true, t.size
	if ignoreIndex || !r.surveyIndex(t) {
		var through bool
		if more, through = r.surveySpans(t); through { // and will be so once more
			left /= 2
			r.done.add(t.size - left)
		}
	}
	spans := r.spans[first:]
	for i := range spans {
		spans[i].share = left / int64(len(spans))
	}
	if len(spans) == 0 {
		r.done.add(left)
	}
	if !slices.ContainsFunc(spans, func(s mergeSpan) bool { return s.t == t && s.packed == 0 }) {
		t.release()
	}
	return more
}

// surveySpans goes through a text. It reports whether to go on, and whether it
// had to read the lines.
func (r *merge) surveySpans(t *text) (more, through bool) {
	from, to := r.m.Bounds()
	first := len(r.spans)
	t.gz = r.gz
	defer func() { r.gz, t.gz, t.stream = t.gz, nil, 0 }()
	for s, err := range t.spans() {
		if ctxErr := r.ctx.Err(); ctxErr != nil {
			r.fail(ctxErr)
			return false, through
		}
		if err != nil {
			if !r.fail(err) {
				return false, through
			}
			continue
		}
		if s.text != nil {
			s.times = timesOf(s.text)
			s.text = nil
			through = true
		}
		if s.times.overlaps(from, to) {
			r.spans = append(r.spans, mergeSpan{t: t, span: s, from: s.times.min})
		}
	}
	r.settleStream(r.spans[first:])
	return true, through
}

// maxLanes is how many indexes are held open to read failed lines from.
const maxLanes = 64

// surveyIndex notes the spans that the index of a sealed file does not rule out.
// It reports false if there is no index that can be used.
func (r *merge) surveyIndex(t *text) bool {
	if !t.gzip {
		return false
	}
	x, err := openIndex(t)
	if err != nil {
		return false
	}
	q := r.m.Query()
	var jobs []job
	if r.lanes < maxLanes && !x.damaged {
		jobs, err = x.lane(t, &q, asked(r.m).times)
	}
	if jobs != nil && err == nil {
		r.lanes++
		r.texts = append(r.texts, &text{f: x.f})
	} else {
		defer x.close()
		jobs, err = x.jobs(t, &q)
	}
	if err != nil || x.damaged {
		return false
	}
	of := asked(r.m)
	for _, j := range jobs {
		if j.extent.overlaps(of) {
			r.spans = append(r.spans, mergeSpan{t: j.t, span: j.span, from: j.span.times.min})
		}
	}
	return true
}

// settleStream makes the spans of a text that can only be read through come in
// the order in which they stand there.
func (r *merge) settleStream(spans []mergeSpan) {
	least := anyTime.max
	for i := len(spans) - 1; i >= 0; i-- {
		if spans[i].stream > 0 {
			spans[i].t.due++
			least = min(least, spans[i].from)
			spans[i].from = least
		}
	}
}
