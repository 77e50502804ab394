package prom_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
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
)

// prometheusServer is a Prometheus that runs, with a folder of its own.
type prometheusServer struct {
	url      string
	log      *logged
	patience time.Time // until when its tests wait for what is yet to come
}

// logged is what a process has said.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// startPrometheus starts a Prometheus on a loopback port that scrapes and
// evaluates rules each second, until the test ends.
func startPrometheus(t *testing.T, scrapeConfig string, features ...string) *prometheusServer {
	t.Helper()
	binary := tool(t, "prometheus")
	dir := t.TempDir()
	rules, err := filepath.Abs("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\n%s", rules, scrapeConfig)
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	p := &prometheusServer{url: "http://" + address, log: &logged{}, patience: time.Now().Add(time.Minute)}
	cmd := exec.Command(binary, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn", "--enable-feature="+strings.Join(features, ","))
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", p.log)
		}
	})
	p.until(t, "it is ready", func() error {
		select {
		case <-ended:
			return fmt.Errorf("it has ended:\n%s", p.log)
		default:
		}
		resp, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 {
			return fmt.Errorf("it answers %s", resp.Status)
		}
		return nil
	})
	return p
}

// until waits for something to be true of the server.
func (p *prometheusServer) until(t *testing.T, what string, check func() error) {
	t.Helper()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(p.patience) {
			t.Errorf("it is still not so that %s: %v", what, err)
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// ask asks the HTTP API, and puts the data into v.
func (p *prometheusServer) ask(path string, params url.Values, v any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/api/v1/"+path+"?"+params.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%w: %s", err, body)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", answer.Status, answer.Error)
	}
	return json.Unmarshal(answer.Data, v)
}

// found is the answer to a query.
type found struct {
	Result []struct {
		Metric     map[string]string
		Value      []any   // of an instant: time and text
		Values     [][]any // of a range
		Histogram  []any
		Histograms [][]any
	}
}

// now asks for the value of an expression at this moment.
func (p *prometheusServer) now(expr string) (found, error) {
	var f found
	return f, p.ask("query", url.Values{"query": {expr}}, &f)
}

// lately asks for the values of an expression over the last seconds.
func (p *prometheusServer) lately(expr string) (found, error) {
	var f found
	at := time.Now()
	return f, p.ask("query_range", url.Values{
		"query": {expr}, "step": {"1"}, "start": {stamp(at.Add(-15 * time.Second))}, "end": {stamp(at)},
	}, &f)
}

func stamp(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

// hasData reports whether there is a number, or a histogram, in an answer.
func (f found) hasData() bool {
	for _, r := range f.Result {
		for _, v := range append(r.Values, r.Value) {
			if len(v) == 2 && v[1] != "NaN" {
				return true
			}
		}
		if len(r.Histogram) > 0 || len(r.Histograms) > 0 {
			return true
		}
	}
	return false
}
