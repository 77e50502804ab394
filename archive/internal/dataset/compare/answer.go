package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"actionlog/storage"
)

// The questions.
const (
	askID        = "id"
	askFailed    = "failed"
	askStats     = "stats"
	askEstimates = "estimates"
	askErrors    = "errors"
	askText      = "text"
	askPlain     = "plain"
)

// questions are all of them in the order of the table, and what they ask.
var questions = []struct{ key, title string }{
	{askID, "one request id"},
	{askFailed, "failed, one service, one hour"},
	{askStats, "count, failed, p50 p95 p99 by service and action, all"},
	{askEstimates, "… with the tool's own estimate of quantiles"},
	{askErrors, "top 20 error templates"},
	{askText, "text that nothing indexes"},
	{askPlain, "the same on gzip of one stream, as `gzip` makes it"},
}

const topErrors = 20

// percents are the quantiles asked for.
var percents = [3]int{50, 95, 99}

// answer is what a program found, in a form that can be compared.
type answer struct {
	rows      []string
	quantiles map[string][3]float64 // in nanoseconds, by service and action
}

// add appends an action that was found.
func (a *answer) add(action *storage.Action) {
	a.addRow(string(action.ID), string(action.Status), int64(action.Duration))
}

func (a *answer) addRow(id, status string, duration int64) {
	a.rows = append(a.rows, fmt.Sprintf("%s %s %d", id, status, duration))
}

func (a *answer) addPair(service, action string, total, failed int, quantiles [3]float64) {
	if a.quantiles == nil {
		a.quantiles = map[string][3]float64{}
	}
	a.rows = append(a.rows, fmt.Sprintf("%s %s: %d actions, %d failed", service, action, total, failed))
	a.quantiles[service+" "+action] = quantiles
}

// differs says in what an answer differs from the right one, quantiles apart;
// "" is in nothing.
func (a *answer) differs(want *answer) string {
	got, right := slices.Sorted(slices.Values(a.rows)), slices.Sorted(slices.Values(want.rows))
	if slices.Equal(got, right) {
		return ""
	}
	for _, row := range right {
		if _, found := slices.BinarySearch(got, row); !found {
			return fmt.Sprintf("%d rows, and %q is not among them; the right answer has %d", len(got), row, len(right))
		}
	}
	return fmt.Sprintf("%d rows; the right answer has %d", len(got), len(right))
}

// off returns by which share a quantile is off the right one at most.
func (a *answer) off(want *answer) float64 {
	worst := 0.0
	for key, q := range want.quantiles {
		for i, right := range q {
			worst = max(worst, math.Abs(a.quantiles[key][i]/right-1))
		}
	}
	return worst
}

// readActions reads JSON Lines of actions, or of rows with their keys; numbers
// may be in strings.
func readActions(out []byte) (*answer, error) {
	a := &answer{}
	err := eachObject(out, func(row map[string]any) error {
		duration, err := strconv.ParseInt(fmt.Sprint(row["durationNs"]), 10, 64)
		if err != nil {
			return err
		}
		a.addRow(fmt.Sprint(row["id"]), fmt.Sprint(row["status"]), duration)
		return nil
	})
	return a, err
}

// readPairs reads JSON Lines of counts and quantiles by service and action.
// unit is that of the quantiles, in nanoseconds.
func readPairs(unit float64) func([]byte) (*answer, error) {
	return func(out []byte) (*answer, error) {
		a := &answer{}
		err := eachObject(out, func(row map[string]any) error {
			var n [5]float64
			for i, key := range [5]string{"total", "failed", "p50", "p95", "p99"} {
				v, err := strconv.ParseFloat(fmt.Sprint(row[key]), 64)
				if err != nil {
					return err
				}
				n[i] = v
			}
			a.addPair(fmt.Sprint(row["service"]), fmt.Sprint(row["action"]), int(n[0]), int(n[1]), [3]float64{n[2] * unit, n[3] * unit, n[4] * unit})
			return nil
		})
		return a, err
	}
}

// readTemplates reads JSON Lines of counts and templates.
func readTemplates(out []byte) (*answer, error) {
	a := &answer{}
	err := eachObject(out, func(row map[string]any) error {
		a.rows = append(a.rows, fmt.Sprintf("%v %s", row["count"], row["template"]))
		return nil
	})
	return a, err
}

// readCounts reads what uniq -c prints.
func readCounts(out []byte) (*answer, error) {
	a := &answer{}
	for line := range strings.Lines(string(out)) {
		count, template, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			return nil, fmt.Errorf("%q is no count and a text", line)
		}
		a.rows = append(a.rows, count+" "+template)
	}
	return a, nil
}

func eachObject(out []byte, visit func(map[string]any) error) error {
	dec := json.NewDecoder(bytes.NewReader(out))
	dec.UseNumber()
	for dec.More() {
		var row map[string]any
		if err := dec.Decode(&row); err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return fmt.Errorf("row %v: %w", row, err)
		}
	}
	return nil
}
