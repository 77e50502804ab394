// Command actionlog answers questions about an archive of actions, as files
// that any program reads and without a server:
//
//	actionlog search --status failed --from 1h
//	actionlog stats --by service actions/
//	actionlog export -o failed.parquet --status failed actions/
//	actionlog --help
//
// The exit status is 0 where something was found, 1 where nothing was, 2 where
// there was trouble, and 130 after Ctrl-C.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"actionlog/archive/internal/cli"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a write fails instead, and temporary files are removed
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends it at once
	}()
	os.Exit(cli.Run(ctx, cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
}
