package adminapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

// SeriesLister is a store that describes actions step by step.
type SeriesLister interface {
	// Series describes the actions that match q step by step. Steps begin at
	// whole multiples of step since 1970 in UTC; the points are from the first
	// to the last step with an action in it, those between without one among
	// them. q's order, limit and cursor are ignored. A step that makes more
	// than [storage.MaxPoints] points is a [*storage.ParamError].
	Series(ctx context.Context, q storage.Query, step time.Duration) ([]storage.Point, error)
}

// StepLimiter is a [SeriesLister] that tells fewer moments apart the farther
// back they lie. Where no step is asked for none is chosen that is finer.
type StepLimiter interface {
	// FinestStep returns the shortest step that a series from there on is exact
	// by.
	FinestStep(from time.Time) time.Duration
}

const (
	day = 24 * time.Hour

	plottedPoints = 300    // about as many points as a step chosen here makes at most
	maxPoints     = 10_000 // that an answer may have
	maxStep       = 36_500 * day
	allowedStep   = "a duration from 1s up, such as 10s, 5m, 1h or 1d"
)

// roundSteps are what a step is chosen from.
var roundSteps = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 365 * day,
}

// series is the answer of /timeseries.
type series struct {
	Step   string          `json:"step"`
	Bounds []float64       `json:"bounds"` // of all buckets but the last, in milliseconds, exclusive
	Points []storage.Point `json:"points"`
}

func (h *Handler) timeseries(w http.ResponseWriter, req bunrouter.Request) error {
	now := h.opts.Now()
	q, own, err := filterOf(req.URL.RawQuery, now, "step")
	if err != nil {
		return err
	}
	var step time.Duration // chosen here unless it is given
	if v, ok := own["step"]; ok {
		if step, err = parseStep(v); err != nil {
			return err
		}
	}
	from, span := q.From, spanAsked(q, now)
	if span < 0 || step > 0 && span/step >= maxPoints {
		if from, span, err = h.spanHeld(req.Context(), q); err != nil {
			return err
		}
	}
	least := stepFor(span, maxPoints)
	switch {
	case step == 0:
		step = max(stepFor(span, plottedPoints), h.finestStep(from))
	case span/step >= maxPoints:
		return tooFine(own["step"], least)
	}
	points, err := h.seriesLister.Series(req.Context(), q, step)
	if err != nil {
		return err
	}
	if len(points) > maxPoints+1 { // what came meanwhile
		return tooFine(own["step"], stepFor(points[len(points)-1].Time.Sub(points[0].Time), maxPoints))
	}
	if points == nil {
		points = []storage.Point{}
	}
	return writeJSON(w, http.StatusOK, series{Step: stepText(step), Bounds: boundsMillis(), Points: points})
}

func tooFine(value string, least time.Duration) error {
	return &storage.ParamError{
		Param: "step", Value: value, Allowed: fmt.Sprintf("one that makes at most %d points here, such as %s", maxPoints, stepText(least)),
	}
}

// spanAsked returns how long the range of a query is, and -1 where it has no
// beginning.
func spanAsked(q storage.Query, now time.Time) time.Duration {
	if q.From.IsZero() {
		return -1
	}
	if q.To.IsZero() {
		q.To = now
	}
	return max(0, q.To.Sub(q.From))
}

func (h *Handler) finestStep(from time.Time) time.Duration {
	if l, ok := h.seriesLister.(StepLimiter); ok {
		return l.FinestStep(from)
	}
	return 0
}

// spanHeld returns where the first action that matches is, and how much time
// lies between it and the last one, no more exactly than it takes to choose a
// step: it looks for them in ever finer steps, which are never many.
func (h *Handler) spanHeld(ctx context.Context, q storage.Query) (first time.Time, span time.Duration, err error) {
	for _, step := range [...]time.Duration{day, time.Hour, time.Minute, time.Second} {
		points, err := h.seriesLister.Series(ctx, q, step)
		if err != nil || len(points) == 0 {
			return first, 0, err
		}
		first = points[0].Time
		last := points[len(points)-1].Time
		span = last.Sub(first) + step
		if len(points) > 12 { // the ends are known well enough
			break
		}
		if q.From.Before(first) {
			q.From = first
		}
		if end := last.Add(step); q.To.IsZero() || end.Before(q.To) {
			q.To = end
		}
	}
	return first, span, nil
}

// stepFor returns the shortest round step of which no more than n make a span.
func stepFor(span time.Duration, n int) time.Duration {
	for _, step := range roundSteps {
		if span <= step*time.Duration(n) {
			return step
		}
	}
	return roundSteps[len(roundSteps)-1]
}

// parseStep reads a duration, or whole days.
func parseStep(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if days, ok := strings.CutSuffix(v, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * day
	}
	if err != nil || d < time.Second || d > maxStep {
		return 0, &storage.ParamError{Param: "step", Value: v, Allowed: allowedStep}
	}
	return d, nil
}

// stepText returns a step as parseStep reads it, in its largest whole unit.
func stepText(d time.Duration) string {
	if d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func boundsMillis() []float64 {
	bounds := storage.PointBounds()
	list := make([]float64, len(bounds))
	for i, b := range bounds {
		list[i] = float64(b) / float64(time.Millisecond)
	}
	return list
}
