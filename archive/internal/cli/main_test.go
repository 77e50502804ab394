package cli_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/internal/cli"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files")

// removeBinary removes what a test has built.
var removeBinary = func() {}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		removeBinary()
		os.Exit(status)
	}))
}

// now is the clock of all tests.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// hostile steers a terminal, and is a formula.
const hostile = "=cmd|' /C calc'!A0 \x1b]0;owned\a\x1b[31m\u202egnp.exe\u0085,\"quoted\"\nsecond line"

// sample returns actions of three days, oldest first.
func sample() []storage.Action {
	var list []storage.Action
	for i := range 60 {
		list = append(list, sample1(i))
	}
	list[10].TraceID, _ = storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	list[59].Error, list[59].Status = hostile, storage.Failed
	list[59].Attrs = []storage.Attr{{Key: "tenant", Value: "\x1b[2Jacme"}}
	list[58].HTTP = nil
	return list
}

// sample1 returns one of those actions.
func sample1(i int) storage.Action {
	a := storage.Action{
		Time:     time.Date(2026, 11, 21+i/20, 9+i%20/7, i%20, i, i*1_000_003, time.UTC),
		Service:  []string{"CaseService", "ChatService"}[i%2],
		Action:   fmt.Sprintf("POST /%s/{id}", []string{"cases", "messages"}[i%2]),
		Status:   storage.Success,
		Duration: time.Duration(1+i*i) * 137 * time.Microsecond,
		ID:       storage.ID(fmt.Sprintf("01kav3d5xq8r2m4c0%010d", i)),
		HTTP: &storage.HTTP{
			Method: "POST", Route: "/x/{id}", Path: fmt.Sprintf("/x/%d", i), Code: 200, Bytes: int64(i),
			Remote: netip.MustParseAddr("192.0.2.7"), RequestID: fmt.Sprintf("req-%03d", i),
		},
	}
	if i%7 == 3 {
		a.Status, a.HTTP.Code, a.Error = storage.Failed, 503, fmt.Sprintf("case %d: connection refused", 1000+i)
	}
	return a
}

// newArchive returns a folder of three days, the last of them not sealed.
func newArchive(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	var clock atomic.Pointer[time.Time]
	clock.Store(&now)
	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return *clock.Load() }, MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	list := sample()
	for day := range 3 {
		at := now.AddDate(0, 0, day-2)
		clock.Store(&at)
		if err := w.Write(context.Background(), list[20*day:20*day+20]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// result is what a command line did.
type result struct {
	stdout, stderr string
	status         int
}

// run runs a command line in this process.
func run(t testing.TB, args ...string) result {
	t.Helper()
	return runEnv(t, nil, args...)
}

func runEnv(t testing.TB, env map[string]string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := cli.Run(t.Context(), cli.Env{
		Stdin: bytes.NewReader(nil), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] },
		Now:    func() time.Time { return now },
	}, args)
	return result{stdout.String(), stderr.String(), status}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// many returns actions that do not pack well.
func many(n int) []storage.Action {
	r := rand.New(rand.NewPCG(7, 8))
	list := make([]storage.Action, n)
	for i := range list {
		a := sample1(i % 20)
		a.ID = storage.ID(fmt.Sprintf("01kav3d5xq8r2m4c0%010d", i))
		a.HTTP.RequestID = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())
		list[i] = a
	}
	return list
}

// bigArchive returns a folder of one sealed day that is worth an index.
func bigArchive(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return now.AddDate(0, 0, -2) }, MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(w.Write(t.Context(), many(5000)), w.Rotate(t.Context()), w.Close())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
