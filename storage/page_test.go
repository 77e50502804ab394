package storage_test

import (
	"cmp"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	gocmp "github.com/google/go-cmp/cmp"
)

var orders = []storage.Sort{"", storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst, storage.FastestFirst}

// random makes actions with many ties, in an order of chance.
func random(r *rand.Rand, n int) []storage.Action {
	process := storage.NewProcess(now)
	list := make([]storage.Action, n)
	for i := range list {
		list[i] = storage.Action{
			Time: now.Add(time.Duration(r.IntN(20)) * time.Second), Duration: time.Duration(r.IntN(15)), ID: process.ID(uint64(i)),
			Service: string(rune('a' + r.IntN(3))), Status: []storage.Status{storage.Success, storage.Failed}[r.IntN(2)],
		}
	}
	r.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// naive answers a query by sorting all that matches.
func naive(t *testing.T, q storage.Query, list []storage.Action) []storage.Action {
	t.Helper()
	m := compile(t, q)
	got := []storage.Action{}
	for i := range list {
		if m.Match(&list[i]) {
			got = append(got, list[i])
		}
	}
	slices.SortFunc(got, func(x, y storage.Action) int {
		c := x.Time.Compare(y.Time)
		if q.Sort.ByDuration() {
			c = cmp.Compare(x.Duration, y.Duration)
		}
		if c = cmp.Or(c, strings.Compare(string(x.ID), string(y.ID))); q.Sort.Descending() {
			c = -c
		}
		return c
	})
	return got
}

// collect makes one page.
func collect(t *testing.T, q storage.Query, list []storage.Action, upper storage.ID) storage.Page {
	t.Helper()
	c := storage.NewCollector(compile(t, q))
	for i := range list {
		c.Offer(&list[i])
	}
	return c.Page(upper)
}

func TestCollector(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := random(r, 1+r.IntN(250))
		for _, order := range orders {
			for _, limit := range []int{1, 2, 7, 100, len(list), storage.NoLimit} {
				for _, q := range []storage.Query{{}, {Status: storage.Failed}, {Services: []string{"a"}, MinDuration: 3}, {Services: []string{"nobody"}}} {
					q.Sort, q.Limit = order, min(limit, storage.MaxLimit)
					want := naive(t, q, list)
					got := []storage.Action{}
					for pages := 0; ; pages++ {
						page := collect(t, q, list, "")
						if page.Actions == nil {
							t.Fatal("a page has nil actions")
						}
						got = append(got, page.Actions...)
						if q.Cursor = page.Next; page.Next == "" {
							break
						}
						if len(page.Actions) != q.Limit || pages > len(list) {
							t.Fatalf("a page of %d actions came with a cursor", len(page.Actions))
						}
					}
					if diff := gocmp.Diff(want, got); diff != "" {
						t.Fatalf("seed %d, sort %q, limit %d, %v (-want +got):\n%s", seed, order, limit, q.Values(), diff)
					}
				}
			}
		}
	}
}

// TestCollectorBounds asserts what a store may rely on to stop early.
func TestCollectorBounds(t *testing.T) {
	t.Parallel()
	list := random(rand.New(rand.NewPCG(3, 4)), 100)
	q := storage.Query{Limit: 10}
	sorted := naive(t, q, list)
	c := storage.NewCollector(compile(t, q))
	for i := range list {
		c.Offer(&list[i])
	}
	if !c.Full() || c.Worst().ID != sorted[10].ID {
		t.Fatalf("full is %v, the worst is %s, want %s", c.Full(), c.Worst().ID, sorted[10].ID)
	}
	if !c.Wants(&sorted[9]) || c.Wants(&sorted[10]) || c.Wants(&sorted[11]) {
		t.Error("wants what is no better than the worst, or not what is")
	}
	if storage.NewCollector(compile(t, storage.Query{Limit: storage.NoLimit})).Full() {
		t.Error("a collector without a limit is full")
	}
	page := c.Page("")
	if grown := append(page.Actions, storage.Action{ID: "x"}); len(grown) != 11 || page.Next == "" {
		t.Error("no cursor")
	}
}

func TestCursorCarriesTheUpperID(t *testing.T) {
	t.Parallel()
	process := storage.NewProcess(now)
	var list []storage.Action
	add := func(n int) {
		for range n {
			i := uint64(len(list))
			list = append(list, storage.Action{Time: now.Add(time.Duration(i)), Duration: time.Duration(i % 7), ID: process.ID(i)})
		}
	}
	for _, order := range orders {
		list = nil
		add(25)
		q := storage.Query{Sort: order, Limit: 10}
		want := naive(t, q, list)
		var got []storage.Action
		for {
			page := collect(t, q, list, list[len(list)-1].ID) // a first page's upper id stays
			got = append(got, page.Actions...)
			if q.Cursor = page.Next; page.Next == "" || len(got) > 100 {
				break
			}
			if upper := compile(t, q).Upper(); upper != process.ID(24) {
				t.Errorf("%q: the upper id is %s", order, upper)
			}
			add(10)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", order, diff)
		}
	}
}

// TestCursorCarriesRelativeTimes pages with "from=15m" while time goes on.
func TestCursorCarriesRelativeTimes(t *testing.T) {
	t.Parallel()
	process := storage.NewProcess(now)
	var list []storage.Action
	for i := range 60 {
		list = append(list, storage.Action{Time: now.Add(-time.Duration(i) * time.Minute), ID: process.ID(uint64(100 - i))})
	}
	to := now.Add(-5 * time.Minute)
	values := url.Values{"from": {"15m"}, "to": {to.Format(time.RFC3339)}, "limit": {"4"}}
	var got []storage.Action
	for clock := now; ; clock = clock.Add(20 * time.Minute) { // from moves past to
		q, err := storage.ParseQuery(values, clock)
		if err != nil {
			t.Fatal(err)
		}
		m := compile(t, q)
		if from, _ := m.Bounds(); from != now.Add(-15*time.Minute).UnixNano() || !m.Query().From.Equal(now.Add(-15*time.Minute)) {
			t.Fatalf("from is %v, and the bound %d", m.Query().From, from)
		}
		page := collect(t, q, list, "")
		got = append(got, page.Actions...)
		if page.Next == "" || len(got) > len(list) {
			break
		}
		values.Set("cursor", page.Next)
	}
	if len(got) != 10 || !got[0].Time.Equal(to.Add(-time.Minute)) || !got[9].Time.Equal(now.Add(-15*time.Minute)) {
		t.Errorf("got %d actions", len(got))
	}
	values.Set("from", "16m")
	if _, err := storage.ParseQuery(values, now); err == nil {
		t.Error("the cursor was taken for another query")
	}
	values.Set("from", now.Add(-15*time.Minute).Format(time.RFC3339))
	if _, err := storage.ParseQuery(values, now); err == nil {
		t.Error("the cursor of a relative time was taken for an absolute one")
	}
}

// cursorOf returns a query and a cursor of it.
func cursorOf(t testing.TB) (q storage.Query, cursor string) {
	t.Helper()
	q = storage.Query{Status: storage.Success, Limit: 1}
	c := storage.NewCollector(compile(t, q))
	for _, id := range []storage.ID{"a", "b", "c"} {
		c.Offer(&storage.Action{Time: now, Status: storage.Success, ID: id})
	}
	return q, c.Page("c").Next
}

func TestCursorRefuses(t *testing.T) {
	t.Parallel()
	q, cursor := cursorOf(t)
	q.Cursor = cursor
	for _, limit := range []int{0, 1, 500, storage.NoLimit} {
		if q.Limit = limit; compile(t, q) == nil {
			t.Error("no matcher")
		}
	}
	if q.Sort = storage.NewestFirst; compile(t, q) == nil {
		t.Error("the default order, written out, is another query")
	}
	refused := func(name string, q storage.Query) {
		t.Helper()
		if _, err := q.Compile(); err == nil {
			t.Errorf("%s: no error", name)
		} else if want := "parameter cursor is "; !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got the error %q", name, err)
		}
	}
	for name, change := range map[string]func(q *storage.Query){
		"service": func(q *storage.Query) { q.Services = []string{"a"} }, "action": func(q *storage.Query) { q.Actions = []string{"a"} },
		"status": func(q *storage.Query) { q.Status = "" }, "instance": func(q *storage.Query) { q.Instance = "a" },
		"from": func(q *storage.Query) { q.From = now }, "to": func(q *storage.Query) { q.To = now },
		"min_duration": func(q *storage.Query) { q.MinDuration = 1 }, "max_duration": func(q *storage.Query) { q.MaxDuration = 1 },
		"code": func(q *storage.Query) { q.Code = storage.Code(200) }, "code-range": func(q *storage.Query) { q.Code = storage.CodeRange{Low: 1, High: 2} },
		"q": func(q *storage.Query) { q.Text = "a" }, "request_id": func(q *storage.Query) { q.RequestID = "a" },
		"trace_id": func(q *storage.Query) { q.TraceID[0] = 1 }, "id": func(q *storage.Query) { q.ID = "a" },
		"sort": func(q *storage.Query) { q.Sort = storage.OldestFirst },
	} {
		changed := q
		change(&changed)
		refused(name, changed)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range cursor {
		changed := q
		next := alphabet[(strings.IndexByte(alphabet, cursor[i])+1)%64]
		changed.Cursor = cursor[:i] + string(next) + cursor[i+1:]
		refused("changed byte", changed)
		if changed.Cursor = cursor[:i]; i > 0 {
			refused("cut", changed)
		}
	}
	for _, s := range []string{cursor + "A", cursor + "=", " " + cursor, strings.Repeat(cursor, 20)} {
		changed := q
		changed.Cursor = s
		refused("longer", changed)
	}
}

func FuzzCursor(f *testing.F) {
	q, cursor := cursorOf(f)
	f.Add(cursor)
	f.Add(cursor[:len(cursor)-1])
	f.Add("")
	f.Add("AQAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		q := q
		q.Cursor = s
		m, err := q.Compile()
		if err != nil {
			return
		}
		if s != "" && s != cursor {
			t.Errorf("accepted %q", s)
		}
		a := typical()
		m.Match(&a)
	})
}
