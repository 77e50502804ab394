package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

// TestRuns writes actions of several processes, in order and out of it, with
// gaps and repeats, and ids of other forms between: each is found by its id,
// once.
func TestRuns(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, sqlite.Options{MaxAge: -1})
	r := rand.New(rand.NewPCG(1, 2))
	one, two := storage.NewProcess(noon), storage.NewProcess(noon.Add(time.Hour))
	var all []storage.Action
	add := func(ids ...storage.ID) {
		var batch []storage.Action
		for _, id := range ids {
			a := storage.Action{Time: noon.Add(time.Duration(len(all)+len(batch)) * time.Second), Service: "s", Action: string(id), Status: storage.Success, ID: id}
			batch = append(batch, a)
		}
		write(t, s, batch)
		for _, a := range batch {
			if !slices.ContainsFunc(all, func(b storage.Action) bool { return b.ID == a.ID }) {
				all = append(all, a)
			}
		}
	}
	add(one.ID(1), one.ID(2), one.ID(3))
	add(one.ID(4), one.ID(5))            // goes on
	add(one.ID(4), one.ID(5), one.ID(6)) // in part there already
	add(two.ID(1), one.ID(7), two.ID(2), two.ID(3), "other", "0", one.ID(8))
	add(one.ID(20), one.ID(18), one.ID(19), one.ID(19), one.ID(21), "other", "other-2", "other-2")
	add(one.ID(9), one.ID(10), one.ID(17), one.ID(18), one.ID(22))
	add(one.ID(1<<50-1), one.ID(1<<50-2), storage.ID("A"+string(one.ID(1))[1:]))
	for range 30 {
		var ids []storage.ID
		for range 1 + r.IntN(60) {
			switch n := 1 + r.Uint64N(300); r.IntN(5) {
			case 0:
				ids = append(ids, two.ID(n))
			case 1:
				ids = append(ids, storage.ID(fmt.Sprint("x", n)))
			case 2:
				ids = append(ids, one.ID(n))
			default:
				ids = append(ids, one.ID(n), one.ID(n+1), one.ID(n+2))
			}
		}
		add(ids...)
	}
	closeStore(t, s)
	s = open(t, path, sqlite.Options{MaxAge: -1})
	if n := total(t, s, storage.Query{}); n != len(all) {
		t.Errorf("%d actions, want %d", n, len(all))
	}
	for i, a := range search(t, s, storage.Query{Sort: storage.OldestFirst, Limit: storage.NoLimit}) {
		if a.ID != storage.ID(a.Action) {
			t.Fatalf("action %d has the id %s, want %s", i, a.ID, a.Action)
		}
	}
	for _, a := range all {
		if got := search(t, s, storage.Query{ID: a.ID}); len(got) != 1 || got[0].Action != string(a.ID) {
			t.Errorf("%d actions are found by the id %s", len(got), a.ID)
		}
	}
	for _, id := range []storage.ID{one.ID(11_000), two.ID(0), "x", ""} {
		if id != "" && len(search(t, s, storage.Query{ID: id})) != 0 {
			t.Errorf("something was found by the id %s, which is nobody's", id)
		}
	}
}

// TestRunsAreFew looks at what an undisturbed pump leaves.
func TestRunsAreFew(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, 1000)
	for rest := list; len(rest) > 0; rest = rest[min(len(rest), 7):] {
		write(t, s, rest[:min(len(rest), 7)])
	}
	if n := one(t, s.Path(), "SELECT count(*) FROM action_runs"); n != "1" {
		t.Errorf("1000 actions of one process make %s runs, want one", n)
	}
	if n := one(t, s.Path(), "SELECT count(action_id) FROM action_logs"); n != "0" {
		t.Errorf("%s rows have an id of their own, want none", n)
	}
}

// TestRunsGoWithTheirRows removes the rows.
func TestRunsGoWithTheirRows(t *testing.T) {
	t.Parallel()
	now := setClock(noon)
	s := open(t, newPath(t), sqlite.Options{MaxAge: 24 * time.Hour, House: time.Hour, Now: now.read})
	for i := range 50 {
		process := storage.NewProcess(noon.Add(time.Duration(i) * time.Second))
		write(t, s, some(&process, noon.Add(time.Duration(i)*time.Hour), 10))
	}
	now.set(noon.Add(24*time.Hour + 25*time.Hour + time.Minute))
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, storage.Query{}); n != 250 {
		t.Errorf("%d actions, want 250", n)
	}
	if n := one(t, s.Path(), "SELECT count(*) FROM action_runs"); n != "25" {
		t.Errorf("%s runs, want the 25 of the rows that are left", n)
	}
}
