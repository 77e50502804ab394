package receiver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// VictoriaLogs is a server of that name.
type VictoriaLogs struct {
	URL string

	ended chan struct{} // closed when the process has ended
	log   bytes.Buffer  // to be read once it has
}

// patience is for what a busy machine makes slow.
const patience = 30 * time.Second

// StartVictoriaLogs starts a server, which stops with the test. Without the
// program the test is skipped, or fails in the full check.
func StartVictoriaLogs(t testing.TB) *VictoriaLogs {
	t.Helper()
	program := Tool(t, "victoria-logs", "archive/internal/dataset/tools.sh")
	v := &VictoriaLogs{ended: make(chan struct{})}
	addr := FreeAddr(t)
	v.URL = "http://" + addr
	cmd := exec.Command(program, "-httpListenAddr="+addr, "-storageDataPath="+t.TempDir(), "-retentionPeriod=100y", "-inmemoryDataFlushInterval=1s", "-loggerLevel=WARN")
	cmd.Stdout, cmd.Stderr = &v.log, &v.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(v.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() // what it has is thrown away
		<-v.ended
		http.DefaultClient.CloseIdleConnections()
	})
	Until(t, "VictoriaLogs listens", func() bool {
		select {
		case <-v.ended:
			t.Fatalf("VictoriaLogs has ended: %s", &v.log)
		default:
		}
		_, err := get(v.URL + "/health")
		return err == nil
	})
	return v
}

// Tool returns the path of a program from the folder that ACTIONLOG_TOOLS names,
// which script fills. Without it the test is skipped, or fails in the full check.
func Tool(t testing.TB, name, script string) string {
	t.Helper()
	folder := os.Getenv("ACTIONLOG_TOOLS")
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); folder != "" && err == nil {
		return path
	}
	const format = "there is no %s; %s FOLDER brings it, and ACTIONLOG_TOOLS=FOLDER tells the test of it"
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		t.Fatalf("full check: "+format, name, script)
	}
	t.Skipf(format, name, script)
	return ""
}

// FreeAddr returns an address of the loopback interface that nobody listens on.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Until waits until something is so.
func Until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain until %s", patience, what)
		}
	}
}

// Rows waits until a query finds n rows, and returns them.
func (v *VictoriaLogs) Rows(t testing.TB, query string, n int) []map[string]string {
	t.Helper()
	var rows []map[string]string
	Until(t, fmt.Sprintf("%s finds %d rows", query, n), func() bool {
		rows = v.query(t, query)
		return len(rows) >= n
	})
	if len(rows) != n {
		t.Fatalf("%s finds %d rows; want %d", query, len(rows), n)
	}
	return rows
}

func (v *VictoriaLogs) query(t testing.TB, query string) (rows []map[string]string) {
	t.Helper()
	body, err := get(v.URL + "/select/logsql/query?" + url.Values{"query": {query}, "limit": {"100000"}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row map[string]string
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		rows = append(rows, row)
	}
	return rows
}

func get(url string) ([]byte, error) {
	res, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return body, err
}
