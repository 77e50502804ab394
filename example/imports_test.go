package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// listed is what go list tells of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func goList(t *testing.T, args ...string) (packages []listed) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps"}, args...)...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// arrows says which packages of this module each package may import. What is
// below internal/ belongs to its parent, unless it has a line of its own. Only
// the example and the command line wire.
var arrows = map[string][]string{
	"actionlog/storage":             {},
	"actionlog/storage/storetest":   {"actionlog/storage"},
	"actionlog/storage/ring":        {"actionlog/storage"},
	"actionlog/storage/sqlite":      {"actionlog/storage", "actionlog/storage/internal/sqlquery"},
	"actionlog/storage/clickhouse":  {"actionlog/storage", "actionlog/storage/internal/sqlquery"},
	"actionlog/storage/internal":    {"actionlog/storage"},
	"actionlog/middleware":          {"actionlog/storage"},
	"actionlog/adminapi":            {"actionlog/storage", "actionlog/adminapi/ui"},
	"actionlog/adminapi/prom":       {"actionlog/storage"},
	"actionlog/adminapi/ui":         {},
	"actionlog/adminapi/docs":       {},
	"actionlog/adminapi/internal":   {},
	"actionlog/archive":             {"actionlog/storage"},
	"actionlog/example":             {"actionlog/storage", "actionlog/storage/ring", "actionlog/storage/sqlite", "actionlog/middleware", "actionlog/adminapi", "actionlog/adminapi/docs", "actionlog/adminapi/prom", "actionlog/archive"},
	"actionlog/example/internal":    {},
	"actionlog/example/minimal":     {"actionlog/storage/ring", "actionlog/middleware", "actionlog/adminapi"},
	"actionlog/example/jobs":        {"actionlog/storage", "actionlog/storage/ring", "actionlog/archive"},
	"actionlog/example/processes":   {"actionlog/storage", "actionlog/storage/ring", "actionlog/middleware", "actionlog/adminapi", "actionlog/archive"},
	"actionlog/example/systemd":     {},
	"actionlog/example/proxy":       {"actionlog/storage/ring", "actionlog/middleware", "actionlog/adminapi"},
	"actionlog/archive/internal":    {},
	"actionlog/middleware/internal": {},

	"actionlog/archive/cmd/actionlog": {"actionlog/archive/internal/cli"},
	"actionlog/archive/internal/cli": {
		"actionlog/storage", "actionlog/archive", "actionlog/adminapi", "actionlog/archive/ship",
		"actionlog/archive/ship/elasticsearch", "actionlog/archive/ship/splunk", "actionlog/archive/ship/otlp", "actionlog/archive/ship/loki",
		"actionlog/archive/ship/s3", "actionlog/storage/clickhouse",
	},
	"actionlog/archive/ship/s3": {"actionlog/archive"},

	"actionlog/archive/ship":               {"actionlog/storage", "actionlog/archive"},
	"actionlog/archive/ship/internal":      {"actionlog/storage", "actionlog/archive/ship"},
	"actionlog/archive/ship/elasticsearch": {"actionlog/storage", "actionlog/archive/ship", "actionlog/archive/ship/internal/post"},
	"actionlog/archive/ship/splunk":        {"actionlog/storage", "actionlog/archive/ship", "actionlog/archive/ship/internal/post"},
	"actionlog/archive/ship/otlp":          {"actionlog/storage", "actionlog/archive/ship", "actionlog/archive/ship/internal/post"},
	"actionlog/archive/ship/loki":          {"actionlog/storage", "actionlog/archive/ship", "actionlog/archive/ship/internal/post"},

	"actionlog/archive/internal/dataset":         {"actionlog/storage", "actionlog/archive"},
	"actionlog/archive/internal/dataset/compare": {"actionlog/storage", "actionlog/archive/internal/dataset"},
}

// heavy says which packages may import what is not ours; tests may import more.
var heavy = map[string][]string{
	"github.com/uptrace/bunrouter":  {"actionlog/middleware", "actionlog/adminapi", "actionlog/example"},
	"github.com/rs/zerolog":         {"actionlog/middleware", "actionlog/example"},
	"github.com/gofrs/flock":        {"actionlog/archive"},
	"github.com/klauspost/compress": {"actionlog/archive"},
	"golang.org/x/time":             {"actionlog/adminapi"},
	"github.com/coder/websocket":    {"actionlog/adminapi"},
	"github.com/swaggest/swgui":     {"actionlog/adminapi/docs"},
	"golang.org/x/sys":              {"actionlog/archive"},
	"github.com/google/go-cmp":      {"actionlog/storage/storetest", "actionlog/archive/ship/internal"},
	"modernc.org/sqlite":            {"actionlog/storage/sqlite"},

	"github.com/ClickHouse/clickhouse-go/v2": {"actionlog/storage/clickhouse"},

	"github.com/prometheus/client_golang": {"actionlog/adminapi/prom"},
	"github.com/prometheus/client_model":  {"actionlog/adminapi/prom"},
	"google.golang.org/protobuf":          {"actionlog/adminapi/prom"},

	"github.com/minio/minio-go": {"actionlog/archive/ship/s3"},

	"github.com/spf13/cobra":           {"actionlog/archive/internal/cli"},
	"github.com/spf13/pflag":           {"actionlog/archive/internal/cli"},
	"github.com/parquet-go/parquet-go": {"actionlog/archive/internal/cli"},
	"golang.org/x/term":                {"actionlog/archive/internal/cli"},

	"github.com/chromedp": {"actionlog/adminapi/internal"},
}

// TestArrows holds the direction of all imports.
func TestArrows(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "./...") {
		owner, _, _ := strings.Cut(p.ImportPath, "/internal/")
		if owner != p.ImportPath {
			owner += "/internal"
		}
		if _, own := arrows[p.ImportPath]; own {
			owner = p.ImportPath
		}
		allowed, known := arrows[owner]
		if !known {
			t.Errorf("%s is a package that the table of arrows does not know", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			switch {
			case strings.HasPrefix(imported, "actionlog/"):
				parent, _, _ := strings.Cut(imported, "/internal/")
				if parent != strings.TrimSuffix(owner, "/internal") && !slices.Contains(allowed, imported) {
					t.Errorf("%s imports %s, which it may not", p.ImportPath, imported)
				}
			case strings.Contains(strings.Split(imported, "/")[0], "."):
				checkHeavy(t, owner, imported)
			}
		}
	}
}

func checkHeavy(t *testing.T, owner, imported string) {
	t.Helper()
	for module, users := range heavy {
		if imported != module && !strings.HasPrefix(imported, module+"/") {
			continue
		}
		if !slices.Contains(users, owner) {
			t.Errorf("%s imports %s; only %v may", owner, imported, users)
		}
		return
	}
	t.Errorf("%s imports %s, which the table of dependencies does not know", owner, imported)
}

// TestNoTemplates keeps text/template and html/template, which switch off the
// linker's dead-code elimination, out of what a user links.
func TestNoTemplates(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "./storage/...", "./middleware", "./adminapi", "./adminapi/docs", "./adminapi/prom", "./archive", "./archive/ship/elasticsearch", "./archive/ship/splunk", "./archive/ship/otlp", "./archive/ship/loki") {
		for _, dep := range p.Deps {
			if dep == "text/template" || dep == "html/template" {
				t.Errorf("%s links %s", p.ImportPath, dep)
			}
		}
	}
}

// TestStorageStandsAlone keeps all that is not the standard library out of
// storage.
func TestStorageStandsAlone(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "-deps", "./storage", "./storage/ring") {
		if !p.Standard && !strings.HasPrefix(p.ImportPath, "actionlog/storage") {
			t.Errorf("storage links %s", p.ImportPath)
		}
	}
}
