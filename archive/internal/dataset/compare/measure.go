package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// measured is how long a tool took for a question, again and again.
type measured struct {
	ask   ask
	times []time.Duration // sorted once all is done
	spent time.Duration   // on all runs
	peak  int64           // KiB of the largest process; 0 if unknown
}

func (m *measured) least() time.Duration  { return m.times[0] }
func (m *measured) median() time.Duration { return m.times[len(m.times)/2] }

const (
	warm     = 5 * time.Second // what takes longer needs no run to warm up
	patience = time.Minute     // after which a tool is not asked the same again
	quick    = 2 * time.Second // what takes less in all its runs is asked more often, up to
	oftener  = 4               // times as often
	deadline = 10 * time.Minute
)

// begin asks for the first time, which fills the page cache, finds the peak of
// memory, and has the answer.
func begin(ctx context.Context, a ask) (*measured, *answer, error) {
	m := &measured{ask: a}
	out, took, err := a.first(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	if m.spent = took; took > warm {
		m.times = append(m.times, took)
	}
	ans, err := a.read(out)
	return m, ans, err
}

// again asks once more, unless that has been often enough or took too long.
func (m *measured) again(ctx context.Context, runs int) error {
	if len(m.times) >= runs && m.spent >= quick || len(m.times) > 0 && m.spent >= patience {
		return nil
	}
	_, took, err := m.ask.once(ctx, m.ask.args)
	if err != nil {
		return err
	}
	m.times = append(m.times, took)
	m.spent += took
	return nil
}

// first runs it under time, if that is there.
func (a *ask) first(ctx context.Context, m *measured) ([]byte, time.Duration, error) {
	const program = "/usr/bin/time"
	if _, err := os.Stat(program); err != nil || a.http != nil {
		return a.once(ctx, a.args)
	}
	f, err := os.CreateTemp("", "compare")
	if err != nil {
		return nil, 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	out, took, err := a.once(ctx, append([]string{program, "-q", "-f", "%M", "-o", f.Name()}, a.args...))
	if err != nil {
		return nil, 0, err
	}
	text, err := os.ReadFile(f.Name())
	if err != nil {
		return nil, 0, err
	}
	m.peak, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return out, took, err
}

// once asks once.
func (a *ask) once(ctx context.Context, args []string) ([]byte, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	began := time.Now()
	if a.http != nil {
		out, err := a.http(ctx)
		return out, time.Since(began), err
	}
	var out, warnings bytes.Buffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	ownGroup(cmd)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(os.Environ(), a.env...)
	cmd.Stdout, cmd.Stderr = &out, &warnings
	err := cmd.Run()
	took := time.Since(began)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 && warnings.Len() == 0 {
		err = nil // nothing was found
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", args[0], err, &warnings)
	}
	return out.Bytes(), took, err
}
