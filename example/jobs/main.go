// Command jobs records work that is no HTTP request: a job that runs at times,
// another that fails now and then, and what somebody else has timed. It listens
// nowhere; what it did is in the archive, and on standard output when it ends.
//
//	go run ./example/jobs -every 200ms    # until Ctrl-C
//	go run ./archive/cmd/actionlog stats actions
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/ring"
)

func main() {
	dir := flag.String("archive", "actions", "folder of the archive; made if there is none")
	every := flag.Duration("every", time.Second, "how often each job runs; greater than zero")
	flag.Parse()
	if *every <= 0 {
		log.Fatalf("jobs: -every is %v; allowed is a duration greater than zero, such as 1s", *every)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, *every); err != nil {
		log.Fatalf("jobs: %v", err)
	}
}

// run works until ctx is done, and then writes what the archive does not have
// yet.
func run(ctx context.Context, dir string, every time.Duration) error {
	files, err := archive.OpenWriter(dir, archive.Options{})
	if err != nil {
		return err
	}
	actions := ring.New(ring.Options{})
	actions.Pump("archive", files, ring.PumpOptions{})
	jobs := jobs{actions}

	fmt.Printf("jobs runs every %v and writes to %s; Ctrl-C ends it\n", every, dir)
	var running sync.WaitGroup
	running.Go(func() { repeat(ctx, every, jobs.cleanUp) })
	running.Go(func() { repeat(ctx, every, jobs.sendMail) })
	running.Go(func() { repeat(ctx, every, jobs.importFile) })
	<-ctx.Done()
	running.Wait() // so that what is running is recorded, too

	deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	st, err := actions.Stats(deadline, storage.Query{})
	if err == nil {
		fmt.Printf("%d jobs were done, of which %d failed\n", st.Lifetime.Total, st.Lifetime.Failed)
	}
	return errors.Join(err, actions.Close(deadline), files.Close())
}

// repeat runs a job until ctx is done. One that panics does not end the others.
func repeat(ctx context.Context, every time.Duration, job func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := survive(ctx, job); err != nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func survive(ctx context.Context, job func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a job panicked: %v", v)
		}
	}()
	return job(ctx)
}
