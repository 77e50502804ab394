package elasticsearch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship/elasticsearch"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/storage"
)

// TestVictoriaLogs delivers some thousands of actions, and finds every field of
// every one again.
func TestVictoriaLogs(t *testing.T) {
	v := receiver.StartVictoriaLogs(t)
	d := open(t, elasticsearch.Options{URL: v.URL + "/insert/elasticsearch?_time_field=@timestamp&_msg_field=message&_stream_fields=service.name"})
	batch := receiver.Actions(3000, time.Now().Add(-time.Minute))
	for part := range receiver.Parts(batch, 700) {
		out, err := d.Deliver(t.Context(), part)
		if err != nil || len(out.Retry)+len(out.Refused) > 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	rows := map[string]map[string]string{}
	for _, row := range v.Rows(t, "*", len(batch)) {
		rows[row["event.id"]] = row
	}
	for i := range batch {
		a := &batch[i]
		row := rows[string(a.ID)]
		receiver.Drop(row, "_stream", "_stream_id", "_msg", "ecs.version", "data_stream.type", "data_stream.dataset", "data_stream.namespace", "event.kind", "event.dataset")
		if diff := cmp.Diff(fieldsOf(a), row); diff != "" {
			t.Fatalf("action %d (-want +got):\n%s", i, diff)
		}
	}
}

// fieldsOf says what is to be found of an action.
func fieldsOf(a *storage.Action) map[string]string {
	f := map[string]string{
		"_time": a.Time.Format(time.RFC3339Nano), "event.id": string(a.ID), "event.action": a.Action, "event.duration": fmt.Sprint(int64(a.Duration)),
		"event.outcome": "success", "service.name": a.Service, "service.node.name": a.Instance, "trace.id": a.TraceID.String(), "span.id": a.SpanID.String(),
	}
	if a.Failed() {
		f["event.outcome"], f["error.message"] = "failure", a.Error
	}
	if h := a.HTTP; h != nil {
		f["http.request.method"], f["http.request.id"], f["url.path"] = h.Method, h.RequestID, h.Path
		f["http.response.status_code"], f["http.response.body.bytes"] = fmt.Sprint(h.Code), fmt.Sprint(h.Bytes)
		f["client.address"], f["client.ip"] = h.Remote.String(), h.Remote.WithZone("").String()
		f["actionlog.route"], f["actionlog.outcome"] = h.Route, string(h.Outcome)
	}
	for _, attr := range a.Attrs {
		f[map[string]string{"case": "labels.case", "a.b c": "labels.a_b_c"}[attr.Key]] = attr.Value
	}
	return receiver.Drop(f)
}
