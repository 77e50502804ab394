package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const readmePath = "../../../README.md"

var (
	// readmeExample is a block of a command line and what it prints.
	readmeExample = regexp.MustCompile("(?s)```console\n\\$ actionlog ([^\n]*)\n(.*?)```")
)

// endless are the commands that go on until Ctrl-C, or want a bucket.
var endless = regexp.MustCompile(`^(serve|ship|push|pull|tail -f) `)

// TestReadme holds that the README's command lines print what it shows, and that
// it shows each command.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	small, big, bin := newArchive(t), bigArchive(t), t.TempDir()
	shown := map[string]bool{}
	fresh := readmeExample.ReplaceAllStringFunc(string(text), func(block string) string {
		m := readmeExample.FindStringSubmatch(block)
		words := strings.Fields(m[1])
		shown[words[0]] = true
		if endless.MatchString(m[1]) {
			if r := run(t, append(words, "--help")...); r.status != 0 {
				t.Errorf("%s: %+v", m[1], r)
			}
			return block
		}
		dir := small
		if words[0] == "index" {
			dir = big // a small file needs none
		}
		for i, word := range words {
			switch {
			case word == "actions":
				words[i] = dir
			case strings.HasSuffix(word, ".parquet"):
				words[i] = filepath.Join(bin, word)
			}
		}
		if words[0] != "export" {
			words = append(words, "--format", "table")
		}
		r := run(t, words...)
		if r.status != 0 {
			t.Errorf("%s: %+v", m[1], r)
		}
		got := strings.ReplaceAll(strings.ReplaceAll(r.stdout+r.stderr, bin+"/", ""), dir, "actions")
		if diff := cmp.Diff(m[2], got); diff != "" && !*update {
			t.Errorf("actionlog %s (-README +printed):\n%s", m[1], diff)
		}
		return "```console\n$ actionlog " + m[1] + "\n" + got + "```"
	})
	if *update {
		if err := os.WriteFile(readmePath, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, list, _ := strings.Cut(run(t, "--help").stdout, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, m := range regexp.MustCompile(`(?m)^  (\w+) `).FindAllStringSubmatch(list, -1) {
		if name := m[1]; name != "help" && name != "completion" && !shown[name] {
			t.Errorf("the README does not show actionlog %s", name)
		}
	}
}
