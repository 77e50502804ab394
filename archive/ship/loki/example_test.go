package loki_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"actionlog/archive/ship/loki"
	"actionlog/storage"
)

func Example() {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := gzip.NewReader(r.Body); err == nil {
			io.Copy(os.Stdout, body)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer far.Close()

	d, err := loki.New(loki.Options{URL: far.URL, Labels: map[string]string{"host": "web-1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	_, err = d.Deliver(context.Background(), []storage.Action{{
		ID: "1", Time: time.Unix(1795521600, 0), Service: "shop", Action: "buy", Status: storage.Failed, Duration: 12 * time.Millisecond, Error: "out of stock",
	}})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"streams":[{"stream":{"host":"web-1","service":"shop"},"values":[["1795521600000000000","status=failed action=buy duration=12ms error=\"out of stock\" id=1",{"id":"1","action":"buy","status":"failed","level":"error","duration":"12ms","error":"out of stock"}]]}]}
}
