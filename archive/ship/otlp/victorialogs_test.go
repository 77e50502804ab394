package otlp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/otlp"
	"actionlog/storage"
)

// TestVictoriaLogs delivers some thousands of actions, and finds every field of
// every one again.
func TestVictoriaLogs(t *testing.T) {
	v := receiver.StartVictoriaLogs(t)
	d := open(t, otlp.Options{URL: v.URL + "/insert/opentelemetry", Resource: map[string]string{"deployment.environment.name": "test"}})
	batch := receiver.Actions(3000, time.Now().Add(-time.Minute))
	for part := range receiver.Parts(batch, 700) {
		out, err := d.Deliver(t.Context(), part)
		if err != nil || len(out.Retry)+len(out.Refused) > 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	rows := map[string]map[string]string{}
	for _, row := range v.Rows(t, "*", len(batch)) {
		rows[row["log.record.uid"]] = row
	}
	for i := range batch {
		row := rows[string(batch[i].ID)]
		if diff := cmp.Diff(fieldsOf(&batch[i]), receiver.Drop(row, "_stream", "_stream_id", "_msg", "scope.version")); diff != "" {
			t.Fatalf("action %d (-want +got):\n%s", i, diff)
		}
	}
}

// fieldsOf says what is to be found of an action.
func fieldsOf(a *storage.Action) map[string]string {
	f := map[string]string{
		"_time": a.Time.Format(time.RFC3339Nano), "service.name": a.Service, "service.instance.id": a.Instance, "deployment.environment.name": "test", "scope.name": "actionlog",
		"severity_text": "INFO", "severity_number": "9", "event_name": "actionlog.action", "log.record.uid": string(a.ID), "actionlog.action": a.Action, "actionlog.status": string(a.Status),
		"actionlog.duration": fmt.Sprint(int64(a.Duration)), "trace_id": a.TraceID.String(), "span_id": a.SpanID.String(),
	}
	if a.Failed() {
		f["severity_text"], f["severity_number"], f["exception.message"], f["error.type"] = "ERROR", "17", a.Error, "_OTHER"
		if a.HTTP != nil {
			f["error.type"] = "panic"
		}
	}
	if h := a.HTTP; h != nil {
		f["http.request.method"], f["http.route"], f["url.path"], f["client.address"] = h.Method, h.Route, h.Path, h.Remote.String()
		f["http.response.status_code"], f["http.response.body.size"] = fmt.Sprint(h.Code), fmt.Sprint(h.Bytes)
		f["actionlog.request.id"], f["actionlog.outcome"] = h.RequestID, string(h.Outcome)
	}
	for _, attr := range a.Attrs {
		f["actionlog.attr."+attr.Key] = attr.Value
	}
	return receiver.Drop(f)
}
