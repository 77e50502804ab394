package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// startTimeout bounds how long the browser may take to start; a busy machine
// needs seconds.
const startTimeout = time.Minute

// Browser is a running browser. It ends with the test that started it.
type Browser struct {
	ctx context.Context
}

// Start starts a browser with an empty profile.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := Tool(t, "chromium", "apt-get install chromium brings it")
	profile, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		t.Fatal(err)
	}
	var process *exec.Cmd
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.Env("HOME="+profile, "XDG_CONFIG_HOME="+profile, "XDG_CACHE_HOME="+profile),
		chromedp.Flag("no-sandbox", os.Geteuid() == 0), // it refuses to have one as root
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]"),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			process = cmd
			ownGroup(cmd)
		}),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		deadline, done := context.WithTimeout(ctx, 5*time.Second)
		defer done()
		_ = chromedp.Cancel(deadline) // whatever is left is killed
		cancel()
		if process != nil {
			killGroup(process)
		}
		stop()
		removeProfile(t, profile)
	})
	late := time.AfterFunc(startTimeout, cancel)
	err = chromedp.Do(ctx)
	if !late.Stop() {
		t.Fatalf("%s did not start within %v", path, startTimeout)
	}
	if err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx: ctx}
}

// removeProfile removes a profile that the browser's last processes may still
// write to for a moment.
func removeProfile(t testing.TB, profile string) {
	t.Helper()
	var err error
	for range 50 {
		if err = os.RemoveAll(profile); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("remove the browser's profile: %v", err)
}
