package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"syscall"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"

	"github.com/spf13/cobra"
)

const (
	servedAtOnce  = 2 // questions that are answered at the same time
	filesAtOnce   = 2 // files that are sent at the same time, beside them
	finishServing = 5 * time.Second
)

func (s *session) serveCommand() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "serve [flags] [FOLDER | FILE…]",
		Short: "Serve the admin API over an archive, read-only",
		Long: `Serve the admin API over an archive, read-only, until Ctrl-C. Only this machine is
let in; with the variable ACTIONLOG_TOKEN set, only who sends it as a bearer
token.`,
		Example: example(
			"actionlog serve actions/",
			"curl 'http://localhost:8001/action-logs/search?status=failed&from=1h'",
		),
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8001", "`address` to listen on; port 0 takes a free one")
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		a, err := s.openServed(cmd.Context(), paths)
		if err != nil {
			return err
		}
		api, err := adminapi.New(adminapi.Options{
			Store:    newQueue(a),
			ReadOnly: true,
			Token:    s.env.Getenv("ACTIONLOG_TOKEN"),
			Now:      s.env.Now,
			OnError:  func(r *http.Request, err error) { s.warn(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)) },
		})
		if err != nil {
			return err
		}
		return s.serve(cmd.Context(), addr, api)
	}
	return cmd
}

// serve answers until ctx is done, which is the ordinary end.
func (s *session) serve(ctx context.Context, addr string, api *adminapi.Handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another program listens on %s; choose another address with --addr, such as 127.0.0.1:8002, or port 0 for a free one", addr)
	case err != nil:
		return fmt.Errorf("listen on %s: %w; allowed for --addr is an address of this machine and a port, such as 127.0.0.1:8001", addr, err)
	}
	mux := http.NewServeMux()
	api.Register(mux)
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(s.out, "http://%s/action-logs/\n", listener.Addr())
	s.out.Flush()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	cut()
	deadline, cancel := context.WithTimeout(context.Background(), finishServing)
	defer cancel()
	if server.Shutdown(deadline) != nil {
		server.Close()
	}
	<-failed
	return errEnded
}

// errEnded ends a command that runs until it is told to end.
var errEnded = errors.New("ended as it should")

// answerer is what an archive answers.
type answerer interface {
	storage.Searcher
	adminapi.SlowLister
	adminapi.ErrorLister
	adminapi.SeriesLister
	adminapi.ActionLister
}

// queue lets only so many questions at a time reach a store, for each may
// take the whole machine.
type queue struct {
	store answerer
	turns chan struct{}
	files chan struct{} // turns of their own, for a client may take an hour for one
}

func newQueue(store answerer) *queue {
	return &queue{store, make(chan struct{}, servedAtOnce), make(chan struct{}, filesAtOnce)}
}

// Search waits for its turn.
func (q *queue) Search(ctx context.Context, query storage.Query) (storage.Page, error) {
	return inTurn(ctx, q, func() (storage.Page, error) { return q.store.Search(ctx, query) })
}

// Stats waits for its turn.
func (q *queue) Stats(ctx context.Context, query storage.Query) (storage.Stats, error) {
	return inTurn(ctx, q, func() (storage.Stats, error) { return q.store.Stats(ctx, query) })
}

// Slow waits for its turn.
func (q *queue) Slow(ctx context.Context, query storage.Query) ([]storage.Action, error) {
	return inTurn(ctx, q, func() ([]storage.Action, error) { return q.store.Slow(ctx, query) })
}

// Errors waits for its turn.
func (q *queue) Errors(ctx context.Context, query storage.Query) ([]storage.ErrorGroup, error) {
	return inTurn(ctx, q, func() ([]storage.ErrorGroup, error) { return q.store.Errors(ctx, query) })
}

// Series waits for its turn.
func (q *queue) Series(ctx context.Context, query storage.Query, step time.Duration) ([]storage.Point, error) {
	return inTurn(ctx, q, func() ([]storage.Point, error) { return q.store.Series(ctx, query, step) })
}

// Actions waits for the turn of a file.
func (q *queue) Actions(ctx context.Context, query storage.Query) iter.Seq2[storage.Action, error] {
	return func(yield func(storage.Action, error) bool) {
		select {
		case q.files <- struct{}{}:
			defer func() { <-q.files }()
		case <-ctx.Done():
			yield(storage.Action{}, ctx.Err())
			return
		}
		for a, err := range q.store.Actions(ctx, query) {
			if !yield(a, err) {
				return
			}
		}
	}
}

func inTurn[T any](ctx context.Context, q *queue, ask func() (T, error)) (answer T, err error) {
	select {
	case q.turns <- struct{}{}:
		defer func() { <-q.turns }()
		return ask()
	case <-ctx.Done():
		return answer, ctx.Err()
	}
}
