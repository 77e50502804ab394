package otlp_test

import (
	"testing"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/otlp"
)

func BenchmarkDeliver(b *testing.B) {
	receiver.Benchmark(b, map[string]string{"Content-Type": inProto}, "", func(url string) (ship.Destination, error) {
		return open(b, otlp.Options{URL: url}), nil
	})
}
