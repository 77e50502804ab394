package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/middleware"
	"actionlog/storage"
	"actionlog/storage/ring"
	"actionlog/storage/sqlite"
)

// TestOverhead measures what the sinks cost a handler: its 99th percentile with
// database, archive and a shipper, beside that with the ring alone, under a load
// that does not wait for answers. It asserts nothing, and prints all:
//
//	ACTIONLOG_OVERHEAD=1 go test -run TestOverhead -count 1 -v ./example
//
// ACTIONLOG_OVERHEAD is how many rounds there are, each with and without sinks in
// turn; 7 is a good number. Rate and seconds of a round can be set.
func TestOverhead(t *testing.T) {
	if folder := os.Getenv(measuredSinks); folder != "" {
		serveMeasured(t, folder)
		return
	}
	rounds := setting(t, "ACTIONLOG_OVERHEAD", 0)
	if rounds == 0 {
		t.Skip("ACTIONLOG_OVERHEAD=7 makes it measure, which takes three minutes")
	}
	rate := setting(t, "ACTIONLOG_OVERHEAD_RATE", 20_000)
	length := time.Duration(setting(t, "ACTIONLOG_OVERHEAD_SECONDS", 10)) * time.Second
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the load has one core, and the service what it needs
	for ; rate > 1000; rate = rate * 4 / 5 {        // to what one core can send
		m := measure(t, "none", rate, 2*time.Second)
		t.Logf("ring alone at %d requests a second: %d answered a second, p99 of the handler %v, of the client %v", rate, m.rate, m.handler[1], m.client[1])
		if m.rate*100 >= rate*98 {
			break
		}
	}
	kinds := []string{"none", "sinks"}
	all := map[string][]measured{}
	for round := range rounds {
		for i := range kinds {
			kind := kinds[(i+round)%2]
			m := measure(t, kind, rate, length)
			all[kind] = append(all[kind], m)
			t.Logf("round %d, %-5s: %d/s, handler p50 %v p99 %v p99.9 %v, client p50 %v p99 %v p99.9 %v, %d written, %d missed",
				round+1, kind, m.rate, m.handler[0], m.handler[1], m.handler[2], m.client[0], m.client[1], m.client[2], m.written, m.missed)
		}
	}
	for _, side := range []struct {
		name string
		of   func(measured) [3]time.Duration
	}{{"handler", func(m measured) [3]time.Duration { return m.handler }}, {"client", func(m measured) [3]time.Duration { return m.client }}} {
		for i, quantile := range []string{"p50", "p99", "p99.9"} {
			var medians [2]time.Duration
			for k, kind := range kinds {
				list := []time.Duration{}
				for _, m := range all[kind] {
					list = append(list, side.of(m)[i])
				}
				slices.Sort(list)
				medians[k] = list[len(list)/2]
			}
			t.Logf("at %d/s, median of %d: %s %s ring alone %v, with sinks %v, %+.1f %%", rate, rounds, side.name, quantile, medians[0], medians[1], 100*(float64(medians[1])/float64(medians[0])-1))
		}
	}
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q; allowed is a number from 1 on", name, text)
	}
	return n
}

// measured is one round. Quantiles are p50, p99 and p99.9.
type measured struct {
	rate            int
	handler, client [3]time.Duration
	written, missed int64
}

// measuredSinks names, for the process that serves, the folder of its sinks, or
// says none.
const measuredSinks = "ACTIONLOG_OVERHEAD_SINKS"

// measure starts a service, loads it, and returns what was seen.
func measure(t *testing.T, kind string, rate int, length time.Duration) measured {
	t.Helper()
	folder := kind
	if kind != "none" {
		folder = t.TempDir()
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestOverhead$", "-test.v")
	cmd.Env = append(os.Environ(), measuredSinks+"="+folder)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	lines := bufio.NewScanner(stdout)
	said := func(word string) []string {
		for lines.Scan() {
			if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == word {
				return fields[1:]
			}
		}
		t.Fatalf("the service ended before it said %s", word)
		return nil
	}
	addr := said("listens")[0]
	offer(t, addr, rate, time.Second) // to be warm
	fmt.Fprintln(stdin, "begin")
	said("begun")
	var m measured
	latencies := offer(t, addr, rate, length)
	fmt.Fprintln(stdin, "end")
	m.client = quantiles(latencies)
	m.rate = int(float64(len(latencies)) / length.Seconds())
	for i, text := range said("handler") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case i < 3:
			m.handler[i] = time.Duration(n)
		case i == 3:
			m.written = n
		default:
			m.missed = n
		}
	}
	return m
}

// offer sends requests at a rate, whether they are answered or not, and returns
// how long each took from when it was due if its connection was busy then, or
// else from when it was sent. What could not be sent before the end is left out.
func offer(t *testing.T, addr string, rate int, length time.Duration) []time.Duration {
	t.Helper()
	const conns = 64
	each := make([][]time.Duration, conns)
	began := time.Now().Add(10 * time.Millisecond)
	gap := time.Second * conns / time.Duration(rate)
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	for i := range conns {
		wg.Go(func() {
			list, err := offerOn(addr, began.Add(gap*time.Duration(i)/conns), gap, int(length/gap))
			if err != nil {
				failed.Store(&err)
			}
			each[i] = list
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(*err)
	}
	return slices.Concat(each...)
}

// offerOn sends n requests over a connection of its own.
func offerOn(addr string, due time.Time, gap time.Duration, n int) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	request := []byte("GET /cases/17 HTTP/1.1\r\nHost: " + addr + "\r\n\r\n")
	buf := make([]byte, 4096)
	list := make([]time.Duration, 0, n)
	end := due.Add(gap * time.Duration(n))
	for range n {
		begin := due
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
			begin = time.Now()
		}
		if begin.After(end) {
			return list, nil
		}
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if k, err := conn.Read(buf); err != nil { // one packet holds a whole answer
			return nil, err
		} else if k < 15 || string(buf[9:12]) != "200" {
			return nil, fmt.Errorf("the answer is %q", buf[:k])
		}
		list = append(list, time.Since(begin))
		due = due.Add(gap)
	}
	return list, nil
}

func quantiles(list []time.Duration) (q [3]time.Duration) {
	if len(list) == 0 {
		return q
	}
	slices.Sort(list)
	for i, part := range []int{500, 990, 999} {
		q[i] = list[min(len(list)*part/1000, len(list)-1)]
	}
	return q
}

// serveMeasured is the service: a handler that answers at once, within the
// middleware, within what measures both.
func serveMeasured(t *testing.T, folder string) {
	actions := ring.New(ring.Options{})
	if folder != "none" {
		files, err := archive.OpenWriter(filepath.Join(folder, "archive"), archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		db, err := sqlite.Open(filepath.Join(folder, "actions.sqlite"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		to, err := ship.OpenFile(filepath.Join(folder, "shipped.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		shipper, err := ship.Open(filepath.Join(folder, "archive"), to, ship.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var shipping sync.WaitGroup
		shipping.Go(func() { _ = shipper.Run(ctx) })
		defer func() { cancel(); shipping.Wait(); _ = errors.Join(shipper.Close(), to.Close()) }()
		actions.Pump("archive", files, ring.PumpOptions{})
		actions.Pump("database", db, ring.PumpOptions{Batch: 1000, Linger: linger})
		defer func() { _ = errors.Join(files.Close(), db.Close()) }()
	}
	defer actions.Close(context.Background())
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService"})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]string{"id": r.PathValue("id")})
	})
	var taken atomic.Int64
	times := make([]time.Duration, 4_000_000)
	inner := mw.Handler(mux)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		inner.ServeHTTP(w, r)
		if i := taken.Add(1); int(i) <= len(times) {
			times[i-1] = time.Since(began)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	fmt.Printf("\nlistens %s\n", listener.Addr())
	commands := bufio.NewScanner(os.Stdin)
	commands.Scan()
	taken.Store(0)
	fmt.Printf("\nbegun now\n")
	commands.Scan()
	q := quantiles(times[:min(int(taken.Load()), len(times))])
	st, err := actions.Stats(context.Background(), storage.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var written, missed int64
	for _, sink := range st.Sinks {
		written, missed = written+sink.Written, missed+sink.Missed
	}
	fmt.Printf("\nhandler %d %d %d %d %d\n", q[0], q[1], q[2], written, missed)
}
