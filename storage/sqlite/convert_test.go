package sqlite_test

import (
	"strings"
	"testing"

	"actionlog/storage"
	"actionlog/storage/sqlite"

	"github.com/google/go-cmp/cmp"
)

// TestConvertsSchema3 opens a database in which each row has its id, and finds
// what was found before.
func TestConvertsSchema3(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	run(t, path, content(t, "testdata/schema3.sql"))
	want := content(t, "testdata/schema3.jsonl")
	for range 2 {
		s := open(t, path, sqlite.Options{MaxAge: -1})
		list := search(t, s, storage.Query{Sort: storage.OldestFirst, Limit: storage.NoLimit})
		var got []byte
		for i := range list {
			got = append(list[i].AppendJSON(got), '\n')
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("the actions differ (-want +got):\n%s", diff)
		}
		for i := range list {
			if n := len(search(t, s, storage.Query{ID: list[i].ID})); n != 1 {
				t.Errorf("%d actions have the id %s", n, list[i].ID)
			}
		}
		for _, q := range []storage.Query{{RequestID: "req-1"}, {TraceID: storage.TraceID{1}}, {TraceID: storage.TraceID{0, 1}}} {
			want := 0
			for i := range list {
				if h := list[i].HTTP; q.RequestID != "" && h != nil && h.RequestID == q.RequestID || !q.TraceID.IsZero() && list[i].TraceID == q.TraceID {
					want++
				}
			}
			if n := total(t, s, q); n != want || n == 0 {
				t.Errorf("%v: %d actions, want %d, and at least one", q.Values(), n, want)
			}
		}
		write(t, s, list) // which are there already
		if n := total(t, s, storage.Query{}); n != len(list) {
			t.Errorf("%d actions, want %d", n, len(list))
		}
		closeStore(t, s)
	}
	if got := one(t, path, "SELECT integrity_check FROM pragma_integrity_check"); got != "ok" {
		t.Errorf("the file is damaged: %s", got)
	}
	if got := one(t, path, "SELECT count(*) FROM action_logs WHERE typeof(action_id) = 'blob'"); got != "0" {
		t.Errorf("%s rows were not converted", got)
	}
}

// TestRefusesSchema3WithBadIDs converts nothing of a database of which it cannot
// convert all.
func TestRefusesSchema3WithBadIDs(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"X''", "X'80'", "X'40FFFFFFFFFFFFFFFFFFFFFF01'", "X'80FFFFFFFFFFFFFFFFFFFF08'", "X'80FFFFFFFFFFFFFFFFFFFF0201'"} {
		path := newPath(t)
		run(t, path, content(t, "testdata/schema3.sql"), "UPDATE action_logs SET action_id = "+bad+" WHERE id = 40")
		s, err := sqlite.Open(path, sqlite.Options{MaxAge: -1})
		if err == nil {
			s.Close()
			t.Fatalf("%s was taken for an id", bad)
		}
		if !strings.Contains(err.Error(), "row 40") || !strings.Contains(err.Error(), path) {
			t.Errorf("the error is %q, want it to name the row and the file", err)
		}
		if got := one(t, path, "SELECT user_version FROM pragma_user_version"); got != "3" {
			t.Errorf("the schema is %s, want 3 as before", got)
		}
		if got := one(t, path, "SELECT count(*) FROM action_logs WHERE typeof(action_id) = 'blob'"); got != "54" {
			t.Errorf("%s rows have their ids as before, want 54", got)
		}
	}
}
