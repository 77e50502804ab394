package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/archive"
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

// TestKillWithDatabase kills the example at some moment of a load, again and
// again: what was answered well before is in the database and in the archive,
// once, and neither is damaged. ACTIONLOG_KILLS says how often.
func TestKillWithDatabase(t *testing.T) {
	t.Parallel()
	rounds := 2
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		rounds = 8
	}
	rounds = setting(t, "ACTIONLOG_KILLS", rounds)
	k := killed{dir: t.TempDir()}
	for round := range rounds {
		k.round(t, round)
	}
	for _, place := range []string{"database", "archive"} {
		list := k.lost[place]
		slices.Sort(list)
		t.Logf("%d kills, %d requests answered: the %s lost what was answered up to %v before a kill, in the median of the kills %v",
			rounds, k.answered, place, list[len(list)-1], list[len(list)/2])
	}
}

// killWindow is what may be lost: the pumps linger, and the machine is busy.
const killWindow = time.Second

type killed struct {
	dir      string
	answered int
	lost     map[string][]time.Duration // by place, how long before each kill the first was answered that is lost
}

func (k *killed) round(t *testing.T, round int) {
	t.Helper()
	files, path := filepath.Join(k.dir, "actions"), filepath.Join(k.dir, "actions.sqlite")
	began := time.Now()
	p := start(t, "-archive", files, "-db", path)
	p.name = fmt.Sprintf("%d-", round)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond+rand.N(900*time.Millisecond))
	defer cancel()
	loaded := make(chan map[string]time.Time, 1)
	go func() { loaded <- p.load(ctx, 4, 1_000_000) }()
	<-ctx.Done()
	moment := time.Now()
	_ = p.stop(t, syscall.SIGKILL) // says that it was killed
	answered := <-loaded
	k.answered += len(answered)

	for place, times := range map[string]map[string]int{"database": inDatabase(t, path, began), "archive": inArchive(t, files, began)} {
		longest := time.Duration(0)
		for id, at := range answered {
			switch {
			case times[id] > 1:
				t.Errorf("round %d: request %s is in the %s %d times", round, id, place, times[id])
			case times[id] == 0:
				longest = max(longest, moment.Sub(at))
			}
		}
		if longest > killWindow {
			t.Errorf("round %d: the %s lacks a request that was answered %v before the kill", round, place, longest)
		}
		if k.lost == nil {
			k.lost = map[string][]time.Duration{}
		}
		k.lost[place] = append(k.lost[place], longest)
	}
}

// inDatabase returns how often each request id is among the actions since a
// moment, and checks that the database is whole.
func inDatabase(t *testing.T, path string, since time.Time) map[string]int {
	t.Helper()
	s, err := sqlite.Open(path, sqlite.Options{House: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	times, ids := map[string]int{}, map[storage.ID]bool{}
	for a, err := range s.Actions(t.Context(), storage.Query{From: since}) {
		if err != nil {
			t.Fatal(err)
		}
		if ids[a.ID] {
			t.Errorf("the id %s is in the database twice", a.ID)
		}
		ids[a.ID] = true
		if a.HTTP != nil {
			times[a.HTTP.RequestID]++
		}
	}
	st, err := s.Stats(t.Context(), storage.Query{Status: storage.Success})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var check string
	var rows int64
	if err := db.QueryRow("SELECT integrity_check, (SELECT count(*) FROM action_logs WHERE status = 'success') FROM pragma_integrity_check").Scan(&check, &rows); err != nil {
		t.Fatal(err)
	}
	if check != "ok" || rows != st.Total {
		t.Errorf("integrity_check says %s; %d rows, and statistics count %d", check, rows, st.Total)
	}
	return times
}

// inArchive returns how often each request id is among the actions since a
// moment, and checks that the archive is whole once it is mended.
func inArchive(t *testing.T, dir string, since time.Time) map[string]int {
	t.Helper()
	w, err := archive.OpenWriter(dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Verify(t.Context(), func(f archive.Finding) { t.Errorf("archive: %s: %v", f.File, f.Err) }); err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for action, err := range a.Actions(t.Context(), storage.Query{From: since}) {
		if err != nil {
			t.Fatal(err)
		}
		if action.HTTP != nil {
			times[action.HTTP.RequestID]++
		}
	}
	return times
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

// TestCatchesUp starts with a database that is behind the archive, as a kill
// leaves it.
func TestCatchesUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files, path := filepath.Join(dir, "actions"), filepath.Join(dir, "actions.sqlite")
	began := time.Now().Add(-time.Minute)
	process := storage.NewProcess(began)
	var list []storage.Action
	for i := range 10 {
		list = append(list, storage.Action{Time: began.Add(time.Duration(i) * time.Millisecond), Service: "CaseService", Action: fmt.Sprint(i), Status: storage.Success, ID: process.ID(uint64(i + 1))})
	}
	w, err := archive.OpenWriter(files, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{w.Write(t.Context(), list), w.Close(), db.Write(t.Context(), list[:7]), db.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		p := start(t, "-archive", files, "-db", path)
		for _, path := range []string{"/action-logs/recent", "/action-logs/search?sort=timestamp&service=CaseService"} {
			var got listing
			p.get(t, path, &got)
			if len(got.Actions) != len(list) {
				t.Errorf("%s: %d actions, want %d", path, len(got.Actions), len(list))
			}
		}
		if err := p.stop(t, os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
}
