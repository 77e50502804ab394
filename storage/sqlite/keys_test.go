package sqlite_test

import (
	"fmt"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

// TestKeys finds requests by the ids that they came with, and their traces, in
// small and large batches, also when many share one.
func TestKeys(t *testing.T) {
	t.Parallel()
	now := setClock(noon)
	s := open(t, newPath(t), sqlite.Options{MaxAge: 24 * time.Hour, House: time.Hour, Now: now.read})
	process := storage.NewProcess(noon)
	const count = 6000
	list := make([]storage.Action, count)
	for i := range list {
		list[i] = storage.Action{Time: noon.Add(time.Duration(i) * time.Second), Service: "s", Action: "GET /", Status: storage.Success, ID: process.ID(uint64(i + 1))}
		if i%3 > 0 {
			list[i].HTTP = &storage.HTTP{Method: "GET", Route: "/", Path: "/", Code: 200, RequestID: string(list[i].ID)}
		}
		switch {
		case i%3 == 1:
			list[i].HTTP.RequestID = fmt.Sprint("r", i)
		case i%3 == 2 && i%2 == 0:
			list[i].HTTP.RequestID = "shared"
			list[i].TraceID = storage.TraceID{7}
		}
		if i%5 == 0 {
			list[i].TraceID = storage.TraceID{byte(i >> 8), byte(i), 1}
		}
	}
	for rest, n := list, 1; len(rest) > 0; n = n*2%1500 + 1 {
		n = min(n, len(rest))
		write(t, s, rest[:n])
		rest = rest[n:]
	}
	check := func(from int) {
		t.Helper()
		shared, traced := 0, 0
		for i := range list {
			a := &list[i]
			want := 0
			if i >= from {
				want = 1
				if a.HTTP != nil && a.HTTP.RequestID == "shared" {
					shared++
				}
				if a.TraceID == (storage.TraceID{7}) {
					traced++
				}
			}
			if i%41 != 0 {
				continue
			}
			if a.HTTP != nil && a.HTTP.RequestID != "shared" {
				if n := total(t, s, storage.Query{RequestID: a.HTTP.RequestID}); n != want {
					t.Errorf("%d actions have the request id of action %d, want %d", n, i, want)
				}
			}
			if a.TraceID[2] == 1 {
				if n := total(t, s, storage.Query{TraceID: a.TraceID}); n != want {
					t.Errorf("%d actions have the trace id of action %d, want %d", n, i, want)
				}
			}
		}
		if n := total(t, s, storage.Query{RequestID: "shared"}); n != shared {
			t.Errorf("%d actions have the id that many share, want %d", n, shared)
		}
		if n := total(t, s, storage.Query{TraceID: storage.TraceID{7}, RequestID: "shared"}); n != traced {
			t.Errorf("%d actions have the trace that many share, want %d", n, traced)
		}
		if n := total(t, s, storage.Query{RequestID: "nobody's"}); n != 0 {
			t.Errorf("%d actions have an id that nobody has", n)
		}
	}
	check(0)
	now.set(noon.Add(25*time.Hour + time.Minute)) // an hour goes
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(3600)
	now.set(noon.Add(48 * time.Hour))
	late := storage.NewProcess(noon.Add(1))
	write(t, s, []storage.Action{{ID: late.ID(1), Time: noon.Add(47 * time.Hour), Service: "s", Action: "a", Status: storage.Success, TraceID: storage.TraceID{9}}})
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := one(t, s.Path(), "SELECT count(*) FROM action_keys"); n != "1" {
		t.Errorf("%s blocks of keys are left, want the one of the row that is", n)
	}
}
