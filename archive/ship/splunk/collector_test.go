package splunk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship/internal/receiver"
	"actionlog/archive/ship/splunk"
)

// collector is the HTTP Event Collector of the OpenTelemetry Collector.
type collector struct {
	url, out string
}

// startCollector starts one, which stops with the test.
func startCollector(t *testing.T) *collector {
	t.Helper()
	program := receiver.Tool(t, "splunk/collector", "archive/ship/splunk/tools.sh")
	addr := receiver.FreeAddr(t)
	c := &collector{url: "http://" + addr, out: filepath.Join(t.TempDir(), "taken.jsonl")}
	cmd := exec.Command(program, "-listen", addr, "-out", c.out)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() && log.Len() > 0 {
			t.Logf("the collector said:\n%s", &log)
		}
	})
	receiver.Until(t, "the collector listens", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return c
}

// value is a value as the collector writes it.
type value struct {
	String *string `json:"stringValue"`
	Map    *struct {
		Values []pair `json:"values"`
	} `json:"kvlistValue"`
	Int    *json.Number `json:"intValue"`
	Double *float64     `json:"doubleValue"`
}

type pair struct {
	Key   string
	Value value
}

// taken reads what the collector has written: of every event a row of what is in
// it, by its id. None may have come twice.
func (c *collector) taken(t *testing.T) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile(c.out)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]map[string]string{}
	for line := range bytes.Lines(data) {
		var request struct {
			ResourceLogs []struct {
				Resource struct {
					Attributes []pair
				}
				ScopeLogs []struct {
					LogRecords []struct {
						TimeUnixNano json.Number
						Body         value
						Attributes   []pair
					}
				}
			}
		}
		if err := json.Unmarshal(line, &request); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		for _, resource := range request.ResourceLogs {
			for _, scope := range resource.ScopeLogs {
				for _, record := range scope.LogRecords {
					row := map[string]string{"time": record.TimeUnixNano.String()}
					collect(row, "", resource.Resource.Attributes)
					collect(row, "fields.", record.Attributes)
					collect(row, "event.", record.Body.Map.Values)
					if id := row["event.id"]; rows[id] != nil {
						t.Errorf("event %s came twice", id)
					}
					rows[row["event.id"]] = row
				}
			}
		}
	}
	return rows
}

func collect(row map[string]string, prefix string, pairs []pair) {
	for _, p := range pairs {
		switch v := p.Value; {
		case v.String != nil:
			row[prefix+p.Key] = *v.String
		case v.Map != nil:
			collect(row, prefix+p.Key+".", v.Map.Values)
		case v.Int != nil:
			row[prefix+p.Key] = v.Int.String()
		case v.Double != nil:
			row[prefix+p.Key] = fmt.Sprint(int64(*v.Double))
		}
	}
}

// TestCollector delivers some thousands of actions, and reads every field of every
// one back.
func TestCollector(t *testing.T) {
	c := startCollector(t)
	d := open(t, splunk.Options{URL: c.url, Index: "web"})
	batch := receiver.Actions(3000, time.Now())
	for part := range receiver.Parts(batch, 700) {
		if refused := receiver.DeliverAll(t, t.Context(), d, part); len(refused) > 0 {
			t.Fatalf("refused: %v", refused)
		}
	}
	rows := c.taken(t)
	if len(rows) != len(batch) {
		t.Errorf("%d events came; want %d", len(rows), len(batch))
	}
	for i := range batch {
		a := &batch[i]
		row := rows[string(a.ID)]
		var nanos int64
		fmt.Sscan(row["time"], &nanos)
		if off := time.Unix(0, nanos).Sub(a.Time).Abs(); off > time.Microsecond { // it reads the time as a float64
			t.Errorf("action %d ended %s apart", i, off)
		}
		delete(row, "time")
		want := eventOf(t, a)
		want["host.name"], want["com.splunk.source"], want["com.splunk.sourcetype"], want["com.splunk.index"] = want["host"], want["source"], want["sourcetype"], "web"
		receiver.Drop(want, "_time", "host", "source", "sourcetype")
		if diff := cmp.Diff(want, receiver.Drop(row)); diff != "" {
			t.Fatalf("action %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestCollectorRefuses has one event of a batch spoilt on its way, in each form
// that the collector has a code for: that event is found and refused, and all the
// others arrive.
func TestCollectorRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(line string) string
		want  string
	}{
		{"format", func(line string) string { return `{"event":]}` }, "Invalid data format (code 6)"},
		{"missing", func(line string) string { return strings.Replace(line, `"event":`, `"other":`, 1) }, "Event field is required (code 12)"},
		{"blank", func(line string) string { return `{"time":1,"event":""}` }, "Event field cannot be blank (code 13)"},
		{"fields", func(line string) string { return strings.Replace(line, `"fields":{`, `"fields":{"x":{"y":"z"},`, 1) }, "Error in handling indexed fields (code 15)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := startCollector(t)
			batch := receiver.Actions(50, time.Now())
			bad := batch[17].ID
			url := receiver.Spoil(t, far.url, func(body []byte) []byte {
				lines := strings.SplitAfter(string(body), "\n")
				for i, line := range lines {
					if strings.Contains(line, `"id":"`+string(bad)+`"`) {
						lines[i] = c.spoil(line)
					}
				}
				return []byte(strings.Join(lines, ""))
			})
			refused := receiver.DeliverAll(t, t.Context(), open(t, splunk.Options{URL: url}), batch)
			if len(refused) != 1 || !strings.Contains(refused[bad], c.want) {
				t.Errorf("refused: %v; want %s for %s", refused, c.want, bad)
			}
			rows := far.taken(t)
			for _, a := range batch {
				if _, came := rows[string(a.ID)]; came != (a.ID != bad) {
					t.Errorf("that %s came is %t", a.ID, came)
				}
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		url := receiver.Spoil(t, startCollector(t).url, func([]byte) []byte { return nil })
		_, err := open(t, splunk.Options{URL: url}).Deliver(t.Context(), receiver.Actions(1, time.Now()))
		if err == nil || !strings.Contains(err.Error(), "No data (code 5)") {
			t.Errorf("the error is %v", err)
		}
	})
}
