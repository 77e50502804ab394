// Command proxy is a service behind nginx, whose admin API asks for a token and
// may be reached from elsewhere:
//
//	ACTIONLOG_TOKEN=correct-horse go run ./example/proxy -host service.example.com
//
// nginx.conf, beside it, is what stands before it. Then
//
//	curl -H 'Authorization: Bearer correct-horse' http://service.example.com:8080/action-logs/recent
//
// and the dashboard, http://service.example.com:8080/action-logs/, asks for the
// token once. Without https it travels in the clear: see nginx.conf.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"actionlog/adminapi"
	"actionlog/middleware"
	"actionlog/storage/ring"
)

// config is what the command line and the environment say.
type config struct {
	addr, host, proxies, allow string
	token                      string
}

func main() {
	var cfg config
	flag.StringVar(&cfg.addr, "addr", "127.0.0.1:8000", "address to listen on; port 0 takes a free one")
	flag.StringVar(&cfg.host, "host", "", "name by which clients know the proxy")
	flag.StringVar(&cfg.proxies, "proxies", "127.0.0.1,::1", "addresses of the proxies, which are believed")
	flag.StringVar(&cfg.allow, "allow", "0.0.0.0/0,::/0", "addresses of clients that may ask the admin API, with the token")
	flag.Parse()
	cfg.token = os.Getenv("ACTIONLOG_TOKEN")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, cfg); err != nil {
		log.Fatalf("proxy: %v", err)
	}
}

func run(ctx context.Context, cfg config) error {
	handler, admin, err := newHandler(cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ConnContext: adminapi.ConnContext}
	server.RegisterOnShutdown(func() { _ = admin.Close() })
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("listens on http://%s\n", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	return server.Shutdown(deadline)
}

// newHandler returns the service and its admin API. Without a token nobody but
// this machine would be let in, and behind a proxy everybody is this machine:
// so there is none.
func newHandler(cfg config) (http.Handler, *adminapi.Handler, error) {
	switch {
	case len(cfg.token) < 8:
		return nil, nil, errors.New("the variable ACTIONLOG_TOKEN is too short or not set; allowed are 8 characters and more, such as openssl rand -hex 16 makes")
	case cfg.host == "":
		return nil, nil, errors.New("-host is not given; it is the name by which clients know the proxy, such as service.example.com")
	}
	proxies, err := adminapi.ParsePrefixes(cfg.proxies)
	if err != nil {
		return nil, nil, fmt.Errorf("-proxies: %w", err)
	}
	allowed, err := adminapi.ParsePrefixes(cfg.allow)
	if err != nil {
		return nil, nil, fmt.Errorf("-allow: %w", err)
	}
	actions := ring.New(ring.Options{})
	admin, err := adminapi.New(adminapi.Options{
		Store:           actions,
		TrustedProxies:  proxies,
		AllowedPrefixes: allowed,
		AllowedHosts:    []string{cfg.host},
		Token:           cfg.token,
		Rate:            20,
	})
	if err != nil {
		return nil, nil, err
	}
	app := http.NewServeMux()
	app.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "case %s\n", r.PathValue("id"))
	})
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService"})
	root := http.NewServeMux()
	admin.Register(root)
	root.Handle("/", client(proxies, mw.Handler(app)))
	return root, admin, nil
}
