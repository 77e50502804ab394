package ring_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
)

// earlier makes actions that another process recorded, n of them, a second
// apart, with ids of that process.
func earlier(n int) []storage.Action {
	begin := time.Now().Add(-time.Hour).UTC()
	process := storage.NewProcess(begin)
	list := make([]storage.Action, n)
	for i := range list {
		list[i] = storage.Action{
			Time: begin.Add(time.Duration(i) * time.Second), Service: "CaseService", Action: "createCase", Status: storage.Success,
			Duration: time.Duration(i+1) * time.Millisecond, ID: process.ID(uint64(i + 1)),
		}
		if i%5 == 4 {
			list[i].Status, list[i].Error = storage.Failed, fmt.Sprint("error ", i)
		}
	}
	list[0].HTTP = &storage.HTTP{Method: "GET", Route: "/", Path: "/", Code: 200, RequestID: string(list[0].ID)}
	return list
}

func ids(list []storage.Action) []storage.ID {
	got := []storage.ID{}
	for i := range list {
		got = append(got, list[i].ID)
	}
	return got
}

func warm(t *testing.T, opts ring.Options, list []storage.Action) *ring.Ring {
	t.Helper()
	r := ring.New(opts)
	t.Cleanup(func() { r.Close(context.Background()) })
	if err := r.Warm(list); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWarmAnswersAsBefore(t *testing.T) {
	t.Parallel()
	list := earlier(50)
	shuffled := append(list[20:50:50], list[:20]...)
	r := warm(t, ring.Options{}, shuffled)
	page, err := r.Search(t.Context(), storage.Query{Sort: storage.OldestFirst})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list, page.Actions, cmp.Comparer(func(x, y storage.HTTP) bool { return x == y })); diff != "" {
		t.Errorf("the warmed actions differ (-want +got):\n%s", diff)
	}
	r.Log("ChatService", "sendMessage", storage.Success, time.Millisecond, nil)
	st, err := r.Stats(t.Context(), storage.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if st.Total != 51 || st.Failed != 10 || st.ByService["CaseService"] != 50 {
		t.Errorf("stats count %d, of which %d failed and %d are of CaseService; want 51, 10 and 50", st.Total, st.Failed, st.ByService["CaseService"])
	}
	if st.Lifetime != (storage.Counts{Total: 1}) {
		t.Errorf("lifetime is %+v, want the one action of this process", st.Lifetime)
	}
	totals, err := r.Totals(t.Context())
	if err != nil || len(totals) != 1 || totals[0].Service != "ChatService" {
		t.Errorf("totals are %+v, %v; want the one action of this process", totals, err)
	}
	for _, q := range []storage.Query{{ID: list[7].ID}, {RequestID: string(list[0].ID)}} {
		if page, err := r.Search(t.Context(), q); err != nil || len(page.Actions) != 1 {
			t.Errorf("search %v: %d actions, %v; want one", q.Values(), len(page.Actions), err)
		}
	}
}

func TestWarmPages(t *testing.T) {
	t.Parallel()
	list := earlier(50)
	r := warm(t, ring.Options{}, list)
	var got []storage.ID
	for q := (storage.Query{Sort: storage.OldestFirst, Limit: 7}); ; {
		page, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(page.Actions)...)
		r.Log("s", "a", storage.Success, 0, nil) // comes too late for these pages
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(ids(list), got); diff != "" {
		t.Errorf("pages differ (-want +got):\n%s", diff)
	}
}

// noted is a sink that notes ids.
type noted struct {
	mu  sync.Mutex
	ids []storage.ID
}

func (n *noted) Write(_ context.Context, batch []storage.Action) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids = append(n.ids, ids(batch)...)
	return nil
}

func TestWarmFeedsNoSink(t *testing.T) {
	t.Parallel()
	list := earlier(50)
	r := warm(t, ring.Options{}, list)
	if got := r.Newest(); got != list[49].ID {
		t.Errorf("Newest is %q, want the newest of those warmed with, %q", got, list[49].ID)
	}
	var all, behind noted
	r.Pump("all", &all, ring.PumpOptions{})
	r.Pump("behind", &behind, ring.PumpOptions{After: list[30].ID})
	newest := r.Follow(r.Newest())
	r.Log("s", "a", storage.Success, 0, nil)
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []storage.ID{r.Newest()}
	for name, got := range map[string]*noted{"all": &all, "behind": &behind} {
		if diff := cmp.Diff(want, got.ids); diff != "" {
			t.Errorf("sink %s got (-want +got):\n%s", name, diff)
		}
	}
	buf := make([]storage.Action, 100)
	for name, test := range map[string]struct {
		cursor storage.Cursor
		want   []storage.ID
	}{
		"empty":          {r.Follow(""), want},
		"newest":         {newest, want},
		"other-process":  {r.Follow("00000000000000000000000zzzz"), want},
		"behind-one":     {r.Follow(list[47].ID), append(ids(list[48:]), want...)},
		"of-the-process": {r.Follow(want[0]), nil},
	} {
		if test.want == nil {
			continue
		}
		n, missed, err := test.cursor.Next(t.Context(), buf)
		if diff := cmp.Diff(test.want, ids(buf[:n])); diff != "" || missed != 0 || err != nil {
			t.Errorf("a cursor %s: %d missed, %v (-want +got):\n%s", name, missed, err, diff)
		}
	}
}

func TestWarmKeeps(t *testing.T) {
	t.Parallel()
	list := earlier(200)
	r := warm(t, ring.Options{Window: 50}, list)
	st, err := r.Stats(t.Context(), storage.Query{})
	if err != nil || st.Total != 50 {
		t.Errorf("the window has %d actions, %v; want 50", st.Total, err)
	}
	page, err := r.Search(t.Context(), storage.Query{Status: storage.Failed})
	if err != nil || len(page.Actions) != 40 {
		t.Errorf("%d failures are kept, %v; want 40", len(page.Actions), err)
	}
	for range 100 {
		r.Log("ChatService", "sendMessage", storage.Success, 0, nil)
	}
	page, err = r.Search(t.Context(), storage.Query{Status: storage.Failed})
	if err != nil || len(page.Actions) != 40 {
		t.Errorf("%d failures are kept after the window was filled anew, %v; want 40", len(page.Actions), err)
	}
	if err := r.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err = r.Search(t.Context(), storage.Query{})
	if err != nil || len(page.Actions) != 0 {
		t.Errorf("%d actions after a clear, %v", len(page.Actions), err)
	}
}

func TestWarmOverCapacity(t *testing.T) {
	t.Parallel()
	list := earlier(20_000)
	r := warm(t, ring.Options{}, list)
	page, err := r.Search(t.Context(), storage.Query{Limit: 1})
	if err != nil || len(page.Actions) != 1 || page.Actions[0].ID != list[len(list)-1].ID {
		t.Errorf("the newest is %v, %v", ids(page.Actions), err)
	}
	var sink noted
	r.Pump("sink", &sink, ring.PumpOptions{})
	r.Log("s", "a", storage.Success, 0, nil)
	if err := r.Flush(t.Context()); err != nil || len(sink.ids) != 1 {
		t.Errorf("the sink got %d actions, %v; want one", len(sink.ids), err)
	}
	st := r.Pump("other", &noted{}, ring.PumpOptions{}).Stats()
	if st.Missed != 0 || st.Lag > 1 {
		t.Errorf("a pump begins with %+v", st)
	}
}

func TestWarmTooLate(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	r.Log("s", "a", storage.Success, 0, nil)
	if err := r.Warm(earlier(1)); err == nil {
		t.Error("a ring was warmed that had recorded")
	}
	if err := ring.New(ring.Options{}).Warm(nil); err != nil {
		t.Errorf("warm with nothing: %v", err)
	}
}
