package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// Env is what a command has of the world around it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Getenv returns a variable of the environment, or "". The default is
	// os.Getenv.
	Getenv func(string) string

	// Now is the clock that moments such as 15m count from. The default is
	// time.Now.
	Now func() time.Time
}

// withDefaults returns a completed copy.
func (e Env) withDefaults() Env {
	if e.Getenv == nil {
		e.Getenv = os.Getenv
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	return e
}

// The exit statuses.
const (
	StatusFound       = 0   // something was found, or done
	StatusNothing     = 1   // nothing was found
	StatusTrouble     = 2   // something could not be read or understood; there may be an answer all the same
	StatusInterrupted = 130 // Ctrl-C, as shells tell it
)

// errNothing ends a command that found nothing.
var errNothing = errors.New("nothing was found")

// errTold ends a command whose trouble has been told.
var errTold = errors.New("trouble")

// Run runs one command line, without the program's name, and returns its exit
// status. It ends when ctx does. Whoever reads Stdout may go away at any time.
func Run(ctx context.Context, env Env, args []string) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(env)
	s.stdin = func() io.Reader { return newInterruptible(ctx, s.env.Stdin) }
	root := s.root()
	root.SetArgs(append([]string{}, args...)) // nil would be those of the process
	err := root.ExecuteContext(ctx)
	if closeErr := s.close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	s.progress.clear()
	if flushErr := s.out.Flush(); err == nil || errors.Is(err, errNothing) {
		err = errors.Join(flushErr, err)
	}
	return s.status(ctx, err)
}

// status tells an error, if it is one to tell, and returns the exit status.
func (s *session) status(ctx context.Context, err error) int {
	switch {
	case errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe):
		return StatusFound // the reader has what it wanted
	case errors.Is(err, errEnded):
		return StatusFound
	case ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())):
		return StatusInterrupted
	case errors.Is(err, errTold) || (err == nil || errors.Is(err, errNothing)) && s.troubled():
		return StatusTrouble
	case errors.Is(err, errNothing):
		s.hintEmpty()
		return StatusNothing
	case err != nil:
		s.warn(err)
		return StatusTrouble
	}
	return StatusFound
}

// warn tells an error on standard error, a line for each of those joined.
func (s *session) warn(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress.clear()
	for line := range strings.SplitSeq(strings.TrimRight(err.Error(), "\n"), "\n") {
		fmt.Fprintf(s.env.Stderr, "actionlog: %s\n", escape(line))
	}
}

// note tells people something, unless they want silence.
func (s *session) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress.clear()
	fmt.Fprintln(s.env.Stderr, escape(fmt.Sprintf(format, args...)))
}
