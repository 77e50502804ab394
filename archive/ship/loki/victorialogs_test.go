package loki_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/loki"
	"actionlog/storage"
)

// TestVictoriaLogs delivers some thousands of actions, and finds every field of
// every one again.
func TestVictoriaLogs(t *testing.T) {
	v := receiver.StartVictoriaLogs(t)
	d := open(t, loki.Options{URL: v.URL + "/insert", Labels: map[string]string{"env": "test"}})
	batch := receiver.Actions(3000, time.Now().Add(-time.Minute))
	for part := range receiver.Parts(batch, 700) {
		out, err := d.Deliver(t.Context(), part)
		if err != nil || len(out.Retry)+len(out.Refused) > 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	rows := map[string]map[string]string{}
	for _, row := range v.Rows(t, `{env="test"}`, len(batch)) {
		rows[row["id"]] = row
	}
	for i := range batch {
		row := rows[string(batch[i].ID)]
		if diff := cmp.Diff(fieldsOf(&batch[i]), receiver.Drop(row, "_stream", "_stream_id", "_msg")); diff != "" {
			t.Fatalf("action %d (-want +got):\n%s", i, diff)
		}
	}
}

// fieldsOf says what is to be found of an action.
func fieldsOf(a *storage.Action) map[string]string {
	f := map[string]string{
		"_time": a.Time.Format(time.RFC3339Nano), "env": "test", "service": a.Service, "id": string(a.ID), "action": a.Action, "status": string(a.Status), "level": "info",
		"duration": a.Duration.String(), "instance": a.Instance, "trace_id": a.TraceID.String(), "span_id": a.SpanID.String(),
	}
	if a.Failed() {
		f["error"], f["level"] = a.Error, "error"
	}
	if h := a.HTTP; h != nil {
		f["method"], f["route"], f["path"], f["code"], f["bytes"] = h.Method, h.Route, h.Path, fmt.Sprint(h.Code), fmt.Sprint(h.Bytes)
		f["remote"], f["request_id"], f["outcome"] = h.Remote.String(), h.RequestID, string(h.Outcome)
	}
	for _, attr := range a.Attrs {
		f[map[string]string{"case": "attr_case", "a.b c": "attr_a_b_c"}[attr.Key]] = attr.Value
	}
	return receiver.Drop(f)
}
