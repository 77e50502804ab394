package splunk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"actionlog/archive/ship"
	"actionlog/archive/ship/splunk"
	"actionlog/storage"
)

// A token that the collector does not know throws nothing away: the batch is sent
// again until that is put right.
func Example() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"text":"Invalid token","code":4}`)
	}))
	defer collector.Close()

	d, err := splunk.New(splunk.Options{URL: collector.URL, Token: "file:testdata/token", Index: "web"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	_, err = d.Deliver(context.Background(), []storage.Action{{ID: "1", Time: time.Now(), Service: "shop", Action: "buy", Status: storage.Success}})
	var failed *ship.BatchError
	if errors.As(err, &failed) {
		fmt.Println(failed.Kind)
		fmt.Println(strings.ReplaceAll(failed.Error(), collector.URL, "http://splunk.example:8088"))
	}
	// Output:
	// unavailable
	// Splunk at http://splunk.example:8088/services/collector/event answered 403 Forbidden: Invalid token (code 4); it does not let us; check Token and the rights there
}
