package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// connections is how many wrk keeps busy.
const connections = 8

// serve is the command of a child: it serves one row on a loopback port, tells
// its address, and ends with its standard input.
func serve(in io.Reader, w io.Writer, slug string) error {
	p, ok := find(slug)
	if !ok {
		return fmt.Errorf("there is no row %q; there are %s", slug, slugs())
	}
	defer runtime.KeepAlive(ballast())
	out, err := newTape()
	if err != nil {
		return err
	}
	defer out.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h, _ := p.build(setup{out: out}, create)
	server := &http.Server{Handler: h, ReadHeaderTimeout: patience}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if _, err := fmt.Fprintln(w, listener.Addr()); err != nil {
		return fmt.Errorf("tell the address: %w", err)
	}
	io.Copy(io.Discard, in)
	server.Close()
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", slug, err)
	}
	return nil
}

// load is what one run of wrk found.
type load struct {
	perSecond float64
	requests  float64
	cpu       time.Duration // of the server, its start included
}

// bombard has wrk ask a server of one row for some time. The server has one
// processor, so that it is the server that limits.
func bombard(ctx context.Context, wrk string, p peer, d time.Duration) (load, error) {
	ctx, cancel := context.WithTimeout(ctx, d+4*patience)
	defer cancel()
	server, err := child(ctx, "serve", p.slug)
	if err != nil {
		return load{}, err
	}
	server.Env = append(os.Environ(), "GOMAXPROCS=1")
	in, err := server.StdinPipe()
	if err != nil {
		return load{}, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return load{}, err
	}
	if err := server.Start(); err != nil {
		return load{}, fmt.Errorf("start a server of %s: %w", p.slug, err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	var text []byte
	if err == nil {
		text, err = exec.CommandContext(ctx, wrk, "-t1", fmt.Sprintf("-c%d", connections), fmt.Sprintf("-d%ds", int(d.Seconds())),
			"-H", "X-Request-Id: 2f1acc6e93d0472b", "http://"+strings.TrimSpace(address)+"/cases/7").CombinedOutput()
	}
	in.Close()
	if ended := server.Wait(); err == nil {
		err = ended
	}
	if err != nil {
		return load{}, fmt.Errorf("load %s: %w: %s", p.slug, err, text)
	}
	l, err := parseWrk(string(text))
	if err != nil {
		return load{}, fmt.Errorf("load %s: %w", p.slug, err)
	}
	l.cpu = server.ProcessState.UserTime() + server.ProcessState.SystemTime()
	return l, nil
}

var (
	wrkRate  = regexp.MustCompile(`(?m)^Requests/sec:\s+([\d.]+)$`)
	wrkCount = regexp.MustCompile(`(?m)^\s+(\d+) requests in `)
	wrkBad   = regexp.MustCompile(`(?m)^\s+(Socket errors: .*|Non-2xx or 3xx responses: .*)$`)
)

// parseWrk reads what wrk prints. Answers that are no success, and sockets
// that failed, are an error.
func parseWrk(text string) (l load, err error) {
	if bad := wrkBad.FindStringSubmatch(text); bad != nil {
		return l, fmt.Errorf("wrk says: %s", bad[1])
	}
	rate, count := wrkRate.FindStringSubmatch(text), wrkCount.FindStringSubmatch(text)
	if rate == nil || count == nil {
		return l, fmt.Errorf("wrk says nothing of requests: %q", text)
	}
	if l.perSecond, err = strconv.ParseFloat(rate[1], 64); err != nil {
		return l, fmt.Errorf("read wrk's rate: %w", err)
	}
	if l.requests, err = strconv.ParseFloat(count[1], 64); err != nil {
		return l, fmt.Errorf("read wrk's count: %w", err)
	}
	return l, nil
}

// printWire writes requests a second over loopback. Without wrk it says so.
func printWire(ctx context.Context, w io.Writer, opts options) error {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		_, err = fmt.Fprintln(w, "Over loopback: skipped, wrk is missing; Debian's package wrk brings it.")
		return err
	}
	rates, costs := map[string][]float64{}, map[string][]float64{}
	for round := range opts.rounds {
		for _, p := range opts.rows {
			progress("wire: round %d of %d, %s", round+1, opts.rounds, p.slug)
			l, err := bombard(ctx, wrk, p, opts.load)
			if err != nil {
				return err
			}
			rates[p.slug] = append(rates[p.slug], l.perSecond)
			costs[p.slug] = append(costs[p.slug], l.cpu.Seconds()/l.requests)
		}
	}
	progress("")
	fmt.Fprintf(w, "Over loopback, by wrk with %d connections for %s, a server of one processor for each; medians of %d rounds, the least and the most.\n\n",
		connections, opts.load, opts.rounds)
	fmt.Fprint(w, "| what | requests a second | range | of its bare handler | processor a request |\n|---|---|---|---|---|\n")
	for _, p := range opts.rows {
		rate, under := summary(rates[p.slug]), rates[p.under]
		part := silence
		if len(under) > 0 {
			part = fmt.Sprintf("%.0f %%", 100*rate.Center/summary(under).Center)
		}
		low, high := extremes(rates[p.slug])
		fmt.Fprintf(w, "| %s | %.0f | %.0f–%.0f | %s | %.1f µs |\n", p.name, rate.Center, low, high, part, 1e6*summary(costs[p.slug]).Center)
	}
	return nil
}

// extremes returns the least and the most of some values.
func extremes(values []float64) (low, high float64) {
	low, high = values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	return low, high
}
