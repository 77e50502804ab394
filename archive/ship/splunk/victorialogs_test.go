package splunk_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/splunk"
	"actionlog/storage"
)

// TestVictoriaLogs delivers some thousands of actions, and finds every field of
// every one again.
func TestVictoriaLogs(t *testing.T) {
	v := receiver.StartVictoriaLogs(t)
	d := open(t, splunk.Options{URL: v.URL + "/insert/splunk?_msg_field=event.action&_stream_fields=event.service"})
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
		row := rows[string(batch[i].ID)]
		want := eventOf(t, &batch[i])
		want["_msg"] = want["event.action"] // as the URL asks for
		delete(want, "event.action")
		if diff := cmp.Diff(want, receiver.Drop(row, "_stream", "_stream_id")); diff != "" {
			t.Fatalf("action %d (-want +got):\n%s", i, diff)
		}
	}
}

// eventOf says what is to be found of an action: its JSON, and what is beside it.
func eventOf(t *testing.T, a *storage.Action) map[string]string {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(a.AppendJSON(nil), &event); err != nil {
		t.Fatal(err)
	}
	row := map[string]string{}
	flatten("event.", event, row)
	row["_time"], row["host"], row["source"], row["sourcetype"] = a.Time.Format(time.RFC3339Nano), a.Instance, "actionlog", "_json"
	row["fields.service"], row["fields.status"] = a.Service, string(a.Status)
	return receiver.Drop(row)
}

func flatten(prefix string, object map[string]any, row map[string]string) {
	for name, value := range object {
		switch value := value.(type) {
		case map[string]any:
			flatten(prefix+name+".", value, row)
		case float64:
			row[prefix+name] = fmt.Sprint(int64(value))
		case string:
			row[prefix+name] = value
		}
	}
}
