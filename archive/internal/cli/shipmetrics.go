package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"actionlog/archive/ship"
)

// serveMetrics serves the metrics of a delivery on an address of this machine,
// until stop is called, and returns where. Without an address there is nothing to
// serve.
func serveMetrics(ctx context.Context, addr, name string, shipper *ship.Shipper) (url string, stop func(), err error) {
	if addr == "" {
		return "", func() {}, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if ip, ipErr := netip.ParseAddr(host); err != nil || host != "localhost" && (ipErr != nil || !ip.IsLoopback()) {
		return "", nil, &flagError{"metrics", addr, "an address of this machine with a port, such as 127.0.0.1:9464"}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("serve metrics on %s: %w", addr, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		writeMetrics(w, name, shipper.Status())
	})
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(listener)
	}()
	return fmt.Sprintf("http://%s/metrics", listener.Addr()), func() {
		server.Close()
		<-ended
	}, nil
}

// writeMetrics writes the text format of Prometheus. What a ring's sink has, too,
// has the same name.
func writeMetrics(w io.Writer, name string, st ship.Status) {
	failing, waiting := 0, 0
	if st.LastError != nil {
		failing = 1
	}
	if !st.RetryAt.IsZero() {
		waiting = 1
	}
	last := 0.0
	if !st.LastDelivery.IsZero() {
		last = float64(st.LastDelivery.UnixMilli()) / 1e3
	}
	for _, m := range []struct {
		name, kind, help string
		value            any
	}{
		{"actionlog_sink_lag_actions", "gauge", "Actions recorded and not yet written to the sink.", st.Lag},
		{"actionlog_sink_written_actions_total", "counter", "Actions written to the sink.", st.Delivered},
		{"actionlog_sink_missed_actions_total", "counter", "Actions that were removed before the sink had taken them, refused by it, or damaged.", st.Missed + st.Refused + st.Damaged},
		{"actionlog_sink_failing", "gauge", "Whether the last write to the sink failed: 1 or 0.", failing},
		{"actionlog_ship_lag_bytes", "gauge", "Bytes of the lines that are not delivered.", st.LagBytes},
		{"actionlog_ship_lag_seconds", "gauge", "How long ago the first action ended that is being delivered; 0 if there is none.", st.Behind.Seconds()},
		{"actionlog_ship_retried_actions_total", "counter", "Actions that were sent again, each time.", st.Retried},
		{"actionlog_ship_refused_actions_total", "counter", "Actions that the far side refused for good.", st.Refused},
		{"actionlog_ship_waiting", "gauge", "Whether it is waited before something is sent again: 1 or 0.", waiting},
		{"actionlog_ship_last_delivery_timestamp_seconds", "gauge", "When the far side last took something; 0 if it has not since the start.", last},
	} {
		fmt.Fprintf(w, "# HELP %[1]s %[2]s\n# TYPE %[1]s %[3]s\n%[1]s{sink=%[4]q} %[5]v\n", m.name, m.help, m.kind, name, m.value)
	}
}
