package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"

	"github.com/google/go-cmp/cmp"
)

// listing is a list as the admin API answers it.
type listing struct {
	Actions []storage.Action `json:"actions"`
}

// TestRecentAfterRestart asks the same before and after.
func TestRecentAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"-archive", filepath.Join(dir, "actions"), "-db", filepath.Join(dir, "actions.sqlite")}
	paths := []string{"/action-logs/recent?limit=50", "/action-logs/failed", "/action-logs/service/Example?limit=1000", "/action-logs/search?limit=7&sort=timestamp"}
	p := start(t, args...)
	p.load(t.Context(), 4, 200)
	before := make([]listing, len(paths))
	for i, path := range paths {
		p.get(t, path, &before[i])
	}
	if n := len(before[0].Actions); n != 50 {
		t.Fatalf("%d recent actions, want 50", n)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p = start(t, args...)
	for i, path := range paths {
		var after listing
		p.get(t, path, &after)
		if diff := cmp.Diff(before[i].Actions, after.Actions, cmp.Comparer(sameAction)); diff != "" {
			t.Errorf("%s answers otherwise after a restart (-before +after):\n%s", path, diff)
		}
	}
	var stats struct{ Stats storage.Stats }
	p.get(t, "/action-logs/stats", &stats)
	if stats.Stats.Total != 200 || stats.Stats.Lifetime.Total != 0 {
		t.Errorf("stats count %d in the window and %d of this process, want 200 and 0", stats.Stats.Total, stats.Stats.Lifetime.Total)
	}
	if n := len(archived(t, filepath.Join(dir, "actions"))); n != 200 {
		t.Errorf("the archive has %d requests, want the 200 once", n)
	}

	resp, err := http.Post(p.url+"/action-logs/clear", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusCreated {
		t.Fatalf("clear answered %s", resp.Status)
	}
	for range 2 {
		for _, path := range paths {
			var list listing
			p.get(t, path, &list)
			if len(list.Actions) != 0 {
				t.Errorf("%s answers %d actions after a clear", path, len(list.Actions))
			}
		}
		if err := p.stop(t, os.Interrupt); err != nil {
			t.Fatal(err)
		}
		p = start(t, args...)
	}
}

func sameAction(x, y storage.Action) bool {
	return string(x.AppendJSON(nil)) == string(y.AppendJSON(nil))
}

// TestKillWithDatabase kills the example under load, again and again: what was
// answered well before is in the database, once.
func TestKillWithDatabase(t *testing.T) {
	t.Parallel()
	rounds := 2
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		rounds = 20
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "actions.sqlite")
	const window = time.Second // the pump lingers, and the machine is busy
	seen := 0
	for round := range rounds {
		p := start(t, "-archive", filepath.Join(dir, "actions"), "-db", db)
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond+time.Duration(round*37%500)*time.Millisecond)
		loaded := make(chan map[string]time.Time, 1)
		go func() { loaded <- p.load(ctx, 4, 1_000_000) }()
		<-ctx.Done()
		killed := time.Now()
		_ = p.stop(t, syscall.SIGKILL) // says that it was killed
		cancel()
		answered := <-loaded

		s, err := sqlite.Open(db, sqlite.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		kept, total := map[string]bool{}, 0
		for a, err := range s.Actions(t.Context(), storage.Query{}) {
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			total++
			if a.HTTP != nil && total > seen {
				kept[a.HTTP.RequestID] = true
			}
		}
		st, err := s.Stats(t.Context(), storage.Query{Status: storage.Success})
		if err != nil || st.Total != int64(total) {
			t.Errorf("round %d: stats count %d, %v; there are %d", round, st.Total, err, total)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		var lost []string
		for id, at := range answered {
			if !kept[id] && killed.Sub(at) > window {
				lost = append(lost, id)
			}
		}
		t.Logf("round %d: %d answered, %d kept, %d lost although answered more than %v before", round, len(answered), total-seen, len(lost), window)
		if len(lost) > 0 {
			t.Errorf("round %d: %d were lost, such as %s", round, len(lost), lost[0])
		}
		seen = total
	}
}

// TestRefusesForeignDatabase names the file and leaves it alone.
func TestRefusesForeignDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.txt")
	text := strings.Repeat("notes ", 200)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := command(t.Context(), []string{"-addr", "127.0.0.1:0", "-archive", filepath.Join(dir, "actions"), "-db", path}, &stdout, &stderr); code != 1 {
		t.Errorf("the exit status is %d, want 1", code)
	}
	if !strings.Contains(stderr.String(), strconv.Quote(path)[1:len(path)+1]) || !strings.Contains(stderr.String(), "no SQLite database") {
		t.Errorf("it says %q, want the file and what is wrong with it", stderr.String())
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the file was changed, %v", err)
	}
}
