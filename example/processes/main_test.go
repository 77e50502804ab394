package main_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"actionlog/archive"
	"actionlog/example/internal/try"
	"actionlog/storage"
)

// TestOneFolder runs three processes on one folder, ends one by force, starts
// it again, and looks for all that was recorded.
func TestOneFolder(t *testing.T) {
	t.Parallel()
	program, dir := try.Build(t, "."), t.TempDir()
	start := func(name string) *try.Process {
		return try.Start(t, program, "-addr", "127.0.0.1:0", "-archive", dir, "-name", name)
	}
	names := []string{"one", "two", "three"}
	processes := map[string]*try.Process{}
	for _, name := range names {
		processes[name] = start(name)
	}
	const each = 20
	for i := range each {
		for _, name := range names {
			if code := processes[name].Do(t, http.MethodGet, fmt.Sprintf("/cases/%d", i)); code != http.StatusOK {
				t.Fatalf("process %s answers %d", name, code)
			}
		}
	}
	for _, asked := range names { // each tells of all
		for _, name := range names {
			processes[asked].WaitFor(t, "/action-logs/search?instance="+name, each)
		}
		if list := processes[asked].Recent(t); len(list) != each*len(names) {
			t.Errorf("process %s lists %d recent actions, want %d", asked, len(list), each*len(names))
		}
		processes[asked].WaitFor(t, "/action-logs/slow?limit=1", 1) // the ring's
	}
	if files, err := filepath.Glob(filepath.Join(dir, "actions-*.jsonl")); err != nil || len(files) != len(names) {
		t.Errorf("the folder has the files %v, %v; want one of each process", files, err)
	}

	if err := processes["two"].Signal(t, syscall.SIGKILL); err == nil {
		t.Fatal("a killed process exits with status 0")
	}
	processes["two"] = start("two") // and goes on with its file
	processes["two"].Do(t, http.MethodGet, "/cases/20")
	for _, name := range names {
		processes[name].Stop(t)
	}

	files, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for a, err := range files.Actions(context.Background(), storage.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		got[a.Instance]++
	}
	if got["one"] != each || got["two"] != each+1 || got["three"] != each {
		t.Errorf("the archive has %v", got)
	}
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	program := try.Build(t, ".")
	first := try.Start(t, program, "-addr", "127.0.0.1:0", "-archive", t.TempDir())
	second := try.Run(t, program, "-addr", first.URL[len("http://"):], "-archive", t.TempDir())
	second.Wait(t, regexp.MustCompile(`address already in use`))
	first.Stop(t)
}
