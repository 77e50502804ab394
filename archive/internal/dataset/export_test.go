package dataset

import "time"

// Quantile returns a quantile that the durations of an action should have, by
// its service and name; it is so many standard deviations above the median.
func Quantile(opts Options, name string, deviations float64) time.Duration {
	s, err := New(opts)
	if err != nil {
		panic(err)
	}
	for _, k := range s.kinds {
		if k.service+" "+k.action == name {
			return k.quantile(deviations)
		}
	}
	return 0
}
