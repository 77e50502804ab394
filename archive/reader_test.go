package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive"
	"actionlog/storage"
)

// shuffled makes a folder of many files, whose actions overlap in time: several
// writers, late arrivals, equal times. It returns all of them.
func shuffled(t *testing.T, dir string, seed uint64) []storage.Action {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	makers := []*maker{newMaker(day0), newMaker(day0.Add(time.Second)), newMaker(day0.Add(time.Hour))}
	var all []storage.Action
	for file := range 9 {
		m := makers[file%3]
		batch := m.next(1000 + r.IntN(6000))
		for i := range batch {
			switch r.IntN(500) {
			case 0: // posted, late by up to a day
				batch[i].Time = batch[i].Time.Add(-time.Duration(r.Int64N(int64(24 * time.Hour))))
			case 1, 2: // out of order by a little
				batch[i].Time = batch[i].Time.Add(-time.Duration(r.Int64N(int64(time.Second))))
			case 3:
				batch[i].Time = batch[0].Time
			}
		}
		all = append(all, batch...)
		path := filepath.Join(dir, fmt.Sprintf("actions-2026-11-%02d.%d.jsonl", 20+file/3, 2+file%3))
		switch file % 4 {
		case 0, 1:
			put(t, path+".gz", string(packed(t, lines(batch))))
		case 2:
			put(t, path, lines(batch), `{"timestamp":"2026-11-`) // active, in the middle of a line
		case 3:
			put(t, path+".gz", string(foreign(t, lines(batch[:500]))), string(foreign(t, lines(batch[500:]))))
		}
	}
	return all
}

// foreign packs a text as another program would.
func foreign(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	zw.Name = "lines"
	if _, err := zw.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func byTime(x, y storage.Action) int {
	if c := x.Time.Compare(y.Time); c != 0 {
		return c
	}
	return strings.Compare(string(x.ID), string(y.ID))
}

// TestActionsInOrder compares the order with that of sorting all in memory, for
// several queries.
func TestActionsInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := shuffled(t, dir, 1)
	slices.SortFunc(all, byTime)
	for name, q := range map[string]storage.Query{
		"all":     {},
		"failed":  {Status: storage.Failed},
		"range":   {From: day0.Add(2 * time.Second), To: day0.Add(time.Hour + 3*time.Second)},
		"early":   {To: day0},
		"nothing": {From: day0.AddDate(1, 0, 0)},
		"ignored": {Sort: storage.SlowestFirst, Cursor: "nonsense", Services: []string{"CaseService"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted := q
			wanted.Sort, wanted.Cursor = "", ""
			m, err := wanted.Compile()
			if err != nil {
				t.Fatal(err)
			}
			var want []storage.Action
			for i := range all {
				if m.Match(&all[i]) {
					want = append(want, all[i])
				}
			}
			got, problems := readAll(t, dir, q)
			if problems != nil {
				t.Fatal(problems)
			}
			if !slices.Equal(ids(got), ids(want)) {
				t.Fatalf("got %d actions; want %d, or another order", len(got), len(want))
			}
			if len(got) > 0 {
				if diff := cmp.Diff(want[len(want)-1], got[len(got)-1], cmp.Comparer(func(x, y netip.Addr) bool { return x == y })); diff != "" {
					t.Error(diff)
				}
			}
			q.Limit = 17
			got, _ = readAll(t, dir, q)
			if !slices.Equal(ids(got), ids(want[:min(17, len(want))])) {
				t.Errorf("with a limit of 17, got %d actions", len(got))
			}
		})
	}
}

// TestSearchMatchesSorting pages through the same folder in each order.
func TestSearchMatchesSorting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := shuffled(t, dir, 2)
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, sort := range []storage.Sort{storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst, storage.FastestFirst} {
		t.Run(string(sort), func(t *testing.T) {
			t.Parallel()
			q := storage.Query{Sort: sort, Limit: 997, Status: storage.Failed}
			m, err := q.Compile()
			if err != nil {
				t.Fatal(err)
			}
			var want, got []storage.Action
			for i := range all {
				if m.Match(&all[i]) {
					want = append(want, all[i])
				}
			}
			slices.SortFunc(want, func(x, y storage.Action) int { return m.Compare(&x, &y) })
			for {
				page, err := a.Search(context.Background(), q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page.Actions...)
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(ids(got), ids(want)) {
				t.Errorf("got %d actions; want %d, or another order", len(got), len(want))
			}
		})
	}
	stats, err := a.Stats(context.Background(), storage.Query{Status: storage.Failed})
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.Search(context.Background(), storage.Query{Status: storage.Failed, Limit: storage.NoLimit})
	if err != nil || stats.Total != int64(len(page.Actions)) || stats.Failed != stats.Total || stats.ByService["CaseService"] != stats.Total || stats.Lifetime.Total != stats.Total {
		t.Errorf("stats are %+v, of %d actions, %v", stats, len(page.Actions), err)
	}
}

// TestDamage checks that what is damaged is told with its place, and that all
// else is read.
func TestDamage(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	all := m.next(12_000) // several members
	text := lines(all)
	gz := string(packed(t, text))
	members, err := archive.Members([]byte(gz))
	if err != nil || len(members) < 4 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	second := len(packed(t, string(members[0].Text)))
	third := second + len(packed(t, string(members[1].Text)))
	lost := members[1].Lines
	const plain, sealed = "actions-2026-11-22.jsonl", "actions-2026-11-22.jsonl.gz"
	for _, c := range []struct {
		name     string
		base     string
		content  string
		want     int // actions
		problems []string
	}{
		{"whole", sealed, gz, 12_000, nil},
		{"bad-lines", plain, lines(all[:3]) + "nonsense\n\n" + lines(all[3:5]) + "{\"timestamp\":7}\n", 5, []string{plain + ":4: ", plain + ":5: ", plain + ":8: "}},
		{"bad-line-sealed", sealed, string(packed(t, lines(all[:3])+"nonsense\n"+lines(all[3:5]))), 5, []string{sealed + ":4: "}},
		{"unfinished-line", plain, text + text[:50], 12_000, nil},
		{"endless-line", plain, lines(all[:3]) + strings.Repeat("x", 18<<20) + "\n" + lines(all[3:5]), 5, []string{plain + ":4: "}},
		{"flipped-data", sealed, flip(gz, second+1000), 12_000 - lost, []string{fmt.Sprintf("%s, byte %d (line %d)", sealed, second, members[0].Lines+1)}},
		{"flipped-checksum", sealed, flip(gz, third-6), 12_000 - lost, []string{fmt.Sprintf("%s, byte %d", sealed, second)}},
		{"flipped-magic", sealed, flip(gz, second), 12_000 - lost, []string{fmt.Sprintf("%s, byte %d", sealed, second)}},
		{"flipped-flags", sealed, flip(gz, second+3), 12_000 - lost, []string{fmt.Sprintf("%s, byte %d", sealed, second)}},
		{"flipped-length", sealed, flip(gz, second+17), 12_000, nil}, // still gzip to any decoder
		{"cut-off", sealed, gz[:third-10], members[0].Lines, []string{fmt.Sprintf("%s, byte %d (line %d)", sealed, second, members[0].Lines+1)}},
		{"cut-off-in-header", sealed, gz[:second+20], members[0].Lines, []string{fmt.Sprintf("%s, byte %d", sealed, second)}},
		{"gap", sealed, gz[:second] + strings.Repeat("\x00", 5000) + gz[third:], 12_000 - lost, []string{fmt.Sprintf("%s, byte %d", sealed, second)}},
		{"garbage-behind", sealed, gz + "garbage", 12_000, []string{fmt.Sprintf("%s, byte %d (line 12001)", sealed, len(gz))}},
		{"no-gzip", sealed, "this is no gzip", 0, []string{sealed + ", byte 0 (line 1)"}},
		{"empty", sealed, "", 0, []string{sealed + ", byte 0 (line 1)"}},
		{"foreign", sealed, string(foreign(t, text)), 12_000, nil},
		{"foreign-without-end", sealed, string(foreign(t, strings.TrimSuffix(text, "\n"))), 12_000, nil},
		{"foreign-behind", sealed, gz[:second] + string(foreign(t, text[len(members[0].Text):])), 12_000, nil},
		{"plain-named-gz", sealed, text, 0, []string{sealed + ", byte 0 (line 1)"}},
		{"gzip-named-plain", plain, gz, 12_000, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, filepath.Join(dir, c.base), c.content)
			got, problems := readAll(t, dir, storage.Query{})
			if len(got) != c.want {
				t.Errorf("read %d actions; want %d", len(got), c.want)
			}
			if !slices.IsSortedFunc(got, byTime) {
				t.Error("they are out of order")
			}
			wantProblems(t, problems, c.problems)

			a, err := archive.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			var told []error
			a.OnProblem = func(err error) { told = append(told, err) }
			page, err := a.Search(context.Background(), storage.Query{Limit: storage.NoLimit})
			if err != nil || len(page.Actions) != c.want {
				t.Errorf("found %d actions, %v; want %d", len(page.Actions), err, c.want)
			}
			wantProblems(t, told, c.problems)
		})
	}
}

func wantProblems(t *testing.T, problems []error, want []string) {
	t.Helper()
	if len(problems) != len(want) {
		t.Fatalf("the problems are %v; want %q", problems, want)
	}
	for i, err := range problems {
		var syntax *archive.SyntaxError
		var corrupt *archive.CorruptError
		if !errors.As(err, &syntax) && !errors.As(err, &corrupt) || !strings.HasPrefix(err.Error(), want[i]) {
			t.Errorf("problem %d is %v; want %q", i, err, want[i])
		}
		if syntax != nil && syntax.Unwrap() == nil || corrupt != nil && corrupt.Unwrap() == nil {
			t.Errorf("problem %d has no cause", i)
		}
	}
}

// TestLinesWithoutID checks that ids are made up where there are none, that
// they are distinct, and that sealing does not change them.
func TestLinesWithoutID(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, `{"timestamp":"2026-11-22T12:00:%02dZ","service":"%s","action":"x","status":"success","duration":%d,"error":null}`+"\n", i%60, strings.Repeat("s", 1+i%100), i)
	}
	put(t, filepath.Join(dir, "actions-2026-11-22.jsonl"), b.String())
	put(t, filepath.Join(dir, "actions-2026-11-21.3.jsonl"), b.String())
	before, problems := readAll(t, dir, storage.Query{})
	if problems != nil || len(before) != 10_000 {
		t.Fatalf("read %d actions, %v", len(before), problems)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(ids(before))))
	if len(distinct) != 10_000 {
		t.Errorf("%d ids are distinct", len(distinct))
	}
	if want := storage.ID("actions-2026-11-21.3:0000000001"); distinct[0] != want {
		t.Errorf("the least id is %q; want %q", distinct[0], want)
	}
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, MaxAge: -1})
	rotate(t, w)
	for range 1000 {
		if len(fileNames(t, dir)) == 2 && exists(t, filepath.Join(dir, "actions-2026-11-21.3.jsonl.gz")) && !exists(t, filepath.Join(dir, "actions-2026-11-21.3.jsonl")) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	closeWriter(t, w)
	wantNames(t, dir, "actions-2026-11-21.3.jsonl.gz", "actions-2026-11-22.jsonl.gz")
	after, _ := readAll(t, dir, storage.Query{})
	if !slices.Equal(ids(after), ids(before)) {
		t.Error("the ids or their order changed when the files were sealed")
	}
}

// TestOpenFiles reads files under names of their own.
func TestOpenFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := newMaker(day0)
	one, two := m.next(3), m.next(3)
	x, y := filepath.Join(dir, "x.log"), filepath.Join(dir, "y.ndjson.gz")
	put(t, x, lines(two))
	put(t, y, string(foreign(t, lines(one))))
	a, err := archive.OpenFiles(x, y)
	if err != nil {
		t.Fatal(err)
	}
	var got []storage.Action
	for action, err := range a.Actions(t.Context(), storage.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, action)
	}
	if want := append(ids(one), ids(two)...); !slices.Equal(ids(got), want) {
		t.Errorf("got %q; want %q", ids(got), want)
	}
	if _, err := archive.OpenFiles(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open a file that is not there: %v", err)
	}
	if _, err := archive.OpenFiles(dir); err == nil {
		t.Error("a folder is no file")
	}
	if _, err := archive.Open(x); err == nil {
		t.Error("a file is no folder")
	}
	if _, err := archive.Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open a folder that is not there: %v", err)
	}
}

// TestOpenFilesOfOneName pages through lines without ids of files that have
// the same name in different folders.
func TestOpenFilesOfOneName(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, service := range []string{"a", "b", "c"} {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		put(t, path, `{"timestamp":"2026-11-22T00:00:00Z","service":"`+service+`","action":"x","status":"success","duration":1,"error":null}`+"\n")
		paths = append(paths, path)
	}
	a, err := archive.OpenFiles(paths...)
	if err != nil {
		t.Fatal(err)
	}
	var services []string
	for q := (storage.Query{Limit: 1, Sort: storage.OldestFirst}); ; {
		p, err := a.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range p.Actions {
			services = append(services, action.Service)
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	if got := strings.Join(services, " "); got != "a b c" {
		t.Errorf("got %q", got)
	}
}

// TestReadErrors checks what ends a reading: a query that is not valid, a
// context that ends, a caller who has enough.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shuffled(t, dir, 3)
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	bad := storage.Query{MinDuration: -1}
	var param *storage.ParamError
	for _, err := range a.Actions(t.Context(), bad) {
		if !errors.As(err, &param) {
			t.Errorf("actions: %v", err)
		}
	}
	if _, err := a.Search(t.Context(), bad); !errors.As(err, &param) {
		t.Errorf("search: %v", err)
	}
	if _, err := a.Stats(t.Context(), bad); !errors.As(err, &param) {
		t.Errorf("stats: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range a.Actions(ctx, storage.Query{}) {
		if n++; err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("actions: %v", err)
			}
			break
		}
		cancel()
	}
	if n < 2 || n > 20_000 {
		t.Errorf("the range ended after %d", n)
	}
	if _, err := a.Search(ctx, storage.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	if _, err := a.Stats(ctx, storage.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stats: %v", err)
	}
	for range a.Actions(t.Context(), storage.Query{}) {
		break
	}
}

// looks is a context that ends after it was looked at so many times.
type looks struct {
	context.Context
	left atomic.Int64
}

func (l *looks) Err() error {
	if l.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func lookedAt(t *testing.T, n int64) context.Context {
	l := &looks{Context: t.Context()}
	l.left.Store(n)
	return l
}

// TestContextEndsWithinStream ends a context while a stream of gzip is read
// that has no whole line at all.
func TestContextEndsWithinStream(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 4<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "actions-2026-11-22.jsonl.gz"), string(foreign(t, strings.ReplaceAll(string(noise), "\n", ""))))
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a.OnProblem = func(err error) { t.Errorf("the problem is %v", err) }
	if _, err := a.Search(lookedAt(t, 10), storage.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	if _, err := a.Stats(lookedAt(t, 10), storage.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stats: %v", err)
	}
	for _, err := range a.Actions(lookedAt(t, 10), storage.Query{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("actions: %v", err)
		}
	}
}

// TestReadWhileWriting reads again and again while files are written, sealed
// and adopted: each time, at least all that had been written when it began is
// there, once.
func TestReadWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := newMaker(day0)
	w := openWriter(t, dir, archive.Options{MaxFileSize: 200_000, MaxAge: -1})
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 150 {
			if err := w.Write(context.Background(), m.next(50)); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	rounds := 0
	for ended := false; !ended; rounds++ {
		select {
		case <-done:
			ended = true
		default:
		}
		before := w.Status().Written
		var last storage.ID
		n := int64(0)
		for action, err := range a.Actions(context.Background(), storage.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if action.ID <= last {
				t.Fatalf("%s came after %s", action.ID, last)
			}
			last = action.ID
			n++
		}
		page, err := a.Search(context.Background(), storage.Query{Limit: storage.NoLimit})
		if err != nil {
			t.Fatal(err)
		}
		if found := int64(len(page.Actions)); n < before || found < n {
			t.Fatalf("%d actions were written, then %d read, then %d found", before, n, found)
		}
	}
	t.Logf("read %d times", rounds)
}

// TestForeignOutOfOrder reads another program's gzip, which can only be read
// through, and whose later stretches hold the earlier actions.
func TestForeignOutOfOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := newMaker(day0).next(20_000) // six megabytes
	for i := range all {
		all[i].Time = day0.Add(-time.Duration(i) * time.Second)
	}
	put(t, filepath.Join(dir, "actions-2026-11-22.jsonl.gz"), string(foreign(t, lines(all))))
	ours := newMaker(day0.Add(-time.Hour)).next(5000)
	put(t, filepath.Join(dir, "actions-2026-11-22.2.jsonl"), lines(ours))
	want := append(all, ours...)
	slices.SortFunc(want, byTime)
	got, problems := readAll(t, dir, storage.Query{})
	if problems != nil || !slices.Equal(ids(got), ids(want)) {
		t.Errorf("got %d actions with the problems %v; want %d, or another order", len(got), problems, len(want))
	}
	got, problems = readAll(t, dir, storage.Query{From: day0.Add(-200 * time.Minute), To: day0.Add(-100 * time.Minute)})
	if problems != nil || len(got) != 6000 {
		t.Errorf("got %d actions of a hundred minutes with the problems %v", len(got), problems)
	}
}
