package storage_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
	"actionlog/storage/ring"
	"actionlog/storage/sqlite"
	"actionlog/storage/storetest"
)

// house is a ring, a database and an archive that are wired.
type house struct {
	*storage.Tiered
	ring  *ring.Ring
	db    *sqlite.Store
	files *archive.Writer
}

// build opens what lies in dir, with a window of so many actions.
func build(t *testing.T, dir string, window int) *house {
	t.Helper()
	h := &house{ring: ring.New(ring.Options{Window: window})}
	var err error
	if h.db, err = sqlite.Open(filepath.Join(dir, "actions.sqlite"), sqlite.Options{MaxAge: -1, Flush: h.ring.Flush}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close(t) })
	page, err := h.db.Search(t.Context(), storage.Query{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ring.Warm(page.Actions); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "archive")
	if h.files, err = archive.OpenWriter(folder, archive.Options{}); err != nil {
		t.Fatal(err)
	}
	sealed, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	h.ring.Pump("database", h.db, ring.PumpOptions{})
	h.ring.Pump("archive", h.files, ring.PumpOptions{})
	h.Tiered = storage.Tiers(h.ring, h.db, sealed)
	return h
}

func (h *house) close(t *testing.T) {
	t.Helper()
	if err := h.ring.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if err := h.db.Close(); err != nil {
		t.Error(err)
	}
	if h.files != nil {
		if err := h.files.Close(); err != nil {
			t.Error(err)
		}
	}
}

// record records the actions and waits until the database and the archive have
// them, as an archive that is asked does not.
func (h *house) record(ctx context.Context, list []storage.Action) error {
	for i := range list {
		h.ring.Record(list[i])
	}
	return h.ring.Flush(ctx)
}

func TestTiersConformance(t *testing.T) {
	t.Parallel()
	for _, window := range []int{1000, 20} {
		t.Run(fmt.Sprint("window-of-", window), func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) storetest.Store {
				h := build(t, t.TempDir(), window)
				s := storetest.Store{Searcher: h.Tiered, Put: h.record, AssignsIDs: true, Concurrent: true}
				if window < 1000 {
					s.Skip = map[string]string{"stats": "the stats of everything count the window"}
				}
				return s
			})
		})
	}
}

// numbered makes actions that say which they are.
func numbered(begin time.Time, from, to int) []storage.Action {
	var list []storage.Action
	for i := from; i < to; i++ {
		list = append(list, storage.Action{
			Time: begin.Add(time.Duration(i) * time.Second), Service: "CaseService", Action: fmt.Sprint(i), Status: storage.Success, Duration: time.Duration(i),
		})
	}
	return list
}

// checkAll tests that each way to ask finds the actions from number from to
// number to, each once.
func checkAll(t *testing.T, s *storage.Tiered, from, to int) {
	t.Helper()
	for _, order := range []storage.Sort{storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst} {
		seen := map[string]int{}
		pages := 0
		for q := (storage.Query{Sort: order, Limit: 7}); ; pages++ {
			page, err := s.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for i := range page.Actions {
				seen[page.Actions[i].Action]++
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		for i := from; i < to; i++ {
			if n := seen[fmt.Sprint(i)]; n != 1 {
				t.Errorf("in the order %s action %d came %d times", order, i, n)
			}
		}
		if len(seen) != to-from {
			t.Errorf("in the order %s %d actions came, want %d", order, len(seen), to-from)
		}
	}
	want := from
	for a, err := range s.Actions(t.Context(), storage.Query{}) {
		if err != nil || a.Action != fmt.Sprint(want) {
			t.Fatalf("Actions: got %s, %v; want %d", a.Action, err, want)
		}
		want++
	}
	if want != to {
		t.Errorf("Actions: ended before %d, want %d", want, to)
	}
	st, err := s.Stats(t.Context(), storage.Query{Status: storage.Success})
	if err != nil || st.Total != int64(to-from) {
		t.Errorf("Stats: total %d, %v; want %d", st.Total, err, to-from)
	}
	for _, step := range []time.Duration{time.Second, time.Minute, time.Hour} {
		points, err := s.Series(t.Context(), storage.Query{}, step)
		var sum int64
		for i := range points {
			sum += points[i].Total
			if i > 0 && points[i].Time.Sub(points[i-1].Time) != step {
				t.Errorf("Series by %v: a point at %v after one at %v", step, points[i].Time, points[i-1].Time)
			}
		}
		if err != nil || sum != int64(to-from) {
			t.Errorf("Series by %v: %d actions, %v; want %d", step, sum, err, to-from)
		}
	}
}

// TestTiersWithoutGapOrRepeat has actions that only the archive holds, some
// that it shares with the database, and some that are in all three.
func TestTiersWithoutGapOrRepeat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begin := time.Now().Add(-100 * time.Second).UTC()
	list := numbered(begin, 0, 60)
	files, err := archive.OpenWriter(filepath.Join(dir, "archive"), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	process := storage.NewProcess(begin)
	for i := range list {
		list[i].ID = process.ID(uint64(i + 1))
	}
	if err := files.Write(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	h := build(t, dir, 10)
	checkAll(t, h.Tiered, 0, 60)
	if err := h.record(t.Context(), numbered(begin, 60, 150)); err != nil {
		t.Fatal(err)
	}
	checkAll(t, h.Tiered, 0, 150)
	h.close(t)

	again := build(t, dir, 10)
	checkAll(t, again.Tiered, 0, 150)
	if err := again.record(t.Context(), numbered(begin, 150, 200)); err != nil {
		t.Fatal(err)
	}
	checkAll(t, again.Tiered, 0, 200)
}

// TestTiersAskTheDatabaseForWhatItHas has an archive that knows nothing of it.
func TestTiersAskTheDatabaseForWhatItHas(t *testing.T) {
	t.Parallel()
	h := build(t, t.TempDir(), 10)
	empty, err := archive.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.record(t.Context(), numbered(time.Now(), 0, 30)); err != nil {
		t.Fatal(err)
	}
	tiers := storage.Tiers(h.ring, h.db, empty)
	st, err := tiers.Stats(t.Context(), storage.Query{Status: storage.Success})
	if err != nil || st.Total != 30 || st.Lifetime.Total != 30 || st.Capacity != 10 {
		t.Errorf("stats are %+v, %v; want 30 actions, and the ring's capacity of 10", st, err)
	}
	n := 0
	for _, err := range tiers.Actions(t.Context(), storage.Query{Limit: 20}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 20 {
		t.Errorf("%d actions, want the 20 that were asked for", n)
	}
}

// TestTiersCursorSurvivesRestart goes on with a page's cursor after a restart.
func TestTiersCursorSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := build(t, dir, 10)
	begin := time.Now().UTC()
	if err := h.record(t.Context(), numbered(begin, 0, 30)); err != nil {
		t.Fatal(err)
	}
	q := storage.Query{Limit: 12}
	page, err := h.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	h.close(t)
	again := build(t, dir, 10)
	q.Cursor = page.Next
	page, err = again.Search(t.Context(), q)
	if err != nil || len(page.Actions) != 12 || page.Actions[0].Action != "17" {
		t.Fatalf("the second page has %d actions, %v; want 12 from number 17 on", len(page.Actions), err)
	}
}

// TestTiersClear clears, and restarts.
func TestTiersClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := build(t, dir, 10)
	begin := time.Now().Add(-time.Minute).UTC()
	if err := h.record(t.Context(), numbered(begin, 0, 30)); err != nil {
		t.Fatal(err)
	}
	if err := h.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkAll(t, h.Tiered, 0, 0)
	h.close(t)
	again := build(t, dir, 10)
	checkAll(t, again.Tiered, 0, 0)
	after := time.Now().UTC()
	if err := again.record(t.Context(), numbered(after, 0, 30)); err != nil {
		t.Fatal(err)
	}
	checkAll(t, again.Tiered, 0, 30)
}

// TestTiersThatOnlySearch have nothing but what a Searcher has.
func TestTiersThatOnlySearch(t *testing.T) {
	t.Parallel()
	open := func(n int) storage.Searcher {
		r := ring.New(ring.Options{})
		t.Cleanup(func() { r.Close(context.Background()) })
		for _, a := range numbered(time.Now().Add(-time.Hour), 0, n) {
			r.Record(a)
		}
		return struct{ storage.Searcher }{r}
	}
	checkAll(t, storage.Tiers(open(0), open(40)), 0, 40)
	checkAll(t, storage.Tiers(open(40)), 0, 40)
	groups, err := storage.Tiers(open(1), open(3)).Errors(t.Context(), storage.Query{})
	if err != nil || len(groups) != 0 {
		t.Errorf("errors: %v, %v", groups, err)
	}
	if _, err := storage.Tiers(open(1)).Series(t.Context(), storage.Query{}, 0); err == nil {
		t.Error("a series by nothing was not refused")
	}
}
