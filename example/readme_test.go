package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "@@") {
		t.Error("the README has a place that is not filled in")
	}
	return string(text)
}

// fenced returns the blocks of a language.
func fenced(t *testing.T, language string) (blocks []string) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(readme(t), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return blocks
}

// TestReadmeProgramsBuild builds each Go block as a module of its own that
// uses this one as the README says: by a replace.
func TestReadmeProgramsBuild(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range fenced(t, "go") {
		dir := t.TempDir()
		for name, text := range map[string]string{"main.go": program, "go.mod": "module tryit\n\ngo 1.26\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range [][]string{
			{"mod", "edit", "-require=actionlog@v0.0.0", "-replace=actionlog=" + root},
			{"mod", "tidy"},
			{"vet", "."},
			{"build", "-o", os.DevNull, "."},
		} {
			cmd := exec.Command("go", args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("go %s: %v\n%s\nof the program\n%s", strings.Join(args, " "), err, out, program)
			}
		}
	}
}

var (
	curlLine = regexp.MustCompile(`(?m)^\$ (curl .*)$`)
	localURL = regexp.MustCompile(`http://localhost:8000(/[^\s']*)`)
	anyID    = regexp.MustCompile(`"id": ?"0[0-9a-z]{26}"`)
	anySince = regexp.MustCompile(`"since": ?"20[^"]*Z"`)
)

// TestReadmeAnswers sends the README's curl commands to the example and
// compares what it answers, apart from ids and the time of its start.
func TestReadmeAnswers(t *testing.T) {
	t.Parallel()
	p := start(t, "-archive", t.TempDir(), "-sample")
	for _, block := range fenced(t, "console") {
		at := curlLine.FindAllStringSubmatchIndex(block, -1)
		for i, m := range at {
			end := len(block)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			command, want := block[m[2]:m[3]], block[m[1]:end]
			if strings.Contains(command, "-N") {
				continue // TestReadmeStream has it
			}
			method := http.MethodGet
			if strings.Contains(command, "-X POST") {
				method = http.MethodPost
			}
			req, err := http.NewRequest(method, p.url+localURL.FindStringSubmatch(command)[1], nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(normal(t, want), normal(t, string(got))); diff != "" {
				t.Errorf("%s (-README +example):\n%s", command, diff)
			}
		}
	}
}

func normal(t *testing.T, text string) (v any) {
	t.Helper()
	text = anySince.ReplaceAllString(anyID.ReplaceAllString(text, `"id":"…"`), `"since":"…"`)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// TestReadmeListsEveryOption compares the option tables with the structs.
func TestReadmeListsEveryOption(t *testing.T) {
	t.Parallel()
	text := readme(t)
	field := regexp.MustCompile(`(?m)^\t([A-Z]\w*(?:, [A-Z]\w*)*) +\S`)
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\|")
	for _, s := range []struct{ pkg, name string }{
		{"middleware", "Options"}, {"storage/ring", "Options"}, {"storage/ring", "PumpOptions"}, {"storage/sqlite", "Options"}, {"storage/clickhouse", "Options"},
		{"adminapi", "Options"}, {"adminapi/prom", "Options"}, {"archive", "Options"}, {"archive/ship", "Options"}, {"storage", "RedactOptions"},
	} {
		heading := "### `" + filepath.Base(s.pkg) + "." + s.name + "`"
		_, section, ok := strings.Cut(text, heading)
		if !ok {
			t.Errorf("the README has no table %s", heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n#")
		listed := map[string]bool{}
		for _, row := range rows.FindAllStringSubmatch(section, -1) {
			listed[row[1]] = true
		}
		out, err := exec.Command("go", "doc", "-short", "actionlog/"+s.pkg+"."+s.name).Output()
		if err != nil {
			t.Fatalf("go doc %s.%s: %v", s.pkg, s.name, err)
		}
		names := 0
		for _, m := range field.FindAllStringSubmatch(string(out), -1) {
			for name := range strings.SplitSeq(m[1], ", ") {
				names++
				if !listed[name] {
					t.Errorf("%s does not list %s", heading, name)
				}
				delete(listed, name)
			}
		}
		if names == 0 {
			t.Errorf("go doc shows no fields of %s.%s:\n%s", s.pkg, s.name, out)
		}
		for name := range listed {
			t.Errorf("%s lists %s, which there is not", heading, name)
		}
	}
}
