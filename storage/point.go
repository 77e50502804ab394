package storage

import (
	"encoding/json"
	"time"
)

// Point describes the actions that ended within one step of time. Its JSON
// form is that of a [Summary] with the key time before the others.
type Point struct {
	Time time.Time // when the step begins
	Summary
}

type pointJSON struct {
	Time time.Time `json:"time"`
	summaryJSON
}

// MarshalJSON encodes the point with its durations in milliseconds.
func (p Point) MarshalJSON() ([]byte, error) { return json.Marshal(pointJSON{p.Time, p.wire()}) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Point) UnmarshalJSON(b []byte) error {
	var w pointJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*p = Point{Time: w.Time, Summary: w.summary()}
	return nil
}
