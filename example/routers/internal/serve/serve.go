// Package serve is the frame of the programs beside it: it puts a service and
// the admin API that tells of it on one port, until Ctrl-C.
package serve

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
	"actionlog/storage/ring"
)

// Main serves app, and what actions holds under /action-logs, and ends the
// program.
func Main(app http.Handler, actions *ring.Ring) {
	addr := flag.String("addr", "127.0.0.1:8000", "address to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, app, actions); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr string, app http.Handler, actions *ring.Ring) error {
	admin, err := adminapi.New(adminapi.Options{Store: actions})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	root := http.NewServeMux()
	admin.Register(root) // beside the router, so that asking is not recorded
	root.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = "" // it is not root that knows the route; what the router does not match has none
		app.ServeHTTP(w, r)
	})
	server := &http.Server{Handler: root, ReadHeaderTimeout: 10 * time.Second, ConnContext: adminapi.ConnContext}
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
	return errors.Join(server.Shutdown(deadline), actions.Close(deadline))
}
