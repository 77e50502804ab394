package otlp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"actionlog/archive/ship/otlp"
	"actionlog/storage"
)

func Example() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"))
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()

	d, err := otlp.New(otlp.Options{
		URL:      collector.URL,
		Resource: map[string]string{"deployment.environment.name": "production"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	out, err := d.Deliver(context.Background(), []storage.Action{{ID: "1", Time: time.Now(), Service: "shop", Action: "buy", Status: storage.Success}})
	fmt.Println(len(out.Retry), len(out.Refused), err)
	// Output:
	// /v1/logs application/x-protobuf gzip
	// 0 0 <nil>
}
