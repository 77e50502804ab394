package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// server is a VictoriaLogs on the loopback interface.
type server struct {
	cmd      *exec.Cmd
	url      string
	imported time.Duration
	ended    chan struct{} // closed when the process has ended
	log      bytes.Buffer  // to be read once it has
}

const (
	startPatience  = 20 * time.Second
	importPatience = 10 * time.Minute
	stopPatience   = 20 * time.Second
)

// startServer starts the program with its data in dir, and imports the files.
func startServer(ctx context.Context, program, dir string, s *subject) (_ *server, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	v := &server{url: "http://" + addr, ended: make(chan struct{})}
	v.cmd = exec.Command(program, "-httpListenAddr="+addr, "-storageDataPath="+dir, "-retentionPeriod=100y", "-futureRetention=100y", "-inmemoryDataFlushInterval=1s", "-loggerLevel=WARN")
	v.cmd.Stdout, v.cmd.Stderr = &v.log, &v.log
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		v.cmd.Wait()
		close(v.ended)
	}()
	defer func() {
		if err != nil {
			v.stop()
			err = fmt.Errorf("%w\n%s", err, &v.log)
		}
	}()
	ready := func() bool {
		_, err := v.get(ctx, "/health", nil)
		return err == nil
	}
	if err := v.until(ctx, startPatience, ready); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	began := time.Now()
	if err := v.importAll(ctx, s.sealed); err != nil {
		return nil, err
	}
	whole := func() bool { // by the streams, which show up after the rows
		out, err := v.query(ctx, `{service=~".+"} | count() n`)
		return err == nil && strings.Contains(string(out), fmt.Sprintf(`"n":"%d"`, s.count))
	}
	if err := v.until(ctx, importPatience, whole); err != nil {
		return nil, fmt.Errorf("see all actions after the import: %w", err)
	}
	v.imported = time.Since(began)
	return v, v.settle(ctx)
}

// settle waits until the server, which goes on merging what it has imported,
// leaves the machine to the others: until a second costs it less than a
// twentieth of a core. Is it busy for longer, then that is how it is.
func (v *server) settle(ctx context.Context) error {
	for range 60 {
		before, err := v.cpu(ctx)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		after, err := v.cpu(ctx)
		if err != nil {
			return err
		}
		if after-before < 0.05 {
			return nil
		}
	}
	return nil
}

var cpuLine = regexp.MustCompile(`(?m)^process_cpu_seconds_total (\S+)$`)

// cpu returns the seconds of processor time that the server has used.
func (v *server) cpu(ctx context.Context) (float64, error) {
	out, err := v.get(ctx, "/metrics", nil)
	if err != nil {
		return 0, err
	}
	m := cpuLine.FindSubmatch(out)
	if m == nil {
		return 0, errors.New("the server's metrics do not tell its processor time")
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// until waits until something is so.
func (v *server) until(ctx context.Context, patience time.Duration, so func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !so() {
		select {
		case <-v.ended:
			return errors.New("the server has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// importAll sends the files as they are, two at a time.
func (v *server) importAll(ctx context.Context, paths []string) error {
	var wg sync.WaitGroup
	errs := make([]error, len(paths))
	turns := make(chan struct{}, 2)
	for i, path := range paths {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			errs[i] = v.importFile(ctx, path)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (v *server) importFile(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	args := url.Values{"_time_field": {"timestamp"}, "_msg_field": {"error"}, "_stream_fields": {"service,action"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+"/insert/jsonline?"+args.Encode(), f)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Encoding", "gzip")
	_, err = send(req)
	return err
}

func (v *server) query(ctx context.Context, query string) ([]byte, error) {
	return v.get(ctx, "/select/logsql/query", url.Values{"query": {query}})
}

func (v *server) get(ctx context.Context, path string, args url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path+"?"+args.Encode(), nil)
	if err != nil {
		return nil, err
	}
	return send(req)
}

func send(req *http.Request) ([]byte, error) {
	res, err := http.DefaultClient.Do(req)
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

// stop ends the process, gently first.
func (v *server) stop() {
	v.cmd.Process.Signal(os.Interrupt)
	select {
	case <-v.ended:
	case <-time.After(stopPatience):
		v.cmd.Process.Kill()
		<-v.ended
	}
	http.DefaultClient.CloseIdleConnections()
}

var peakLine = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// peak returns the most memory that the process had, in KiB; 0 is unknown.
func (v *server) peak() (kib int64) {
	status, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(v.cmd.Process.Pid), "status"))
	if m := peakLine.FindSubmatch(status); err == nil && m != nil {
		fmt.Sscan(string(m[1]), &kib)
	}
	return kib
}

// victoriaTool asks the server.
func victoriaTool(s *subject, v *server) *tool {
	ask1 := func(query string, read func([]byte) (*answer, error)) ask {
		return ask{http: func(ctx context.Context) ([]byte, error) { return v.query(ctx, query) }, read: read}
	}
	const fields = " | fields id, status, durationNs"
	stamp := func(t time.Time) string { return t.Format(time.RFC3339) }
	return &tool{
		name: "VictoriaLogs",
		about: func() string {
			return fmt.Sprintf("a server, resident with up to %d MB, after an import of %.0f s; times are of requests; quantiles are its estimates", v.peak()>>10, v.imported.Seconds())
		},
		asks: map[string]ask{
			askID:     ask1(fmt.Sprintf(`"http.requestId":=%q`, s.requestID)+fields, readActions),
			askFailed: ask1(fmt.Sprintf(`_time:[%s, %s) {service=%q} status:=failed`, stamp(s.from), stamp(s.to), s.service)+fields, readActions),
			askEstimates: ask1(`* | stats by (service, action) count() total, count() if (status:=failed) failed, `+
				`quantile(0.5, durationNs) p50, quantile(0.95, durationNs) p95, quantile(0.99, durationNs) p99`, readPairs(1)),
			askErrors: ask1(`status:=failed | replace_regexp ("'[^']*'", "'<s>'") at _msg | replace_regexp ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>") at _msg | `+
				`replace_regexp ("[0-9]+([.:,][0-9]+)*", "<n>") at _msg | stats by (_msg) count() count | sort by (count desc, _msg) limit `+fmt.Sprint(topErrors)+` | rename _msg template`, readTemplates),
			askText: ask1(fmt.Sprintf(`(_msg:~%[1]q or action:~%[1]q or service:~%[1]q or "http.route":~%[1]q or "http.requestId":~%[1]q)`, s.needle)+fields, readActions),
		},
	}
}
