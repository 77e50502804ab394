package elasticsearch_test

import (
	"testing"

	"actionlog/archive/ship"
	"actionlog/archive/ship/elasticsearch"
	"actionlog/archive/ship/internal/receiver"
)

func BenchmarkDeliver(b *testing.B) {
	receiver.Benchmark(b, nil, `{"errors":false,"items":[`+receiver.BenchBatch(`{"create":{"status":201}}`)+`]}`, func(url string) (ship.Destination, error) {
		return open(b, elasticsearch.Options{URL: url}), nil
	})
}
