package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

// dice are choices that a fuzzer makes.
type dice struct{ *rand.Rand }

func pick[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

var (
	anyServices = []string{"CaseService", "ChatService", "caseservice", "", "it's", "服务", "a\x00b"}
	anyActions  = []string{"GET /cases/{id}", "POST /cases", "createCase", "GET  /", " ", ""}
	anyText     = []string{"", "time", "TIMEOUT", "case", "/", "%", "_", "'", "\x00", "ü", "Ü", "0", "get /", "\xbc", "\xff"}
	anyErrors   = []string{"", "Timeout after 30s", "it's 100% _bad_", "ÜBER a\x00b", "refused"}
	anyNanos    = []int64{0, 1, 999_999, 1_000_000, 1_000_001, 1e9, 59_999_999_999, 60e9, 3600e9, 86400e9 - 1, 86400e9}
)

func (d dice) action(process *storage.Process, n int) storage.Action {
	a := storage.Action{
		Time: noon.Add(time.Duration(pick(d, anyNanos...))), Service: pick(d, anyServices...), Action: pick(d, anyActions...), Status: storage.Success,
		Duration: time.Duration(pick(d, anyNanos...)), ID: process.ID(uint64(n)), Instance: pick(d, "", "eu-1"),
	}
	if d.IntN(4) == 0 {
		a.ID = storage.ID(pick(d, "", "-", "a", "zzz", "~", "ü")) + a.ID[d.IntN(20):]
	}
	if d.IntN(3) == 0 {
		a.Status, a.Error = storage.Failed, pick(d, anyErrors...)
	}
	if d.IntN(2) == 0 {
		a.TraceID[d.IntN(2)] = 1
	}
	if d.IntN(3) > 0 {
		a.HTTP = &storage.HTTP{
			Method: pick(d, "GET", "POST", ""), Route: pick(d, "/cases/{id}", "/cases", ""), Path: pick(d, "/cases/7", "/cases", ""), Code: pick(d, 0, 200, 404, 500),
			RequestID: pick(d, "", "req-1", "REQ-1", string(a.ID)), Remote: pick(d, netip.Addr{}, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")),
		}
	}
	return a
}

func (d dice) query(all []storage.Action) storage.Query {
	q := storage.Query{Sort: pick(d, "", storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst, storage.FastestFirst), Limit: pick(d, 1, 3, 10, storage.NoLimit)}
	for range d.IntN(4) {
		switch d.IntN(11) {
		case 0:
			q.Services = slices.Clone(anyServices[:1+d.IntN(len(anyServices)-1)])
		case 1:
			q.Services = []string{pick(d, anyServices...)}
		case 2:
			q.Actions = slices.Clone(anyActions[:1+d.IntN(len(anyActions)-1)])
		case 3:
			q.Status = pick(d, storage.Success, storage.Failed)
		case 4:
			q.From = noon.Add(time.Duration(pick(d, anyNanos...)))
		case 5:
			q.To = noon.Add(time.Duration(pick(d, anyNanos...)))
		case 6:
			q.MinDuration, q.MaxDuration = time.Duration(pick(d, anyNanos[:5]...)), time.Duration(pick(d, anyNanos[5:]...))
		case 7:
			q.Code = pick(d, storage.Code(404), storage.Class(5), storage.CodeRange{Low: 0, High: 300})
		case 8:
			q.Text = pick(d, anyText...)
		case 9:
			q.RequestID = pick(d, "req-1", "REQ-1", string(all[d.IntN(len(all))].ID))
		case 10:
			a := &all[d.IntN(len(all))]
			q.ID, q.TraceID, q.Instance = pick(d, "", a.ID), pick(d, storage.TraceID{}, a.TraceID), pick(d, "", a.Instance)
		}
	}
	return q
}

// compare asks a database for a query, page by page, and its other questions,
// and a list for the same.
func compare(t *testing.T, s *sqlite.Store, all []storage.Action, q storage.Query) {
	t.Helper()
	m, err := q.Compile()
	if err != nil {
		return
	}
	want := []storage.ID{}
	sum := storage.NewSummer()
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(x, y storage.Action) int { return m.Compare(&x, &y) })
	for i := range sorted {
		if m.Match(&sorted[i]) {
			want = append(want, sorted[i].ID)
			sum.Add(&sorted[i])
		}
	}
	got := []storage.ID{}
	for pages := 0; pages <= len(all); pages++ {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("search %v: %v", q.Values(), err)
		}
		for i := range page.Actions {
			got = append(got, page.Actions[i].ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("search %v: got %q, want %q", q.Values(), got, want)
	}
	q.Cursor = ""
	st, err := s.Stats(t.Context(), q)
	var exact storage.Stats
	sum.Fill(&exact)
	if err != nil || fmt.Sprint(st.Total, st.Failed, st.Services) != fmt.Sprint(exact.Total, exact.Failed, exact.Services) {
		t.Fatalf("stats %v: got %+v, %v; want %+v", q.Values(), st.Services, err, exact.Services)
	}
}

// FuzzQuery compares what the database finds with a naive filter.
func FuzzQuery(f *testing.F) {
	s := openNew(f)
	d := dice{rand.New(rand.NewPCG(7, 7))}
	process := storage.NewProcess(noon)
	all := make([]storage.Action, 200)
	for i := range all {
		all[i] = d.action(&process, i+1)
	}
	write(f, s, all)
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := dice{rand.New(rand.NewPCG(seed, 1))}
		compare(t, s, all, d.query(all))
	})
}
