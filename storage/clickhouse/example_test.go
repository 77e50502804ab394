package clickhouse_test

import (
	"context"
	"crypto/tls"
	"log"
	"os"
	"time"

	"actionlog/adminapi"
	"actionlog/storage/clickhouse"
	"actionlog/storage/ring"
)

// A service writes what its ring records, and its admin API answers over what all
// instances have written.
func Example() {
	actions := ring.New(ring.Options{})
	db, err := clickhouse.Open(context.Background(), os.Getenv("ACTIONLOG_CLICKHOUSE"), clickhouse.Options{
		Cluster: "main", Replicated: true, // as the operator has named it; leave both out for one server
		Lazy:    true, // the service begins also while the cluster is down
		TLS:     &tls.Config{MinVersion: tls.VersionTLS13},
		OnError: func(err error) { log.Print(err) },
	})
	if err != nil {
		log.Fatal(err)
	}
	actions.Pump("clickhouse", db, ring.PumpOptions{Batch: 10_000, Linger: time.Second})
	api, err := adminapi.New(adminapi.Options{Store: db})
	if err != nil {
		log.Fatal(err)
	}
	_ = api // to be registered with the service's mux
}
