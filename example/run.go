package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/docs"
	"actionlog/adminapi/prom"
	"actionlog/archive"
	"actionlog/middleware"
	"actionlog/storage/ring"

	"github.com/rs/zerolog"
)

// How long each step of stopping may take. Together they stay under ten
// seconds.
const (
	finishRequests = 4 * time.Second
	drainSinks     = 4 * time.Second
)

var errStopping = errors.New("the example is stopping")

// run wires everything, serves until ctx is done, and stops in the opposite
// order.
func run(ctx context.Context, cfg config, stdout io.Writer) (err error) {
	listener, err := listen(cfg.addr)
	if err != nil {
		return err
	}
	defer listener.Close()

	logger := newLogger(cfg.log, stdout)
	actions := ring.New(ring.Options{})
	files, err := archive.OpenWriter(cfg.dir, archive.Options{
		OnEvent: func(e archive.Event) { logger.Info().Str("archive", e.String()).Send() },
	})
	if err != nil {
		return err
	}
	db, all, err := openDatabase(ctx, cfg, actions, logger)
	if err != nil {
		return errors.Join(err, files.Close())
	}
	if cfg.sample {
		recordSample(actions)
	}
	after := actions.Newest() // samples stay out of the sinks
	actions.Pump("archive", files, ring.PumpOptions{After: after})
	if db != nil {
		actions.Pump("database", db, ring.PumpOptions{After: after, Batch: 1000, Linger: linger})
	}
	defer func() { err = errors.Join(err, drain(actions, files, db, stdout)) }()

	admin, err := adminapi.New(adminapi.Options{
		Store:   all,
		Metrics: prom.New(prom.Options{Source: actions, Archive: files}).Handler(),
		Docs:    docs.Handler(docs.Options{}),
	})
	if err != nil {
		return err
	}
	return serve(ctx, listener, newHandler(actions, admin, logger), admin, cfg, stdout)
}

// newHandler returns the service and, beside it, its admin API.
func newHandler(actions *ring.Ring, admin *adminapi.Handler, logger *zerolog.Logger) http.Handler {
	mw := middleware.New(middleware.Options{
		Recorder:      actions,
		Service:       "Example",
		Logger:        logger,
		EchoRequestID: true,
		Recover:       true,
		Skip:          []string{"GET /healthz"},
	})
	root := http.NewServeMux()
	admin.Register(root) // outside of the middleware: asking is not recorded
	root.Handle("/", mw.Handler(newService(mw)))
	return root
}

// serve answers requests until ctx is done, and then lets those that run
// finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, admin *adminapi.Handler, cfg config, stdout io.Writer) error {
	base, cut := context.WithCancelCause(context.Background())
	defer cut(nil)
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       adminapi.ConnContext,
	}
	server.RegisterOnShutdown(func() { cut(errStopping) })  // streams end, and not because their clients went
	server.RegisterOnShutdown(func() { _ = admin.Close() }) // and those of the admin API say so
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	welcome(stdout, listener.Addr(), cfg)
	stopTraffic := startTraffic(ctx, listener.Addr().String(), cfg.traffic)
	select {
	case err := <-failed:
		stopTraffic()
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	stopTraffic()
	deadline, cancel := context.WithTimeout(context.Background(), finishRequests)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		server.Close()
	}
	_ = admin.Close() // Shutdown does not wait for WebSockets
	<-failed
	return nil
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %s is taken by another program; choose another one with -addr, such as -addr 127.0.0.1:8001", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; allowed for -addr is an address of this machine with a port from 0 to 65535", err)
	}
	return listener, nil
}

// newLogger returns where the log lines go, or a logger that writes nothing.
func newLogger(kind string, stdout io.Writer) *zerolog.Logger {
	logger := zerolog.Nop()
	switch kind {
	case "console":
		logger = zerolog.New(zerolog.ConsoleWriter{
			Out: stdout, NoColor: !colour(stdout), TimeFormat: time.TimeOnly,
			FieldsExclude: []string{"timestamp", "durationNs", "id"}, FormatPrepare: shortHTTP,
		}).With().Timestamp().Logger()
	case "json":
		logger = zerolog.New(stdout)
	}
	return &logger
}

// shortHTTP leaves of a request what one wants to see on a line.
func shortHTTP(fields map[string]any) error {
	if request, ok := fields["http"].(map[string]any); ok {
		fields["path"], fields["code"], fields["requestId"] = request["path"], request["code"], request["requestId"]
		delete(fields, "http")
	}
	return nil
}

// colour reports whether w is a terminal whose user did not refuse colours.
func colour(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// welcome says what there is to see.
func welcome(w io.Writer, addr net.Addr, cfg config) {
	dir, err := filepath.Abs(cfg.dir)
	if err != nil {
		dir = cfg.dir
	}
	_, port, _ := net.SplitHostPort(addr.String())
	fmt.Fprintf(w, `The example listens on http://%[1]s

  dashboard  http://localhost:%[2]s/action-logs/
  API        http://localhost:%[2]s/action-logs/docs
  metrics    http://localhost:%[2]s/action-logs/metrics (for Prometheus)
  archive    %[3]s

  Do something, and see what was recorded:
    curl http://localhost:%[2]s/cases/1
    curl -X POST http://localhost:%[2]s/chat/messages
    curl 'http://localhost:%[2]s/action-logs/recent?limit=10'
    curl http://localhost:%[2]s/action-logs/failed
    curl http://localhost:%[2]s/action-logs/stats
    curl 'http://localhost:%[2]s/action-logs/search?status=failed&from=15m&min_duration=100ms'
    curl -N 'http://localhost:%[2]s/action-logs/stream?last=3'
    zcat -f %[4]s/*.jsonl* | tail -n 3

  Ctrl-C ends it.

`, addr, port, dir, cfg.dir)
}
