package storage

import (
	"encoding/json"
	"math"
	"time"
)

// Stats counts what a store holds. Its JSON form keeps the keys total, failed
// and byService first, as the API that this one replaces had them.
type Stats struct {
	Total     int64                   `json:"total"`
	Failed    int64                   `json:"failed"`
	ByService map[string]int64        `json:"byService"`
	Since     time.Time               `json:"since,omitzero"` // when the counting began: process start or the last clear
	Lifetime  Counts                  `json:"lifetime"`       // since Since, whatever has left the window
	Services  map[string]ServiceStats `json:"services"`
	Capacity  int                     `json:"capacity"` // actions that the window can hold; 0 where there is no window
	Sinks     map[string]SinkStats    `json:"sinks"`
}

// MarshalJSON encodes the stats with an empty object for a map that is nil.
func (s Stats) MarshalJSON() ([]byte, error) {
	type plain Stats // without this method
	p := plain(s)
	if p.ByService == nil {
		p.ByService = map[string]int64{}
	}
	if p.Services == nil {
		p.Services = map[string]ServiceStats{}
	}
	if p.Sinks == nil {
		p.Sinks = map[string]SinkStats{}
	}
	return json.Marshal(p)
}

// Counts is a number of actions and how many of them failed.
type Counts struct {
	Total  int64 `json:"total"`
	Failed int64 `json:"failed"`
}

// Summary describes a set of actions. Quantiles are within 2 % between 1 µs
// and 1 h; Max is exact. In JSON durations are milliseconds as decimals.
type Summary struct {
	Counts
	P50, P95, P99, Max time.Duration
}

// ServiceStats describes a service and each of its actions.
type ServiceStats struct {
	Summary
	Actions map[string]Summary
}

// SinkStats tells how a sink keeps up.
type SinkStats struct {
	Lag       int64  `json:"lag"`       // actions recorded and not yet written
	Written   int64  `json:"written"`   // actions written
	Missed    int64  `json:"missed"`    // actions that were overwritten before they could be written, or given up
	LastError string `json:"lastError"` // of the last write that failed; empty again after one that did not
}

type summaryJSON struct {
	Total   int64              `json:"total"`
	Failed  int64              `json:"failed"`
	P50     float64            `json:"p50"`
	P95     float64            `json:"p95"`
	P99     float64            `json:"p99"`
	Max     float64            `json:"max"`
	Actions map[string]Summary `json:"actions,omitempty"`
}

func (s Summary) wire() summaryJSON {
	return summaryJSON{
		Total: s.Total, Failed: s.Failed,
		P50: millis(s.P50), P95: millis(s.P95), P99: millis(s.P99), Max: millis(s.Max),
	}
}

// MarshalJSON encodes the summary with its durations in milliseconds.
func (s Summary) MarshalJSON() ([]byte, error) { return json.Marshal(s.wire()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Summary) UnmarshalJSON(b []byte) error {
	var w summaryJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*s = w.summary()
	return nil
}

// MarshalJSON encodes the summary of the service and, below "actions", of
// each action.
func (s ServiceStats) MarshalJSON() ([]byte, error) {
	w := s.wire()
	w.Actions = s.Actions
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *ServiceStats) UnmarshalJSON(b []byte) error {
	var w summaryJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*s = ServiceStats{Summary: w.summary(), Actions: w.Actions}
	return nil
}

func (w summaryJSON) summary() Summary {
	return Summary{
		Counts: Counts{w.Total, w.Failed},
		P50:    fromMillis(w.P50), P95: fromMillis(w.P95), P99: fromMillis(w.P99), Max: fromMillis(w.Max),
	}
}

func millis(d time.Duration) float64 { return float64(d) / 1e6 }

func fromMillis(ms float64) time.Duration { return time.Duration(math.Round(ms * 1e6)) }
