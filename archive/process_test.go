package archive_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// helperProcess is what the test binary does in a process of its own: it opens
// the folder, says so, and writes batches without end, saying the last number
// of each that was taken. The parent kills it, or closes its input to end it.
func helperProcess() int {
	dir, maxSize := os.Getenv(helperVar), int64(0)
	if len(os.Args) > 1 {
		maxSize, _ = strconv.ParseInt(os.Args[1], 10, 64)
	}
	w, err := archive.OpenWriter(dir, archive.Options{MaxFileSize: maxSize, MaxAge: -1, SyncEvery: 10 * time.Millisecond})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	m := newMaker(time.Now())
	fmt.Println("process", string(m.process[:]))
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	for {
		select {
		case <-ended:
			if err := w.Close(); err != nil {
				fmt.Println("error", err)
				return 1
			}
			return 0
		default:
		}
		if err := w.Write(context.Background(), m.next(1+int(m.n%37))); err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println("wrote", m.n)
		time.Sleep(2 * time.Millisecond) // or the folder outgrows who checks it
	}
}

// child is a process that writes.
type child struct {
	t       *testing.T
	cmd     *exec.Cmd
	stdin   io.Closer
	reading sync.WaitGroup

	mu      sync.Mutex
	process string
	wrote   uint64 // the last number that it said was taken
	errors  []string
}

func startChild(t *testing.T, dir string, maxSize int64) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(os.Args[0], strconv.FormatInt(maxSize, 10))}
	c.cmd.Env = append(os.Environ(), helperVar+"="+dir)
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin = stdin
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.kill() })
	c.reading.Go(func() { c.read(stdout) })
	return c
}

func (c *child) read(r io.Reader) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		word, rest, _ := strings.Cut(s.Text(), " ")
		c.mu.Lock()
		switch word {
		case "process":
			c.process = rest
		case "wrote":
			if n, err := strconv.ParseUint(rest, 10, 64); err == nil {
				c.wrote = n
			}
		default:
			c.errors = append(c.errors, s.Text())
		}
		c.mu.Unlock()
	}
}

// waitFor waits until so many actions were taken.
func (c *child) waitFor(n uint64) {
	c.t.Helper()
	for range 3000 {
		c.mu.Lock()
		wrote := c.wrote
		c.mu.Unlock()
		if wrote >= n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t.Fatalf("the child took %d actions within 15 s; want %d; %q", c.wrote, n, c.errors)
}

// kill ends the process as kill -9 does.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.reading.Wait()
	c.cmd.Wait()
}

// end lets the process close its writer.
func (c *child) end() {
	c.t.Helper()
	c.stdin.Close()
	c.reading.Wait()
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("the child ended with %v: %q", err, c.errors)
	}
}

// TestKilled kills one of two processes that write and seal in one folder,
// again and again. Every action that either was told is taken is there once; at
// most one batch of a killed process, which was being taken, is there beyond.
func TestKilled(t *testing.T) {
	t.Parallel()
	sessions := 1
	if full() {
		sessions = 5
	}
	for range sessions { // in a new folder each, so that checking it stays quick
		killSession(t)
	}
}

func killSession(t *testing.T) {
	t.Helper()
	const rounds = 8
	const maxSize = 40_000 // a rotation and a sealing every few batches
	dir := t.TempDir()
	steady := startChild(t, dir, maxSize)
	steady.waitFor(1)
	children := []*child{steady}
	for range rounds {
		c := startChild(t, dir, maxSize)
		children = append(children, c)
		c.waitFor(1 + rand.Uint64N(1500))
		time.Sleep(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
		c.kill()
		folderLinesLive(t, dir)
	}
	steady.end()

	w := openWriter(t, dir, archive.Options{MaxAge: -1})
	rotate(t, w)
	waitOrphans(t, dir)
	closeWriter(t, w)
	checkTaken(t, dir, children)
	for _, base := range fileNames(t, dir) {
		if n, ok := archive.ParseName(base); !ok || n.Kind != archive.Sealed && n.Kind != archive.Torn && n.Kind != archive.Plain {
			t.Errorf("the folder still has %s", base)
		}
	}
}

// folderLinesLive checks what is in a folder while others write in it: each
// plain file is lines of JSON, up to the last newline.
func folderLinesLive(t *testing.T, dir string) {
	t.Helper()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[storage.ID]bool)
	for action, err := range a.Actions(t.Context(), storage.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[action.ID] {
			t.Fatalf("%s is there twice", action.ID)
		}
		seen[action.ID] = true
	}
}

// waitOrphans waits until nothing is half sealed: no draft is there, and no text
// under both of its names.
func waitOrphans(t *testing.T, dir string) {
	t.Helper()
	for range 2000 {
		drafts, _ := filepath.Glob(filepath.Join(dir, ".actions-*.tmp"))
		sealed, _ := filepath.Glob(filepath.Join(dir, "actions-*.jsonl.gz"))
		twice := slices.ContainsFunc(sealed, func(path string) bool { return exists(t, strings.TrimSuffix(path, ".gz")) })
		if len(drafts) == 0 && !twice {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("sealing does not end")
}

// checkTaken compares a folder with what its writers were told.
func checkTaken(t *testing.T, dir string, children []*child) {
	t.Helper()
	count := make(map[string]uint64)    // by process
	greatest := make(map[string]uint64) // number, by process
	for _, line := range folderLines(t, dir) {
		var a storage.Action
		if err := storage.DecodeJSON([]byte(strings.TrimSuffix(line, "\n")), &a); err != nil {
			t.Fatal(err)
		}
		prefix := string(a.ID[:len(storage.Process{})])
		process := storage.Process([]byte(prefix))
		n, ok := process.Number(a.ID)
		if !ok {
			t.Fatalf("what is %s?", a.ID)
		}
		count[prefix]++
		greatest[prefix] = max(greatest[prefix], n)
	}
	for i, c := range children {
		if len(c.errors) > 0 {
			t.Errorf("child %d: %q", i, c.errors)
		}
		got, last := count[c.process], greatest[c.process]
		if got != last {
			t.Errorf("child %d has %d lines up to number %d: some are lost, or there twice", i, got, last)
		}
		if last < c.wrote || last > c.wrote+37*2 {
			t.Errorf("child %d was told that %d are taken; the last in the folder is %d", i, c.wrote, last)
		}
		delete(count, c.process)
	}
	if len(count) > 0 {
		t.Errorf("lines of strangers: %v", count)
	}
}

// TestTwoProcesses lets two processes write one folder and end in good order:
// each had a file of its own.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := startChild(t, dir, 0), startChild(t, dir, 0)
	one.waitFor(500)
	two.waitFor(500)
	one.end()
	two.end()
	if got := len(fileNames(t, dir)); got != 2 && got != 3 { // three at midnight
		t.Errorf("the folder has %q", fileNames(t, dir))
	}
	checkTaken(t, dir, []*child{one, two})
	locks, _ := filepath.Glob(filepath.Join(dir, ".actions-*.jsonl.lock"))
	if len(locks) > 0 {
		t.Errorf("the locks %v are left", locks)
	}
}

// TestWritersShareFolder opens several writers in one process: each takes the
// next number, what one leaves the next goes on with, and what is full or of
// another day is sealed by whoever comes.
func TestWritersShareFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock := newClock(day0)
	opts := archive.Options{Now: clock.now, MaxAge: -1}
	m := newMaker(day0)
	one, two, three := openWriter(t, dir, opts), openWriter(t, dir, opts), openWriter(t, dir, opts)
	var all []storage.Action
	for _, w := range []*archive.Writer{one, two, three} {
		batch := m.next(3)
		all = append(all, batch...)
		write(t, w, batch)
	}
	wantNames(t, dir, "actions-2026-11-22.2.jsonl", "actions-2026-11-22.3.jsonl", "actions-2026-11-22.jsonl")
	closeWriter(t, two)
	four := openWriter(t, dir, opts)
	if got := four.Status().Active; got != "actions-2026-11-22.2.jsonl" {
		t.Errorf("the next writer goes on with %s", got)
	}
	closeWriter(t, four)
	closeWriter(t, one)
	clock.set(day0.AddDate(0, 0, 1))
	batch := m.next(2)
	all = append(all, batch...)
	write(t, three, batch) // seals its own file and those of the others
	for range 2000 {
		if len(fileNames(t, dir)) == 4 && exists(t, filepath.Join(dir, "actions-2026-11-22.2.jsonl.gz")) && !exists(t, filepath.Join(dir, "actions-2026-11-22.3.jsonl")) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	closeWriter(t, three)
	wantNames(t, dir, "actions-2026-11-22.2.jsonl.gz", "actions-2026-11-22.3.jsonl.gz", "actions-2026-11-22.jsonl.gz", "actions-2026-11-23.jsonl")
	wantLines(t, dir, all)
}
