package prom_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tool returns the path of a program, or skips the test.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name)
	}
	return path
}

// missing skips a test for want of something; in the full check it fails.
func missing(t *testing.T, what string) {
	t.Helper()
	const format = "there is no %s; adminapi/tools.sh FOLDER brings it, and ACTIONLOG_TOOLS=FOLDER tells the test of it"
	if full() {
		t.Fatalf(format, what)
	}
	t.Skipf(format, what)
}

// run runs a program with a text as its input, and returns what it says.
func run(t *testing.T, input, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestPromtoolLikesTheMetrics has promtool look at names, types and help.
func TestPromtoolLikesTheMetrics(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	text, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, string(text), promtool, "check", "metrics"); err != nil || out != "" {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	bad := strings.ReplaceAll(string(text), "actions_total", "actions_ms")
	if _, err := run(t, bad, promtool, "check", "metrics"); err == nil {
		t.Error("promtool lets a counter in milliseconds pass")
	}
}

// TestAlerts has promtool check the rules and run their tests, of which each
// alert needs one in which it fires and one in which it does not.
func TestAlerts(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("testdata/alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	alerts := regexp.MustCompile(`(?m)^ *- alert: (\w+)$`).FindAllStringSubmatch(string(rules), -1)
	if len(alerts) < 10 {
		t.Errorf("there are %d alerts, want ten or more", len(alerts))
	}
	for _, alert := range alerts {
		if !strings.Contains(string(tests), "alertname: "+alert[1]+"\n        exp_alerts:\n          - exp_labels:") {
			t.Errorf("in no test %s fires", alert[1])
		}
		if !strings.Contains(string(tests), "alertname: "+alert[1]+", exp_alerts: []}") {
			t.Errorf("there is no test in which %s does not fire", alert[1])
		}
	}

	promtool := tool(t, "promtool")
	if out, err := run(t, "", promtool, "check", "rules", "alerts.yml"); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
	if out, err := run(t, "", promtool, "test", "rules", "testdata/alerts_test.yml"); err != nil {
		t.Errorf("promtool test rules: %v\n%s", err, out)
	}
}

// tsc checks a dashboard against the type that it has to have, and returns what
// is wrong with it. The modules are those that tools.sh has installed.
func tsc(t *testing.T, node, modules, dashboard string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	types, err := os.ReadFile("testdata/dashboard.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"dashboard.ts":  string(types),
		"grafana.ts":    "import type {OurDashboard} from './dashboard';\nexport default " + strings.TrimSpace(dashboard) + " satisfies OurDashboard;\n",
		"tsconfig.json": `{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": [], "target": "es2022", "module": "esnext", "moduleResolution": "bundler"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return run(t, "", node, filepath.Join(modules, "typescript/bin/tsc"), "--pretty", "false", "-p", dir)
}

// TestDashboardTypes checks the dashboard against Grafana's own types, and
// that the check finds mistakes.
func TestDashboardTypes(t *testing.T) {
	t.Parallel()
	node := tool(t, "node")
	modules := filepath.Join(os.Getenv("ACTIONLOG_TOOLS"), "adminapi/node_modules")
	if _, err := os.Stat(filepath.Join(modules, "@grafana/schema")); os.Getenv("ACTIONLOG_TOOLS") == "" || err != nil {
		missing(t, "@grafana/schema")
	}
	text, err := os.ReadFile("grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := tsc(t, node, modules, string(text)); err != nil {
		t.Errorf("the dashboard has a wrong type: %v\n%s", err, out)
	}

	bad := string(text)
	mistakes := []struct{ right, wrong, told string }{
		{`"schemaVersion": 41`, `"schemaVersion": "41"`, "Type 'string' is not assignable to type 'number'"},
		{`"refresh": 2`, `"refresh": 9`, "Type '9' is not assignable"},
		{`"colorMode": "value"`, `"colorMode": "shout"`, `Type '"shout"' is not assignable`},
		{`"legendFormat"`, `"legendFromat"`, "legendFromat"},
		{`"lineWidth"`, `"lineWidht"`, "lineWidht"},
		{`"placement": "bottom"`, `"placement": "below"`, `Type '"below"' is not assignable`},
	}
	for _, m := range mistakes {
		if !strings.Contains(bad, m.right) {
			t.Fatalf("the dashboard has no %s to make a mistake of", m.right)
		}
		bad = strings.Replace(bad, m.right, m.wrong, 1)
	}
	out, err := tsc(t, node, modules, bad)
	if err == nil {
		t.Error("the check finds nothing wrong with a dashboard full of mistakes")
	}
	for _, m := range mistakes {
		if !strings.Contains(out, m.told) {
			t.Errorf("the check does not tell of %s:\n%s", m.wrong, out)
		}
	}
}
