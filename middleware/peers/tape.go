package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// tape is the writer that peers log to. It throws away what it is given, or
// keeps it to be read. It is no [io.Discard], for which loggers skip their
// work.
//
// It also stands in for the standard output, for peers that write nowhere else.
type tape struct {
	keeps atomic.Bool

	mu    sync.Mutex
	lines [][]byte

	real, null, file *os.File
	read             int64 // of file
}

// newTape returns a tape that throws away. The standard output is diverted
// until Close.
func newTape() (*tape, error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("divert the standard output: %w", err)
	}
	file, err := os.CreateTemp("", "peers-*.log")
	if err != nil {
		null.Close()
		return nil, fmt.Errorf("divert the standard output: %w", err)
	}
	t := &tape{real: os.Stdout, null: null, file: file}
	os.Stdout = null
	return t, nil
}

// Close gives the standard output back.
func (t *tape) Close() error {
	os.Stdout = t.real
	t.null.Close()
	t.file.Close()
	return os.Remove(t.file.Name())
}

// keep says whether to keep what is written from now on. It must not be called
// while something writes.
func (t *tape) keep(on bool) {
	t.keeps.Store(on)
	os.Stdout = t.null
	if on {
		os.Stdout = t.file
	}
}

// Write takes one line.
func (t *tape) Write(p []byte) (int, error) {
	if t.keeps.Load() {
		t.mu.Lock()
		t.lines = append(t.lines, bytes.Clone(p))
		t.mu.Unlock()
	}
	return len(p), nil
}

// take returns the lines kept since it was last called.
func (t *tape) take() [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	t.lines = nil
	printed, err := io.ReadAll(io.NewSectionReader(t.file, t.read, 1<<20))
	if err != nil {
		panic(fmt.Sprintf("read %s: %v", t.file.Name(), err))
	}
	t.read += int64(len(printed))
	for line := range bytes.Lines(printed) {
		lines = append(lines, line)
	}
	return lines
}

// parsed returns a function that reads the lines kept since it was last
// called. Lines that parse does not know, such as a panic's stack, are left
// out.
func (t *tape) parsed(parse func(line []byte) (record, bool)) func() []record {
	return func() (all []record) {
		for _, line := range t.take() {
			if r, ok := parse(line); ok {
				all = append(all, r)
			}
		}
		return all
	}
}
