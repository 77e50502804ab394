// Package systemd_test checks the unit beside it, and starts what the unit
// starts.
package systemd_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"actionlog/example/internal/try"

	"github.com/google/go-cmp/cmp"
)

const unit = "case-service.service"

// values returns what a unit sets a key to.
func values(text, key string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

func read(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// analyze returns the path of systemd-analyze, or skips.
func analyze(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze; apt-get install systemd brings it")
	}
	return path
}

// TestVerify asks systemd whether it understands the unit, and what it thinks
// of its hardening.
func TestVerify(t *testing.T) {
	t.Parallel()
	path := analyze(t)
	dir := t.TempDir()
	text := strings.Replace(read(t), "ExecStart=/usr/local/bin/case-service", "ExecStart=/bin/true", 1) // it looks whether it is there
	file := filepath.Join(dir, unit)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", "--man=no", file},
		{"security", "--offline=true", "--threshold=20", "--no-pager", file}, // 2.0 of 10 that are exposed
	} {
		cmd := exec.Command(path, args...)
		cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":") // and the system's own
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, unit+":") && !strings.Contains(line, "Overall exposure") {
				t.Errorf("systemd-analyze %s says %s", args[0], line) // such as a key that it does not know
			}
		}
	}
}

// TestStarts runs the command line of the unit, as systemd would with a folder
// of its own, twice.
func TestStarts(t *testing.T) {
	t.Parallel()
	text := read(t)
	exec := values(text, "ExecStart")
	if len(exec) != 1 {
		t.Fatalf("the unit has %d lines of ExecStart", len(exec))
	}
	dir, program := t.TempDir(), try.Build(t, "..")
	line := strings.ReplaceAll(exec[0], "${STATE_DIRECTORY}", dir)
	line = strings.Replace(line, "127.0.0.1:8000", "127.0.0.1:0", 1)
	args := strings.Fields(line)[1:]

	first := try.Start(t, program, args...)
	first.Do(t, http.MethodGet, "/cases/1")
	first.Stop(t)
	second := try.Start(t, program, args...)
	defer second.Stop(t)
	var got []string
	for _, a := range second.Actions(t, "/action-logs/search?service=CaseService") {
		got = append(got, a.Service+" "+a.Action)
	}
	if diff := cmp.Diff([]string{"CaseService getCase"}, got); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}

	state, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range state {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v; nobody else may read it", entry.Name(), info.Mode())
		}
	}
}
