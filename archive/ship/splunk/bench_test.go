package splunk_test

import (
	"testing"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/splunk"
)

func BenchmarkDeliver(b *testing.B) {
	receiver.Benchmark(b, nil, success, func(url string) (ship.Destination, error) {
		return open(b, splunk.Options{URL: url}), nil
	})
}
