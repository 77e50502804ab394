package loki_test

import (
	"testing"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/loki"
)

func BenchmarkDeliver(b *testing.B) {
	receiver.Benchmark(b, nil, "", func(url string) (ship.Destination, error) {
		return open(b, loki.Options{URL: url}), nil
	})
}
