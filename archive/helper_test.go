package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"actionlog/archive"
	"actionlog/storage"
)

// helperVar names what the test binary does instead of testing, where a test
// needs a process of its own.
const helperVar = "ACTIONLOG_ARCHIVE_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperVar) != "" {
		os.Exit(helperProcess())
	}
	goleak.VerifyTestMain(m)
}

var day0 = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// maker makes actions with ids in order, a millisecond apart.
type maker struct {
	process storage.Process
	n       uint64
	now     time.Time
}

func newMaker(now time.Time) *maker {
	return &maker{process: storage.NewProcess(now), now: now}
}

func (m *maker) next(count int) []storage.Action {
	batch := make([]storage.Action, count)
	for i := range batch {
		batch[i] = m.one()
	}
	return batch
}

func (m *maker) one() storage.Action {
	m.n++
	m.now = m.now.Add(time.Millisecond)
	a := storage.Action{
		Time: m.now, Service: "CaseService", Action: "GET /cases/{id}", Status: storage.Success,
		Duration: time.Duration(m.n%500) * time.Millisecond, ID: m.process.ID(m.n),
		HTTP: &storage.HTTP{Method: "GET", Route: "/cases/{id}", Path: fmt.Sprintf("/cases/%d", m.n), Code: 200, Bytes: int64(m.n), RequestID: fmt.Sprintf("r-%d", m.n)},
	}
	if m.n%10 == 0 {
		a.Status, a.Error, a.HTTP.Code = storage.Failed, "connection refused", 500
	}
	return a
}

// openWriter opens a writer that the test closes.
func openWriter(t testing.TB, dir string, opts archive.Options) *archive.Writer {
	t.Helper()
	w, err := archive.OpenWriter(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func write(t testing.TB, w *archive.Writer, batch []storage.Action) {
	t.Helper()
	if err := w.Write(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
}

func rotate(t testing.TB, w *archive.Writer) {
	t.Helper()
	if err := w.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func closeWriter(t testing.TB, w *archive.Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// fileNames lists a folder, without locks and indexes.
func fileNames(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") && !strings.HasSuffix(e.Name(), ".idx") {
			names = append(names, e.Name())
		}
	}
	return names
}

// readText returns the text of a file, unpacked by the standard library.
func readText(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		zr, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if b, err = io.ReadAll(zr); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return b
}

// readRaw returns the bytes of a file.
func readRaw(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// folderLines returns each line of a folder as a program would read it that
// knows nothing but *.jsonl and *.jsonl.gz, up to the last newline of each file,
// and checks that it is JSON.
func folderLines(t testing.TB, dir string) []string {
	t.Helper()
	var lines []string
	for _, pattern := range []string{"*.jsonl", "*.jsonl.gz"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text := readText(t, path)
			text = text[:bytes.LastIndexByte(text, '\n')+1]
			for line := range bytes.Lines(text) {
				if !json.Valid(line) {
					t.Fatalf("%s has a line that is not JSON: %q", path, line)
				}
				lines = append(lines, string(line))
			}
		}
	}
	return lines
}

// wantLines checks that a folder has exactly the actions, once each, in any
// order.
func wantLines(t testing.TB, dir string, want ...[]storage.Action) {
	t.Helper()
	var wanted []string
	for _, batch := range want {
		for i := range batch {
			wanted = append(wanted, string(batch[i].AppendJSON(nil))+"\n")
		}
	}
	got := folderLines(t, dir)
	slices.Sort(wanted)
	slices.Sort(got)
	if !slices.Equal(got, wanted) {
		t.Fatalf("%s has %d lines (%d distinct) in %v; want %d", dir, len(got), len(slices.Compact(got)), fileNames(t, dir), len(wanted))
	}
}

// readAll returns all actions of a folder in the archive's own order, and the
// problems.
func readAll(t testing.TB, dir string, q storage.Query) (actions []storage.Action, problems []error) {
	t.Helper()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for action, err := range a.Actions(context.Background(), q) {
		if err != nil {
			problems = append(problems, err)
			continue
		}
		actions = append(actions, action)
	}
	return actions, problems
}

// ids returns the ids of actions.
func ids(actions []storage.Action) []storage.ID {
	list := make([]storage.ID, len(actions))
	for i := range actions {
		list[i] = actions[i].ID
	}
	return list
}

// eventLog collects the events of a writer.
type eventLog chan archive.Event

func newEventLog() eventLog { return make(eventLog, 10_000) }

func (l eventLog) add(e archive.Event) {
	select {
	case l <- e:
	default:
	}
}

// wait returns the next event of a kind.
func (l eventLog) wait(t testing.TB, kind archive.EventKind) archive.Event {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case e := <-l:
			if e.Kind == kind {
				return e
			}
		case <-timeout:
			t.Fatalf("no event of the kind %q within 30 s", kind)
		}
	}
}

func exists(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// packed returns text as it is sealed.
func packed(t testing.TB, text string) []byte {
	t.Helper()
	b, err := archive.Pack([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// waitGlance waits, in a synctest bubble, until a writer has looked at its
// clock and its file again.
func waitGlance() { time.Sleep(61 * time.Second) }
