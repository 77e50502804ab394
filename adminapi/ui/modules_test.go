package ui_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"actionlog/adminapi/ui"
)

// TestModules has Node test the modules of the dashboard that need no page.
func TestModules(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	names, err := fs.Glob(ui.Files(), "*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(ui.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "package.json"), []byte(`{"type":"module"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	node(t, "dashboard.test.mjs", map[string]string{"MODULES": folder})
}
