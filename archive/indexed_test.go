package archive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive"
	"actionlog/storage"
)

// varied makes actions of several services, hours, codes, errors and ids, some
// with text that JSON escapes.
func varied(r *rand.Rand, n int, from time.Time) []storage.Action {
	process := storage.NewProcess(from)
	list := make([]storage.Action, n)
	for i := range list {
		a := &list[i]
		service := r.IntN(7)
		*a = storage.Action{
			Time:    from.Add(time.Duration(i)*7*time.Second + time.Duration(r.IntN(1e9))),
			Service: fmt.Sprintf("Service%d", service), Action: fmt.Sprintf("action%d", r.IntN(5)),
			Status: storage.Success, Duration: time.Duration(r.ExpFloat64() * 1e7), ID: process.ID(uint64(i)),
		}
		if service == 6 && i < n/2 {
			a.Service, a.Instance = "Quoted \"é\"\n", "host"
		}
		if r.IntN(4) > 0 {
			a.HTTP = &storage.HTTP{Method: "GET", Route: "/Cases/{id}", Path: "/cases/1", Code: 200 + r.IntN(3)}
			if r.IntN(3) > 0 {
				a.HTTP.RequestID = fmt.Sprintf("Req-%08x", r.Uint32())
			} else {
				a.HTTP.RequestID = string(a.ID)
			}
		}
		if r.IntN(5) == 0 {
			copy(a.TraceID[:], fmt.Sprintf("%016x", r.Uint64()))
		}
		if r.IntN(30) == 0 {
			a.Status = storage.Failed
			a.Error = []string{"case %d not found", "dial \"tcp\": attempt %d", "Timeout after %ds", "naïve \u2028 %d"}[r.IntN(4)]
			a.Error = fmt.Sprintf(a.Error, r.IntN(100))
			if a.HTTP != nil {
				a.HTTP.Code = 500 + r.IntN(4)
			}
		}
	}
	return list
}

// question makes a query about some of all.
func question(r *rand.Rand, all []storage.Action) storage.Query {
	var q storage.Query
	one := func() *storage.Action { return &all[r.IntN(len(all))] }
	maybe := func(n int, do func()) {
		if r.IntN(n) == 0 {
			do()
		}
	}
	maybe(3, func() { q.Services = append(q.Services, one().Service) })
	maybe(9, func() { q.Services = append(q.Services, one().Service, "NoService") })
	maybe(5, func() { q.Actions = append(q.Actions, one().Action) })
	maybe(3, func() { q.Status = storage.Failed })
	maybe(9, func() { q.Status = storage.Success })
	maybe(3, func() { q.From = one().Time })
	maybe(6, func() { q.From = one().Time.Truncate(time.Hour) })
	maybe(3, func() {
		if to := one().Time; q.From.Before(to) {
			q.To = to
		}
	})
	maybe(9, func() { q.MinDuration = one().Duration })
	maybe(9, func() { q.MaxDuration = q.MinDuration + one().Duration })
	maybe(9, func() { q.Code = []storage.CodeRange{storage.Class(5), storage.Code(201), storage.Class(2)}[r.IntN(3)] })
	maybe(5, func() {
		q.Text = []string{"TIMEOUT", "not found", "req-0", "tcp\"", "é", "cases", "naïve", "x"}[r.IntN(8)]
	})
	maybe(9, func() {
		if a := one(); a.HTTP != nil {
			q.RequestID = a.HTTP.RequestID
		}
	})
	maybe(12, func() { q.TraceID = one().TraceID })
	maybe(12, func() { q.ID = one().ID })
	maybe(12, func() { q.Instance = "host" })
	q.Sort = []storage.Sort{"", storage.OldestFirst, storage.NewestFirst, storage.SlowestFirst, storage.FastestFirst}[r.IntN(5)]
	q.Limit = []int{0, 1, 7, 1000}[r.IntN(4)]
	return q
}

// noise is lines of another time, that do not pack well, and make a file large
// enough to be indexed.
func noise(r *rand.Rand) string {
	var b strings.Builder
	for range 300 {
		fmt.Fprintf(&b, `{"timestamp":"2020-01-01T00:00:00Z","service":"Noise","action":"a","status":"success","duration":1,"error":null,"x":"`)
		for range 40 {
			fmt.Fprintf(&b, "%016x", r.Uint64())
		}
		b.WriteString("\"}\n")
	}
	return b.String()
}

// naive returns what matches, in order, as a loop over everything finds it.
func naive(t *testing.T, all []storage.Action, q storage.Query) []storage.Action {
	t.Helper()
	q.Limit = storage.NoLimit
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	list := []storage.Action{}
	for i := range all {
		if m.Match(&all[i]) {
			list = append(list, all[i])
		}
	}
	slices.SortFunc(list, func(x, y storage.Action) int { return m.Compare(&x, &y) })
	return list
}

// TestIndexChangesNothing asks random questions of random data with indexes,
// without, and of a naive reader of all lines, and wants the same of each.
func TestIndexChangesNothing(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{MaxAge: -1})
	var all []storage.Action
	for file := range 4 {
		batch := varied(r, 5000, day0.Add(time.Duration(file)*9*time.Hour))
		write(t, w, batch)
		if file < 3 {
			rotate(t, w)
		}
		all = append(all, batch...)
	}
	closeWriter(t, w)
	// As other programs write it: keys in another order, spaces, escapes, no id.
	odd := `{"status": "failed", "service": "Serv\u0069ce1", "action": "action1", "duration": 3, "error": "T\u0069meout", "timestamp": "2026-11-22T13:00:00Z", "more": [1]}` + "\n"
	for _, name := range []string{"actions-2026-11-30.jsonl.gz"} {
		put(t, filepath.Join(dir, name), string(packed(t, strings.Repeat(odd, 3)+noise(r))))
	}
	for n := range 300 {
		all = append(all, storage.Action{
			Time: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Service: "Noise", Action: "a", Status: storage.Success, Duration: time.Millisecond,
			ID: storage.ID(fmt.Sprintf("actions-2026-11-30:%010d", n+4)),
		})
	}
	for n := range 3 {
		all = append(all, storage.Action{
			Time: day0.Add(time.Hour), Service: "Service1", Action: "action1", Status: storage.Failed, Duration: 3 * time.Millisecond,
			Error: "Timeout", ID: storage.ID(fmt.Sprintf("actions-2026-11-30:%010d", n+1)),
		})
	}
	with, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	if err := with.Reindex(context.Background(), false, func(file string, ok bool, err error) {
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if ok {
			made++
		}
	}); err != nil {
		t.Fatal(err)
	}
	if made != 1 {
		t.Errorf("Reindex made %d indexes; want 1, as the writer made the others", made)
	}
	without, _ := archive.Open(dir)
	without.IgnoreIndex = true
	for _, a := range []*archive.Archive{with, without} {
		a.OnProblem = func(err error) { t.Error(err) }
	}
	for n := range 25 {
		q := question(r, all)
		want := naive(t, all, q)
		for name, a := range map[string]*archive.Archive{"with": with, "without": without} {
			compareAnswers(t, fmt.Sprintf("question %d, %s an index: %+v", n, name, q), a, q, want)
			if t.Failed() {
				return
			}
		}
	}
}

// compareAnswers compares each answer of an archive with one made of all that
// matches, in order.
func compareAnswers(t *testing.T, label string, a *archive.Archive, q storage.Query, want []storage.Action) {
	t.Helper()
	ctx := context.Background()
	check := func(what string, got, want any) {
		t.Helper()
		if x, y := asJSON(t, got), asJSON(t, want); x != y {
			t.Errorf("%s\n%s:\n%s", label, what, cmp.Diff(y, x))
		}
	}
	limit := map[bool]int{true: storage.DefaultLimit, false: q.Limit}[q.Limit == 0]
	paged := q
	for at, pages := 0, 0; pages < 3; pages++ {
		page, err := a.Search(ctx, paged)
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		check("page", page.Actions, want[at:min(at+limit, len(want))])
		if at += limit; (page.Next != "") != (at < len(want)) {
			t.Errorf("%s: after %d of %d the cursor is %q", label, at, len(want), page.Next)
		}
		if paged.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	inOrder := []storage.Action{}
	for action, err := range a.Actions(ctx, storage.Query{
		Services: q.Services, Actions: q.Actions, Status: q.Status, Instance: q.Instance, From: q.From, To: q.To, MinDuration: q.MinDuration,
		MaxDuration: q.MaxDuration, Code: q.Code, Text: q.Text, RequestID: q.RequestID, TraceID: q.TraceID, ID: q.ID,
	}) {
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		inOrder = append(inOrder, action)
	}
	sorted := slices.Clone(want)
	slices.SortFunc(sorted, byTime)
	check("actions", inOrder, sorted)
	sum, errs := storage.NewSummer(), storage.NewErrorSummer()
	for i := range want {
		sum.Add(&want[i])
		errs.Add(&want[i])
	}
	var stats storage.Stats
	sum.Fill(&stats)
	stats.Lifetime = storage.Counts{Total: stats.Total, Failed: stats.Failed}
	got, err := a.Stats(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	check("stats", got, stats)
	plain := q
	plain.Limit = 0
	groups, err := a.Errors(ctx, plain)
	if err != nil {
		t.Fatal(err)
	}
	check("errors", groups, errs.Groups())
	for _, step := range []time.Duration{time.Hour, 3 * time.Hour, 40 * time.Minute} {
		points, err := a.Series(ctx, q, step)
		if err != nil {
			t.Fatal(err)
		}
		check("series", points, naiveSeries(want, step))
	}
	for _, zone := range []string{"Asia/Tokyo", "Asia/Kolkata"} { // neither changes its clocks
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		_, offset := time.Unix(0, 0).In(loc).Zone()
		ahead := time.Duration(offset) * time.Second
		points, err := a.SeriesIn(ctx, q, 3*time.Hour, loc)
		if err != nil {
			t.Fatal(err)
		}
		shifted := slices.Clone(want)
		for i := range shifted {
			shifted[i].Time = shifted[i].Time.Add(ahead)
		}
		naive := naiveSeries(shifted, 3*time.Hour)
		for i := range naive {
			naive[i].Time = naive[i].Time.Add(-ahead)
		}
		check("series in "+zone, points, naive)
	}
	slow, err := a.Slow(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	slowest := slices.Clone(want)
	slices.SortFunc(slowest, func(x, y storage.Action) int {
		if x.Duration != y.Duration {
			return int(y.Duration - x.Duration)
		}
		return strings.Compare(string(y.ID), string(x.ID))
	})
	counts := map[string]int{}
	slowest = slices.DeleteFunc(slowest, func(a storage.Action) bool {
		counts[a.Service+" "+a.Action]++
		return counts[a.Service+" "+a.Action] > 10
	})
	check("slow", slow, slowest[:min(limit, len(slowest))])
}

// asJSON is how answers are compared. Lists are put together from the JSON of
// what is in them, which json.Marshal would read through once more.
func asJSON(t *testing.T, answer any) string {
	t.Helper()
	all := []byte{}
	switch list := answer.(type) {
	case []storage.Action:
		if list == nil {
			return "null"
		}
		for i := range list {
			all = append(list[i].AppendJSON(all), '\n')
		}
	case []storage.Point:
		if list == nil {
			return "null"
		}
		for _, p := range list {
			text, err := p.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, text...), '\n')
		}
	default:
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		all = text
	}
	return string(all)
}

func naiveSeries(want []storage.Action, step time.Duration) []storage.Point {
	sums := map[int64]*storage.Summer{}
	buckets := map[int64][]int64{}
	points := []storage.Point{}
	if len(want) == 0 {
		return points
	}
	first, last := want[0].Time.UnixNano()/int64(step), want[0].Time.UnixNano()/int64(step)
	for i := range want {
		n := want[i].Time.UnixNano() / int64(step)
		first, last = min(first, n), max(last, n)
		if sums[n] == nil {
			sums[n] = storage.NewSummer()
		}
		sums[n].Add(&want[i])
		bucket, _ := slices.BinarySearch(storage.PointBounds(), want[i].Duration+1)
		for len(buckets[n]) <= bucket {
			buckets[n] = append(buckets[n], 0)
		}
		buckets[n][bucket]++
	}
	for n := first; n <= last; n++ {
		p := storage.Point{Time: time.Unix(0, n*int64(step)).UTC(), Buckets: buckets[n]}
		if sums[n] != nil {
			p.Summary = sums[n].All()
		}
		points = append(points, p)
	}
	return points
}

// TestDamagedIndex changes, cuts and lengthens an index and exchanges it for
// another file's: answers stay the same, whatever it holds.
func TestDamagedIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	w := openWriter(t, dir, archive.Options{MaxAge: -1})
	all := varied(r, 5000, day0)
	write(t, w, all)
	rotate(t, w)
	write(t, w, varied(r, 4000, day0.AddDate(1, 0, 0)))
	rotate(t, w)
	closeWriter(t, w)
	paths, err := filepath.Glob(filepath.Join(dir, "*.idx"))
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	all = nil
	actions, problems := readAll(t, dir, storage.Query{})
	if problems != nil {
		t.Fatal(problems)
	}
	all = append(all, actions...)
	sound, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a.OnProblem = func(err error) { t.Error(err) }
	for n := range 12 {
		b := slices.Clone(sound)
		switch n % 5 {
		case 0, 1:
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		case 2:
			b = b[:r.IntN(len(b))]
		case 3:
			at := r.IntN(len(b))
			clear(b[at:min(at+1+r.IntN(500), len(b))])
		case 4:
			b = other
		}
		if err := os.WriteFile(paths[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		q := question(r, all)
		compareAnswers(t, fmt.Sprintf("damage %d, %+v", n, q), a, q, naive(t, all, q))
		if t.Failed() {
			return
		}
	}
}
