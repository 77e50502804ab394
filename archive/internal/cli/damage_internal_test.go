package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestProblemsOnce holds that each place is told once, and not for ever.
func TestProblemsOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newSession(Env{Stdout: &bytes.Buffer{}, Stderr: &out})
	for range 3 {
		for i := range 100 {
			s.problem(fmt.Errorf("place %d", i))
		}
	}
	if n := strings.Count(out.String(), "\n"); n != mostWarnings+1 || !s.troubled() {
		t.Errorf("%d lines: %s", n, &out)
	}
}
