package ship_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/storage"

	"go.uber.org/goleak"
)

// helperVar names the archive that the test binary delivers instead of testing,
// where a test needs a process of its own.
const helperVar = "ACTIONLOG_SHIP_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVar); dir != "" {
		os.Exit(helperProcess(dir))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		removeBinary()
		os.Exit(status)
	}))
}

// removeBinary removes what a test has built.
var removeBinary = func() {}

// maker makes actions with ids in order.
type maker struct {
	process storage.Process
	n       uint64
}

func newMaker() *maker { return &maker{process: storage.NewProcess(time.Now())} }

func (m *maker) next(count int) []storage.Action {
	list := make([]storage.Action, count)
	for i := range list {
		m.n++
		list[i] = storage.Action{
			Time: time.Now(), Service: "CaseService", Action: "GET /cases/{id}", Status: storage.Success,
			Duration: time.Duration(m.n%500) * time.Millisecond, ID: m.process.ID(m.n),
			HTTP: &storage.HTTP{Method: "GET", Route: "/cases/{id}", Path: fmt.Sprintf("/cases/%d", m.n), Code: 200},
		}
	}
	return list
}

func ids(list []storage.Action) []storage.ID {
	got := make([]storage.ID, len(list))
	for i := range list {
		got[i] = list[i].ID
	}
	return got
}

// openWriter opens an archive's writer that the test closes.
func openWriter(t testing.TB, dir string, opts archive.Options) *archive.Writer {
	t.Helper()
	w, err := archive.OpenWriter(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func write(t testing.TB, w *archive.Writer, list []storage.Action) {
	t.Helper()
	if err := w.Write(context.Background(), list); err != nil {
		t.Fatal(err)
	}
}

func rotate(t testing.TB, w *archive.Writer) {
	t.Helper()
	if err := w.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// newArchive returns a folder of so many actions, in a sealed file and a plain
// one, and the actions.
func newArchive(t testing.TB, count int) (dir string, list []storage.Action) {
	t.Helper()
	dir = t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	list = newMaker().next(count)
	write(t, w, list[:count/2])
	rotate(t, w)
	write(t, w, list[count/2:])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, list
}

// fast are options that don't wait for long.
func fast() ship.Options {
	return ship.Options{
		Linger: time.Millisecond, Poll: time.Millisecond, RetryFrom: time.Millisecond, RetryTo: 2 * time.Millisecond,
		Batch: 10, Grace: 100 * time.Millisecond,
	}
}

// open opens a shipper that the test closes.
func open(t testing.TB, dir string, to ship.Destination, opts ship.Options) *ship.Shipper {
	t.Helper()
	s, err := ship.Open(dir, to, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func catchUp(t testing.TB, s *ship.Shipper) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
}

func closeShipper(t testing.TB, s *ship.Shipper) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// farSide is a destination in memory that answers as it is told.
type farSide struct {
	// answer, if it is not nil, is asked before a batch is taken. What the outcome
	// does not name is taken.
	answer func(call int, batch []storage.Action) (ship.Outcome, error)

	mu    sync.Mutex
	calls int
	sizes []int
	got   []storage.ID
	more  chan struct{} // is poked with each batch that is taken
}

func newFarSide() *farSide { return &farSide{more: make(chan struct{}, 1)} }

func (f *farSide) Deliver(_ context.Context, batch []storage.Action) (ship.Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.sizes = append(f.sizes, len(batch))
	var out ship.Outcome
	if f.answer != nil {
		var err error
		if out, err = f.answer(f.calls, batch); err != nil {
			return out, err
		}
	}
	for i := range batch {
		refused := slices.ContainsFunc(out.Refused, func(r ship.Refusal) bool { return r.Index == i })
		if !refused && !slices.Contains(out.Retry, i) {
			f.got = append(f.got, batch[i].ID)
		}
	}
	select {
	case f.more <- struct{}{}:
	default:
	}
	return out, nil
}

func (f *farSide) taken() []storage.ID {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

// wait waits until so many were taken.
func (f *farSide) wait(t testing.TB, n int) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for len(f.taken()) < n {
		select {
		case <-f.more:
		case <-timeout:
			t.Fatalf("%d actions were taken within 30 s, want %d", len(f.taken()), n)
		}
	}
}

// wantTaken checks what a far side took, in any order.
func wantTaken(t testing.TB, f *farSide, want []storage.Action) {
	t.Helper()
	got, list := f.taken(), ids(want)
	slices.Sort(got)
	slices.Sort(list)
	if !slices.Equal(got, list) {
		t.Fatalf("%d actions were taken, %d distinct; want %d", len(got), len(slices.Compact(got)), len(list))
	}
}

// running is a Run in a goroutine.
type running struct {
	stop context.CancelFunc
	err  chan error
}

func run(t testing.TB, s *ship.Shipper) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel, make(chan error, 1)}
	go func() { r.err <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-r.err:
		case <-time.After(10 * time.Second):
			t.Error("Run does not end")
		}
	})
	return r
}

// end ends Run and returns its error.
func (r *running) end(t testing.TB) error {
	t.Helper()
	r.stop()
	select {
	case err := <-r.err:
		r.err <- err
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not end")
		return nil
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// linesOf returns the ids of the lines of a file.
func linesOf(t testing.TB, path string) (list []storage.ID) {
	t.Helper()
	for line := range strings.Lines(readFile(t, path)) {
		var a storage.Action
		if err := storage.DecodeJSON([]byte(line), &a); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%s has the line %q: %v", path, line, err)
		}
		list = append(list, a.ID)
	}
	return list
}

var errDown = errors.New("connection refused")

// checkpointOf is where the checkpoint of an archive is by default.
func checkpointOf(dir string) string { return filepath.Join(dir, ".ship-ship.checkpoint") }
