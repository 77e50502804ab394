package cli

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"
)

// session is one run of a command.
type session struct {
	env      Env
	out      *bufio.Writer // standard output
	outTerm  bool          // whether that is a terminal
	colour   bool          // whether to colour it
	width    int           // of the terminal in columns; 0 where there is none
	progress *progress
	stdin    func() io.Reader // standard input, until the command is to end
	fromIn   bool             // whether that is the archive
	dir      string           // the folder that is the archive, if one is
	close    func() error     // closes what was opened, if it is to be
	next     string           // the cursor of a page that people are to be told of

	mu       sync.Mutex
	problems map[string]bool // damaged lines and stretches that were passed over, at most mostWarnings+1
}

func newSession(env Env) *session {
	s := &session{env: env.withDefaults(), problems: map[string]bool{}, close: func() error { return nil }}
	s.progress = newProgress(s.env.Stderr, isTerminal(s.env.Stderr), s.env.Now)
	s.outTerm = isTerminal(s.env.Stdout)
	s.out = bufio.NewWriterSize(&announced{w: s.env.Stdout, before: s.beforeOutput}, 64<<10)
	if s.outTerm {
		s.colour = s.env.Getenv("NO_COLOR") == "" && s.env.Getenv("TERM") != "dumb"
		s.width = terminalWidth(s.env)
	}
	return s
}

// beforeOutput takes the progress off a terminal that both share.
func (s *session) beforeOutput() {
	if s.outTerm {
		s.progress.stop()
	}
}

// troubled reports whether something was passed over.
func (s *session) troubled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.problems) > 0
}

// mostWarnings is how many damaged places are told one by one.
const mostWarnings = 20

// problem tells of a damaged place that was passed over, once.
func (s *session) problem(err error) {
	s.mu.Lock()
	known := s.problems[err.Error()] || len(s.problems) > mostWarnings
	if !known {
		s.problems[err.Error()] = true
	}
	n := len(s.problems)
	s.mu.Unlock()
	switch {
	case known:
	case n <= mostWarnings:
		s.warn(err)
	default:
		s.note("actionlog: more is damaged")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth returns the columns of the terminal, 80 where it does not say.
func terminalWidth(env Env) int {
	if n, err := strconv.Atoi(env.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := env.Stdout.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// announced calls before ahead of each write.
type announced struct {
	w      io.Writer
	before func()
}

// Write writes after before.
func (f *announced) Write(b []byte) (int, error) {
	f.before()
	return f.w.Write(b)
}

// location reads the flag --tz.
func location(name string) (*time.Location, error) {
	if name == "local" {
		name = "Local"
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, &flagError{"tz", name, `UTC, local, or a zone such as Europe/Berlin`}
	}
	return loc, nil
}
