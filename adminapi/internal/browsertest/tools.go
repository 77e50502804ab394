package browsertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Tool returns the path of a program of the machine. Without it the test is
// skipped, or fails in the full check, for the reason why, which says how to
// get it.
func Tool(t testing.TB, name, why string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Skip(t, name+" is not installed; "+why)
	}
	return path
}

// Module returns the path of a file below node_modules in the folder that
// adminapi/tools.sh fills. Without it the test is skipped, or fails in the full
// check.
func Module(t testing.TB, file string) string {
	t.Helper()
	const how = "; adminapi/tools.sh FOLDER brings it, and ACTIONLOG_TOOLS=FOLDER names it"
	folder := os.Getenv("ACTIONLOG_TOOLS")
	if folder == "" {
		Skip(t, file+" is not installed"+how)
	}
	path, err := filepath.Abs(filepath.Join(folder, "adminapi", "node_modules", filepath.FromSlash(file)))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		Skip(t, file+" is missing in "+folder+how)
	}
	return path
}

// Skip skips a test for what the machine lacks, or fails it in the full check.
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		t.Fatalf("full check: %s", why)
	}
	t.Skip(why)
}
