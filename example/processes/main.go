// Command processes is a service that runs several times at once, with one
// folder for the archive of all:
//
//	go run ./example/processes -addr 127.0.0.1:8001 -name one &
//	go run ./example/processes -addr 127.0.0.1:8002 -name two &
//	curl localhost:8001/cases/1
//	curl 'localhost:8002/action-logs/search?instance=one'
//
// Each process has a file of its own in the folder and a ring of its own in
// memory. Its lists (/recent, /failed, /stats without a filter) begin with what
// is in the archive of all; live streams and what is in flight are its own.
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
	"actionlog/archive"
	"actionlog/middleware"
	"actionlog/storage"
	"actionlog/storage/ring"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "address to listen on; port 0 takes a free one")
	dir := flag.String("archive", "actions", "folder of the archive, one for all processes; made if there is none")
	name := flag.String("name", "", "name of this process in what it records (default the address)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *dir, *name); err != nil {
		log.Fatalf("processes: %v", err)
	}
}

// run serves until ctx is done, and then writes what the archive does not have
// yet.
func run(ctx context.Context, addr, dir, name string) (err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	if name == "" {
		name = listener.Addr().String()
	}

	actions := ring.New(ring.Options{Instance: name})
	written, err := archive.OpenWriter(dir, archive.Options{
		OnEvent: func(e archive.Event) { log.Printf("%s: archive: %v", name, e) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, written.Close()) }()
	actions.Pump("archive", written, ring.PumpOptions{})
	read, err := archive.Open(dir)
	if err != nil {
		return err
	}
	admin, err := adminapi.New(adminapi.Options{Store: together(actions, read)})
	if err != nil {
		return err
	}

	root := http.NewServeMux()
	admin.Register(root)
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService"})
	root.Handle("/", mw.Handler(service()))
	server := &http.Server{Handler: root, ReadHeaderTimeout: 10 * time.Second, ConnContext: adminapi.ConnContext}
	server.RegisterOnShutdown(func() { _ = admin.Close() })
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("%s listens on http://%s and writes to %s\n", name, listener.Addr(), dir)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(deadline), actions.Close(deadline))
}

// together returns a store that answers from the ring and from the archive. What
// both can do, such as Search, the outer of the two embedded fields does; what
// is in flight, the slowest and the stream only the ring has.
func together(actions *ring.Ring, files *archive.Archive) storage.Searcher {
	type inner struct{ *ring.Ring }
	return struct {
		*storage.Tiered
		inner
	}{storage.Tiers(actions, files), inner{actions}}
}

func service() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "case %s\n", r.PathValue("id"))
	})
	return mux
}
