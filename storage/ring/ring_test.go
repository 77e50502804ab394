package ring_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// search returns what a query finds.
func search(t testing.TB, r *ring.Ring, q storage.Query) []storage.Action {
	t.Helper()
	page, err := r.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("Search: %v", err)
	}
	return page.Actions
}

func stats(t testing.TB, r *ring.Ring) storage.Stats {
	t.Helper()
	st, err := r.Stats(context.Background(), storage.Query{})
	if err != nil {
		t.Fatalf("Stats: %v", err)
	}
	return st
}

// full is an action with every field set.
func full() storage.Action {
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	span, _ := storage.ParseSpanID("00f067aa0ba902b7")
	return storage.Action{
		Time: time.Date(2025, 11, 13, 12, 0, 0, 123456789, time.UTC), Service: "CaseService", Action: "createCase",
		Status: storage.Failed, Duration: 45 * time.Millisecond, Error: "no such case",
		HTTP: &storage.HTTP{
			Method: "POST", Route: "/cases/{id}", Path: "/cases/42", Code: 500, Bytes: 1234,
			Remote: netip.MustParseAddr("192.0.2.7"), RequestID: "req-1", Outcome: storage.Panic,
		},
		TraceID: trace, SpanID: span, Instance: "host-2",
		Attrs: []storage.Attr{{Key: "case", Value: "42"}, {Key: "user", Value: "ann"}},
	}
}

var equate = cmp.Options{cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()}

func TestRecordKeepsEveryField(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60)
	tests := map[string]func(*storage.Action){
		"every-field":           func(*storage.Action) {},
		"success":               func(a *storage.Action) { a.Status, a.Error = storage.Success, "" },
		"no-request":            func(a *storage.Action) { a.HTTP = nil },
		"ipv6":                  func(a *storage.Action) { a.HTTP.Remote = netip.MustParseAddr("2001:db8::1") },
		"no-remote":             func(a *storage.Action) { a.HTTP.Remote = netip.Addr{} },
		"long-path":             func(a *storage.Action) { a.HTTP.Path = "/cases/" + long },
		"long-path-is-route":    func(a *storage.Action) { a.HTTP.Path, a.HTTP.Route = "/"+long, "/"+long },
		"long-request-id":       func(a *storage.Action) { a.HTTP.RequestID = long },
		"request-id-fills-slot": func(a *storage.Action) { a.HTTP.RequestID = strings.Repeat("r", 36) },
		"both-long":             func(a *storage.Action) { a.HTTP.RequestID, a.HTTP.Path = long, "/"+long },
		"long-error":            func(a *storage.Action) { a.Error = strings.Repeat("e", storage.MaxError) },
		"no-attrs":              func(a *storage.Action) { a.Attrs = nil },
		"no-instance":           func(a *storage.Action) { a.Instance = "" },
		"unicode":               func(a *storage.Action) { a.Error, a.HTTP.Path = "größer\n\x1b[31m", "/größe" },
		"aborted":               func(a *storage.Action) { a.HTTP.Outcome = storage.Aborted },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := ring.New(ring.Options{})
			want := full()
			change(&want)
			r.Record(want)
			got := search(t, r, storage.Query{})
			if len(got) != 1 {
				t.Fatalf("%d actions, want 1", len(got))
			}
			if got[0].ID == "" {
				t.Error("no id was assigned")
			}
			want.ID = got[0].ID
			if diff := cmp.Diff(want, got[0], equate); diff != "" {
				t.Errorf("what was recorded is not what is found (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestIDDefaultsToTheID(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Instance: "me"})
	h := r.Intern("S", "GET /", "/", "GET")
	a := r.Begin(h, &storage.Start{Method: "GET", Path: "/"})
	stamp := r.End(a, &storage.Finish{Handle: h, HTTP: true, Code: 200, Path: "/"})
	got := search(t, r, storage.Query{})[0]
	if string(got.ID) != string(stamp.AppendID(nil)) {
		t.Errorf("id is %s, the stamp says %s", got.ID, stamp.AppendID(nil))
	}
	if got.HTTP.RequestID != string(got.ID) {
		t.Errorf("request id is %q, want the id %q", got.HTTP.RequestID, got.ID)
	}
	if found := search(t, r, storage.Query{RequestID: string(got.ID)}); len(found) != 1 {
		t.Errorf("%d actions have that request id, want 1", len(found))
	}
	if got.Instance != "me" {
		t.Errorf("instance is %q, want me", got.Instance)
	}
	if got.Duration != stamp.Duration || got.Time.UnixNano() != stamp.UnixNano {
		t.Errorf("time and duration are %v %v, the stamp says %v %v", got.Time, got.Duration, time.Unix(0, stamp.UnixNano), stamp.Duration)
	}
}

func TestTextsAreCleanedWhenRecorded(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	a := full()
	a.Error = "login with password=hunter2 failed " + strings.Repeat("é", storage.MaxError)
	a.HTTP.Path = "/login?token=abcdefgh12345678"
	a.Attrs = []storage.Attr{{Key: "password", Value: "hunter2"}}
	for i := range 30 {
		a.Attrs = append(a.Attrs, storage.Attr{Key: fmt.Sprint("k", i), Value: strings.Repeat("v", 1000)})
	}
	r.Record(a)
	got := search(t, r, storage.Query{})[0]
	if strings.Contains(got.Error+got.HTTP.Path+got.Attrs[0].Value, "hunter2") || strings.Contains(got.HTTP.Path, "abcdefgh") {
		t.Errorf("a secret was recorded: %q %q %q", got.Error, got.HTTP.Path, got.Attrs[0])
	}
	if len(got.Error) > storage.MaxError || len(got.Attrs) > storage.MaxAttrs || len(got.Attrs[1].Value) > storage.MaxAttrValue {
		t.Errorf("too much was recorded: %d bytes of error, %d attributes of up to %d bytes", len(got.Error), len(got.Attrs), len(got.Attrs[1].Value))
	}
}

func TestWindowHoldsTheNewest(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 10})
	for i := range 5000 {
		r.Log("Flood", "tick", storage.Success, time.Duration(i), nil)
	}
	st := stats(t, r)
	if st.Total != 10 || st.ByService["Flood"] != 10 || st.Lifetime.Total != 5000 || st.Capacity != 10 {
		t.Errorf("total %d, by service %v, lifetime %d, capacity %d; want 10, 10, 5000, 10", st.Total, st.ByService, st.Lifetime.Total, st.Capacity)
	}
	got := search(t, r, storage.Query{Limit: 10})
	for i, a := range got {
		if want := time.Duration(4999 - i); a.Duration != want {
			t.Fatalf("action %d of the list is number %d, want %d", i, a.Duration, want)
		}
	}
}

func TestFloodLeavesTheKeeps(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 100})
	for i := range 150 {
		r.Log("Quiet", "rare", storage.Success, time.Duration(i)*time.Millisecond, nil)
	}
	r.Log("Broken", "save", storage.Failed, time.Second, errors.New("disk full"))
	for range 100_000 {
		r.Log("Flood", "tick", storage.Success, time.Microsecond, nil)
	}
	quiet := search(t, r, storage.Query{Services: []string{"Quiet"}, Limit: 1000})
	if len(quiet) < 100 || quiet[0].Duration != 149*time.Millisecond || quiet[99].Duration != 50*time.Millisecond {
		t.Errorf("%d actions of the quiet service are left, want at least the last 100", len(quiet))
	}
	if f := search(t, r, storage.Query{Status: storage.Failed}); len(f) != 1 || f[0].Error != "disk full" {
		t.Errorf("failures left are %v, want the one", f)
	}
	slow, err := r.Slow(context.Background(), storage.Query{Services: []string{"Quiet"}})
	if err != nil || len(slow) != 10 || slow[0].Duration != 149*time.Millisecond || slow[9].Duration != 140*time.Millisecond {
		t.Errorf("Slow: %v, %v", slow, err)
	}
	if st := stats(t, r); st.Total != 100 || st.Failed != 0 || st.ByService["Quiet"] != 0 || st.Lifetime != (storage.Counts{Total: 100_151, Failed: 1}) {
		t.Errorf("stats are %+v; total and failed count the window alone", st)
	}
}

func TestClearDrawsALine(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 100})
	var sink collect
	p := r.Pump("sink", &sink, ring.PumpOptions{})
	for range 300 {
		r.Log("S", "before", storage.Failed, time.Second, errors.New("x"))
	}
	if err := r.Clear(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := search(t, r, storage.Query{}); len(got) != 0 {
		t.Errorf("%d actions after the clear, want none", len(got))
	}
	if slow, err := r.Slow(context.Background(), storage.Query{}); err != nil || len(slow) != 0 {
		t.Errorf("%d slow ones after the clear, want none", len(slow))
	}
	if st := stats(t, r); st.Total != 0 || st.Failed != 0 || len(st.ByService) != 0 || st.Lifetime.Total != 0 {
		t.Errorf("stats after the clear are %+v, want none", st)
	}
	r.Log("S", "after", storage.Success, time.Second, nil)
	if st := stats(t, r); st.Total != 1 || st.Lifetime.Total != 1 {
		t.Errorf("stats after one more are %+v, want 1", st)
	}
	for range 5000 {
		r.Log("S", "after", storage.Success, time.Second, nil)
	}
	if st := stats(t, r); st.Total != 100 || st.Lifetime.Total != 5001 {
		t.Errorf("stats are total %d lifetime %d, want 100 and 5001", st.Total, st.Lifetime.Total)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := len(sink.list()); n != 5301 {
		t.Errorf("the sink got %d actions, want all 5301: a clear takes nothing from it", n)
	}
}

func TestSearchOrdersByTimeHoweverItCame(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 5000})
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 5000 {
		r.Record(storage.Action{Time: base.Add(time.Duration(i*7919%5000) * time.Second), Service: "S", Action: "a"})
	}
	q := storage.Query{Limit: 100}
	want := 4999
	for pages := 0; ; pages++ {
		page, err := r.Search(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Actions {
			if got := int(a.Time.Sub(base) / time.Second); got != want {
				t.Fatalf("second %d where %d was due", got, want)
			}
			want--
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
		r.Record(storage.Action{Time: base.Add(time.Hour), Service: "S", Action: "late"}) // must not move pages
	}
	if want != -1 {
		t.Errorf("%d actions were not visited", want+1)
	}
}

func TestConcurrentWritersAndReadersCountExactly(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 500, Backlog: 1})
	const writers, each = 8, 20_000
	var sink collect
	p := r.Pump("sink", &sink, ring.PumpOptions{})
	stop := make(chan struct{})
	var readers, wg sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if page, err := r.Search(context.Background(), storage.Query{Limit: 50}); err != nil || len(page.Actions) > 50 {
					t.Errorf("Search: %d actions, %v", len(page.Actions), err)
				}
				if _, err := r.Stats(context.Background(), storage.Query{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			h := r.Intern(fmt.Sprint("S", w), "a", "", "")
			for i := range each {
				a := r.Begin(h, &storage.Start{})
				r.End(a, &storage.Finish{Handle: h, Failed: i%10 == 0, Error: "boom"})
			}
		})
	}
	wg.Wait()
	close(stop)
	readers.Wait()
	st := stats(t, r)
	if want := (storage.Counts{Total: writers * each, Failed: writers * each / 10}); st.Lifetime != want {
		t.Errorf("lifetime is %+v, want %+v", st.Lifetime, want)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	ps := p.Stats()
	if got := ps.Written + ps.Missed; got != writers*each {
		t.Errorf("written %d + missed %d = %d, want %d", ps.Written, ps.Missed, got, writers*each)
	}
	seen := map[storage.ID]bool{}
	for _, a := range sink.list() {
		if seen[a.ID] {
			t.Fatalf("%s was written twice", a.ID)
		}
		seen[a.ID] = true
	}
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{Window: 20_000})
	for i := range 5000 {
		r.Log(fmt.Sprint("service", i), "a", storage.Success, 1, nil)
	}
	for i := range 5000 {
		r.Log("one", fmt.Sprint("action", i), storage.Success, 1, nil)
	}
	for i := range 9000 {
		r.Intern("service1", "a", fmt.Sprint("/route", i), "GET")
	}
	st := stats(t, r)
	pairs := 0
	for _, s := range st.Services {
		pairs += len(s.Actions)
	}
	if len(st.ByService) > 256 || pairs > 2048+256 || st.Total != 10_000 || st.ByService["other"] == 0 {
		t.Errorf("%d services, %d actions of %d in all, %d others", len(st.ByService), pairs, st.Total, st.ByService["other"])
	}
	if got := r.Intern("service1", "a", "/route8999", "GET"); got != r.Intern("service1", "a", "/route8998", "GET") {
		t.Errorf("routes beyond the bound have handles of their own")
	}
}

func TestLogAndTrack(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	job := func(fail error, panics bool) (err error) {
		defer r.Track("Jobs", "nightly")(&err)
		if n := r.InFlight(); n != 1 {
			t.Errorf("%d in flight, want 1", n)
		}
		if panics {
			panic("out of cheese")
		}
		return fail
	}
	_ = job(nil, false)
	_ = job(errors.New("no tape"), false)
	func() {
		defer func() {
			if v := recover(); v != "out of cheese" {
				t.Errorf("the panic did not pass through: %v", v)
			}
		}()
		_ = job(nil, true)
	}()
	func() { defer r.Track("Jobs", "no-error")(nil) }()
	r.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)
	r.Log("ChatService", "sendMessage", storage.Success, 250*time.Millisecond, errors.New("rate limit"))

	type line struct {
		action, err string
		status      storage.Status
	}
	var got []line
	for _, a := range search(t, r, storage.Query{Sort: storage.OldestFirst}) {
		got = append(got, line{a.Action, a.Error, a.Status})
	}
	want := []line{
		{"nightly", "", storage.Success}, {"nightly", "no tape", storage.Failed}, {"nightly", "panic: out of cheese", storage.Failed},
		{"no-error", "", storage.Success}, {"createCase", "", storage.Success}, {"sendMessage", "rate limit", storage.Failed},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight, want none", n)
	}
}

func TestActive(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	h := r.Intern("S", "GET /slow", "/slow", "GET")
	first := r.Begin(h, &storage.Start{Method: "GET", Path: "/slow?token=abcdefgh12345678", RequestID: "r1", Remote: netip.MustParseAddr("::1")})
	second := r.Begin(h, &storage.Start{Method: "GET", Path: "/slow"})
	list, err := r.Active(context.Background())
	if err != nil || len(list) != 2 {
		t.Fatalf("Active: %v, %v; want two", list, err)
	}
	if a := list[0]; a.Service != "S" || a.Method != "GET" || a.RequestID != "r1" || a.Remote.String() != "::1" || a.Age < list[1].Age || strings.Contains(a.Path, "abcdefgh") {
		t.Errorf("the longest-running is %+v", a)
	}
	r.End(first, nil)
	r.End(second, &storage.Finish{Handle: h})
	r.End(second, nil) // a second end does nothing
	if list, err := r.Active(context.Background()); err != nil || len(list) != 0 {
		t.Errorf("Active: %v, %v; want none", list, err)
	}
	if st := stats(t, r); st.Lifetime.Total != 1 {
		t.Errorf("%d recorded, want 1: an End without Finish records nothing", st.Lifetime.Total)
	}
	var many []storage.Active
	for range 20_000 {
		many = append(many, r.Begin(h, &storage.Start{}))
	}
	if n := r.InFlight(); n != 20_000 {
		t.Errorf("%d in flight, want 20000, listed or not", n)
	}
	for _, a := range many {
		r.End(a, nil)
	}
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight, want none", n)
	}
}

func TestClosedRingSaysSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := ring.New(ring.Options{})
	r.Log("S", "a", storage.Success, 1, nil)
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(ctx); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	_, errSearch := r.Search(ctx, storage.Query{})
	_, errStats := r.Stats(ctx, storage.Query{})
	_, errSlow := r.Slow(ctx, storage.Query{})
	_, errActive := r.Active(ctx)
	for name, err := range map[string]error{"Search": errSearch, "Stats": errStats, "Slow": errSlow, "Active": errActive, "Clear": r.Clear(ctx)} {
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("%s: %v, want %v", name, err, storage.ErrClosed)
		}
	}
	r.Log("S", "a", storage.Success, 1, nil) // harmless
	c := r.Follow("")
	buf := make([]storage.Action, 10)
	if n, _, err := c.Next(ctx, buf); n != 2 || err != nil {
		t.Errorf("Next: %d, %v; want what is left to read", n, err)
	}
	if _, _, err := c.Next(ctx, buf); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Next: %v, want %v", err, storage.ErrClosed)
	}
}
