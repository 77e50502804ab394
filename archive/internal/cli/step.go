package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

const (
	allowedStep = "a duration from 1s up, such as 1m, 1h or 1d"
	mostSteps   = 20_000 // rows of a table over time
)

// parseStep reads a duration, or whole days.
func parseStep(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if days, ok := strings.CutSuffix(v, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(max(n, 0), 36_500)) * 24 * time.Hour
	}
	if err != nil || d < time.Second {
		return 0, &flagError{"step", v, allowedStep}
	}
	return d, nil
}

// steps prints a row for each step of time, also for those in between that
// are empty.
func (s *session) steps(ctx context.Context, a *archive.Archive, q storage.Query, step time.Duration, form string, loc *time.Location) error {
	points, err := s.series(ctx, a, q, step)
	if err != nil {
		return err
	}
	g := &grid{columns: []column{
		{key: "time", head: "TIME"}, {key: "total", head: "COUNT", right: true}, {head: "     ", only: true},
		{key: "failed", head: "FAILED", right: true}, {key: "rate", head: "RATE", right: true},
		{key: "p50", head: "P50", right: true}, {key: "p95", head: "P95", right: true}, {head: "     ", only: true},
		{key: "p99", head: "P99", right: true}, {key: "max", head: "MAX", right: true},
	}}
	for _, p := range points {
		g.add(stepTime{p.at}, p.Total, barOf(p.Total), p.Failed, rateOf(p.Counts), p.P50, p.P95, barOf(p.P95), p.P99, p.Max)
	}
	if err := s.print(g, form, loc); err != nil {
		return err
	}
	return found(len(points) > 0)
}

// point is a step of time.
type point struct {
	at time.Time
	storage.Summary
}

// series counts what a query matches by steps since 1970.
func (s *session) series(ctx context.Context, a *archive.Archive, q storage.Query, step time.Duration) ([]point, error) {
	var points []point
	var current *sum
	for act, err := range s.inOrder(ctx, a, q) {
		if err != nil {
			return nil, err
		}
		ns := act.Time.UnixNano()
		at := time.Unix(0, ns-ns%int64(step)).UTC()
		for current == nil || points[len(points)-1].at.Before(at) {
			next := at
			if current != nil {
				points[len(points)-1].Summary = current.summary()
				next = points[len(points)-1].at.Add(step)
			}
			if len(points) >= mostSteps {
				return nil, fmt.Errorf("steps of %s are more than %d; take longer ones, or a shorter time by --from and --to", step, mostSteps)
			}
			points, current = append(points, point{at: next}), &sum{}
		}
		current.add(act)
	}
	if current != nil {
		points[len(points)-1].Summary = current.summary()
	}
	return points, nil
}
