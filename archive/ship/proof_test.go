//go:build unix

package ship_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/receiver"
	"actionlog/storage"
)

// binary builds the command once, without the race detector.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "actionlog")
	if err != nil {
		return "", err
	}
	removeBinary = func() { os.RemoveAll(dir) }
	path := filepath.Join(dir, "actionlog")
	out, err := exec.Command("go", "build", "-o", path, "actionlog/archive/cmd/actionlog").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// command is a running "actionlog ship".
type command struct {
	t   *testing.T
	cmd *exec.Cmd
	log bytes.Buffer // to be read once it has ended
}

func start(t *testing.T, args ...string) *command {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := &command{t: t, cmd: exec.Command(path, append([]string{"ship"}, args...)...)}
	c.cmd.Stderr = &c.log
	c.cmd.Env = append(os.Environ(), "ACTIONLOG_SHIP_TOKEN=a-token")
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill() })
	return c
}

// kill is kill -9.
func (c *command) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	if c.cmd.Wait(); c.cmd.ProcessState.Exited() {
		c.t.Fatalf("it had ended by itself: %s", &c.log)
	}
}

// interrupt is Ctrl-C.
func (c *command) interrupt() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
		c.t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("after Ctrl-C: %v", err)
	}
	c.t.Logf("it said:\n%s", &c.log)
}

// proofs are the destinations that VictoriaLogs plays.
var proofs = []proof{
	{"elasticsearch", "http://ADDR/insert/elasticsearch?_time_field=@timestamp&_msg_field=message&_stream_fields=service.name", "event.id"},
	{"splunk", "http://ADDR/insert/splunk?_msg_field=event.action&_stream_fields=event.service", "event.id"},
	{"loki", "http://ADDR/insert", "id"},
	{"otlp", "http://ADDR/insert/opentelemetry", "log.record.uid"},
}

// proof is a destination: its name, its URL with ADDR for the server, and by which name
// a row has the action's id.
type proof struct{ name, url, id string }

// TestProof delivers 100,000 actions with the real command to a real far side
// through a proxy that delays, cuts off and drops, with three outages and a kill -9
// of the shipper, while the archive is written and sealed: every id is there at
// least once, and what is there twice is what was in flight.
func TestProof(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some twenty seconds for each")
	}
	const count = 100_000
	for _, d := range proofs {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			far := receiver.StartVictoriaLogs(t)
			prove(t, d, host(far.URL), count, func(m *maker) { wantAll(t, far, d.id, m, count) })
		})
	}
}

// prove delivers so many actions to the server at an address, and then lets it be
// checked.
func prove(t *testing.T, d proof, addr string, count int, check func(*maker)) {
	t.Helper()
	p := startProxy(t, addr,
		toxic{"latency", "downstream", map[string]any{"latency": 15, "jitter": 10}},
		toxic{"limit_data", "upstream", map[string]any{"bytes": 400_000}})

	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{MaxFileSize: 8 << 20})
	m := newMaker()
	write(t, w, m.next(count/2))
	written := make(chan error, 1)
	go func() {
		var err error
		for left := count / 2; left > 0 && err == nil; left -= 500 {
			time.Sleep(50 * time.Millisecond)
			err = w.Write(context.Background(), m.next(min(left, 500)))
		}
		written <- err
	}()
	args := []string{d.name, "--timeout", "1s", strings.Replace(d.url, "ADDR", p.addr, 1), dir}
	c := start(t, args...)
	delivered := func() int { return int(shipped(t, dir, d.name).Delivered) }
	p.disturb(count, delivered, func() {
		c.kill()
		t.Logf("killed with %d delivered", delivered())
		c = start(t, args...)
	})
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	p.reach(delivered, count)
	c.interrupt()
	if plan := shipped(t, dir, d.name); plan.Actions != 0 || plan.Delivered != int64(count) || plan.Refused+plan.Missed+plan.Damaged != 0 {
		t.Errorf("the checkpoint says %+v", plan)
	}
	check(m)
}

// shipped looks at a delivery from outside.
func shipped(t *testing.T, dir, name string) ship.Plan {
	t.Helper()
	plan, err := ship.NewPlan(t.Context(), dir, ship.Options{Name: name}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// wantAll waits until the far side has all ids, and tells how many are there more
// than once.
func wantAll(t *testing.T, far *receiver.VictoriaLogs, field string, m *maker, count int) {
	t.Helper()
	var rows int
	var missing storage.ID
	receiver.Until(t, "all ids are there", func() bool {
		seen := idsAt(t, far.URL, field)
		rows, missing = 0, ""
		for _, n := range seen {
			rows += n
		}
		for i := range count {
			if id := m.process.ID(uint64(i) + 1); seen[id] == 0 {
				missing = id
				return false
			}
		}
		return len(seen) == count
	})
	if missing != "" {
		t.Errorf("%s is missing", missing)
	}
	t.Logf("%d ids are there, in %d rows: %d were sent again after they had been taken", count, rows, rows-count)
	if rows > 2*count {
		t.Errorf("there are %d rows for %d actions", rows, count)
	}
}

// idsAt returns how often the far side has each id.
func idsAt(t *testing.T, base, field string) map[storage.ID]int {
	t.Helper()
	query := `* | fields "` + field + `"`
	res, err := http.Get(base + "/select/logsql/query?" + url.Values{"query": {query}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	seen := map[storage.ID]int{}
	for dec := json.NewDecoder(res.Body); ; {
		var row map[string]string
		if err := dec.Decode(&row); err == io.EOF {
			return seen
		} else if err != nil {
			t.Fatal(err)
		}
		seen[storage.ID(row[field])]++
	}
}
