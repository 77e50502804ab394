package elasticsearch_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"actionlog/archive/ship/elasticsearch"
	"actionlog/storage"
)

// A document that the cluster refuses is told with its words; one that it has
// already counts as taken.
func Example() {
	cluster := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"errors":true,"items":[
			{"create":{"status":201}},
			{"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"document already exists"}}},
			{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"failed to parse field [client.ip] of type [ip]"}}}]}`)
	}))
	defer cluster.Close()

	d, err := elasticsearch.New(elasticsearch.Options{URL: cluster.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	now := time.Now()
	out, err := d.Deliver(context.Background(), []storage.Action{
		{ID: "1", Time: now, Service: "shop", Action: "buy", Status: storage.Success},
		{ID: "2", Time: now, Service: "shop", Action: "buy", Status: storage.Success},
		{ID: "3", Time: now, Service: "shop", Action: "buy", Status: storage.Success},
	})
	fmt.Println(err, out.Retry)
	for _, r := range out.Refused {
		fmt.Println(r.Index, r.Reason)
	}
	// Output:
	// <nil> []
	// 2 document_parsing_exception: failed to parse field [client.ip] of type [ip]
}

// The template is put by [elasticsearch.Options.PutTemplate], or by hand.
func ExampleTemplate() {
	body := elasticsearch.Template("logs-actionlog-default", true)
	fmt.Println(bytes.Contains(body, []byte(`"data_stream": {}`)))
	// Output: true
}
