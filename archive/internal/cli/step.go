package cli

import (
	"context"
	"strconv"
	"strings"
	"time"
)

const allowedStep = "a duration from 1s up, such as 1m, 1h or 1d"

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
func (s *session) steps(ctx context.Context, x question, step time.Duration) error {
	points, err := seriesOf(ctx, x, step)
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
		g.add(stepTime{p.Time}, p.Total, barOf(p.Total), p.Failed, rateOf(p.Counts), p.P50, p.P95, barOf(p.P95), p.P99, p.Max)
	}
	if err := s.print(g, x.form, x.loc); err != nil {
		return err
	}
	return found(len(points) > 0)
}
