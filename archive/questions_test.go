package archive_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// indexedFolder makes a folder with a sealed file that has an index.
func indexedFolder(t *testing.T) (dir string, all []storage.Action) {
	t.Helper()
	dir = t.TempDir()
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, MaxAge: -1})
	all = varied(rand.New(rand.NewPCG(5, 6)), 6000, day0)
	write(t, w, all)
	rotate(t, w)
	closeWriter(t, w)
	if !exists(t, filepath.Join(dir, "actions-2026-11-22.jsonl.gz.idx")) {
		t.Fatal("the sealed file has no index")
	}
	return dir, all
}

func open(t *testing.T, dir string) *archive.Archive {
	t.Helper()
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a.OnProblem = func(err error) { t.Error(err) }
	return a
}

func TestOpenReader(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	all := newMaker(day0).next(5000)
	for name, text := range map[string]string{
		"plain": lines(all), "gzip": string(foreign(t, lines(all))), "sealed": string(packed(t, lines(all))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := archive.OpenReader(strings.NewReader(text), "-").Search(ctx, storage.Query{Status: storage.Failed, Limit: 3})
			if err != nil || len(page.Actions) != 3 || page.Actions[0].ID != all[4999].ID {
				t.Errorf("the page is %v, %v", page, err)
			}
			a := archive.OpenReader(strings.NewReader(text), "-")
			var got []storage.Action
			for action, err := range a.Tail(ctx, storage.Query{}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, action)
			}
			if !slices.Equal(ids(got), ids(all)) {
				t.Errorf("got %d actions; want %d", len(got), len(all))
			}
			if _, err := a.Stats(ctx, storage.Query{}); err == nil {
				t.Error("a second question is answered")
			}
		})
	}
	cut := string(foreign(t, lines(all)))
	a := archive.OpenReader(strings.NewReader(cut[:len(cut)-9]), "-")
	var problem error
	a.OnProblem = func(err error) { problem = err }
	var corrupt *archive.CorruptError
	if _, err := a.Stats(ctx, storage.Query{}); err != nil || !errors.As(problem, &corrupt) {
		t.Errorf("a cut stream ends with %v, and the problem is %v", err, problem)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir, all := indexedFolder(t)
	a := open(t, dir)
	var findings []archive.Finding
	report := func(f archive.Finding) { findings = append(findings, f) }
	sum, err := a.Verify(ctx, report)
	if err != nil || findings != nil || sum.Lines != int64(len(all)) || sum.Indexes != 1 || sum.Files != 1 {
		t.Fatalf("a sound archive: %+v, %v, %v", sum, findings, err)
	}

	gz := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	idx, err := os.ReadFile(gz + ".idx")
	if err != nil {
		t.Fatal(err)
	}
	put(t, gz+".idx", string(idx[:len(idx)-1]))
	put(t, filepath.Join(dir, "actions-2026-11-23.jsonl"), lines(all[:2]), "nonsense\n")
	b, err := os.ReadFile(gz)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	put(t, gz, string(b))
	if _, err := a.Verify(ctx, report); err != nil {
		t.Fatal(err)
	}
	var index *archive.IndexError
	var corrupt *archive.CorruptError
	var syntax *archive.SyntaxError
	found := map[string]bool{}
	for _, f := range findings {
		found["index"] = found["index"] || errors.As(f.Err, &index)
		found["corrupt"] = found["corrupt"] || errors.As(f.Err, &corrupt)
		found["syntax"] = found["syntax"] || errors.As(f.Err, &syntax)
	}
	if len(found) != 3 || !found["index"] || !found["corrupt"] || !found["syntax"] {
		t.Errorf("the findings are %v", findings)
	}
}

func TestReindex(t *testing.T) {
	t.Parallel()
	dir, _ := indexedFolder(t)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl.gz.idx")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func(){
		func() { os.Remove(path) },
		func() { put(t, path, string(want[:100])) },
		func() {},
	} {
		damage()
		if err := open(t, dir).Reindex(context.Background(), true, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
			t.Fatalf("the index made anew differs from the one that was sealed: %v", err)
		}
	}
	unlock, err := archive.LockSealing(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := open(t, dir).Reindex(context.Background(), true, nil); err == nil {
		t.Error("an archive is indexed while somebody seals")
	}
}

// TestIndexesAreKept opens a writer where indexes are missing, left over and
// half written.
func TestIndexesAreKept(t *testing.T) {
	t.Parallel()
	dir, _ := indexedFolder(t)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl.gz.idx")
	over := filepath.Join(dir, "actions-2026-11-01.jsonl.gz.idx")
	draft := filepath.Join(dir, ".actions-2026-11-02.jsonl.gz.idx.tmp")
	put(t, over, "x")
	put(t, draft, "x")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, MaxAge: -1})
	for end := time.Now().Add(20 * time.Second); !exists(t, path) || exists(t, over) || exists(t, draft); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the index: %t, the one left over: %t, the draft: %t", exists(t, path), exists(t, over), exists(t, draft))
		}
	}
	closeWriter(t, w)
	w = openWriter(t, dir, archive.Options{Now: newClock(day0.AddDate(1, 0, 0)).now})
	for end := time.Now().Add(20 * time.Second); exists(t, path); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the index outlives its file")
		}
	}
	closeWriter(t, w)
}

func TestTail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, MaxAge: -1})
	m := newMaker(day0)
	write(t, w, m.next(50))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	got := make(chan storage.Action, 1000)
	ready := make(chan struct{})
	go func() {
		defer close(got)
		for a, err := range open(t, dir).Tail(ctx, storage.Query{Status: storage.Failed}) {
			if err != nil {
				t.Error(err)
			}
			if a.Service == "Begin" {
				select {
				case <-ready:
				default:
					close(ready)
				}
				continue
			}
			got <- a
		}
	}()
	for begun := false; !begun; {
		write(t, w, []storage.Action{{Time: day0, Service: "Begin", Action: "b", Status: storage.Failed, ID: "b"}})
		select {
		case <-ready:
			begun = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	var want []storage.ID
	for range 5 {
		batch := m.next(20)
		write(t, w, batch)
		rotate(t, w)
		for i := range batch {
			if batch[i].Failed() {
				want = append(want, batch[i].ID)
			}
		}
	}
	var have []storage.ID
	for len(have) < len(want) {
		a, ok := <-got
		if !ok {
			break
		}
		have = append(have, a.ID)
	}
	cancel()
	for range got {
		t.Error("an action came twice")
	}
	if !slices.Equal(have, want) {
		t.Errorf("got %v; want %v", have, want)
	}
}

func TestSeriesSteps(t *testing.T) {
	t.Parallel()
	dir, all := indexedFolder(t)
	var param *storage.ParamError
	for _, step := range []time.Duration{0, -time.Second, time.Microsecond} {
		if _, err := open(t, dir).Series(context.Background(), storage.Query{}, step); !errors.As(err, &param) {
			t.Errorf("a step of %s: %v", step, err)
		}
	}
	a := open(t, dir)
	var last, whole int64
	a.OnProgress = func(done, total int64) { last, whole = done, total }
	points, err := a.Series(context.Background(), storage.Query{}, 24*time.Hour)
	if err != nil || points[0].Total > int64(len(all)) || last != whole || whole == 0 {
		t.Errorf("%v, %v; %d of %d bytes were dealt with", points, err, last, whole)
	}
}
