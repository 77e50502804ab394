// Command example is a small service of three parts (cases, chat,
// authentication) that records what it does with actionlog, answers questions
// about it under /action-logs, and archives everything in daily files.
//
//	go run ./example                 # listens on 127.0.0.1:8000
//	go run ./example -traffic 50     # and sends itself 50 requests a second
//	go run ./example -sample         # and holds two sample actions from the start
//	go run ./example -db a.sqlite    # and remembers over restarts
//
// Ctrl-C ends it: it stops listening, lets running requests finish, writes what
// is not in the archive and the database yet, and exits with status 0.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
)

// config is what the command line says.
type config struct {
	addr    string
	dir     string
	db      string
	traffic int
	sample  bool
	log     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends it at once
	}()
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs the program and returns its exit status.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cfg, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2 // the flag set has told it
	}
	if err := run(ctx, cfg, stdout); err != nil {
		fmt.Fprintf(stderr, "example: %v\n", err)
		return 1
	}
	return 0
}

func parseFlags(args []string, stderr io.Writer) (config, error) {
	var cfg config
	fs := flag.NewFlagSet("example", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&cfg.addr, "addr", "127.0.0.1:8000", "address to listen on; port 0 takes a free one")
	fs.StringVar(&cfg.dir, "archive", "actions", "folder of the archive; made if there is none")
	fs.StringVar(&cfg.db, "db", "", "file of a SQLite database that keeps 30 days; made if there is none (default none)")
	fs.IntVar(&cfg.traffic, "traffic", 0, "requests a second to send to itself, 0 to 5000")
	fs.BoolVar(&cfg.sample, "sample", false, "hold two sample actions from the start, in memory alone")
	fs.StringVar(&cfg.log, "log", "console", "how to log each action: console, json or none")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	if err := cfg.check(fs.Args()); err != nil {
		fmt.Fprintf(stderr, "example: %v\n", err)
		fs.Usage()
		return cfg, err
	}
	return cfg, nil
}

func (cfg config) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("argument %q is not understood; there are only flags", rest[0])
	case cfg.traffic < 0 || cfg.traffic > 5000:
		return fmt.Errorf("-traffic is %d; allowed is 0 to 5000", cfg.traffic)
	case cfg.log != "console" && cfg.log != "json" && cfg.log != "none":
		return fmt.Errorf("-log is %q; allowed are console, json and none", cfg.log)
	case cfg.dir == "":
		return errors.New("-archive is empty; allowed is the path of a folder")
	}
	if _, _, err := net.SplitHostPort(cfg.addr); err != nil {
		return fmt.Errorf("-addr is %q; allowed is host:port, such as 127.0.0.1:8000", cfg.addr)
	}
	return nil
}
