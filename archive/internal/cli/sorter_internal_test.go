package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// TestSorter holds that many runs come out in the order of the query, and that
// no file stays behind.
func TestSorter(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	r := rand.New(rand.NewPCG(9, 10))
	var list []storage.Action
	for i := range 3000 {
		list = append(list, storage.Action{
			Time: time.Unix(1_795_000_000+int64(r.IntN(500)), 0).UTC(), Service: "S", Action: "a", Status: storage.Failed,
			Duration: time.Duration(r.IntN(300)) * time.Millisecond, ID: storage.ID(fmt.Sprintf("%08d", i)),
			Error: strings.Repeat("long ", r.IntN(4000)),
		})
	}
	for _, order := range []storage.Sort{storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst, storage.FastestFirst} {
		q := storage.Query{Sort: order, Limit: 1000}
		m, err := q.Compile()
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(list)
		slices.SortFunc(want, func(x, y storage.Action) int { return m.Compare(&x, &y) })
		c := storage.NewCollector(m)
		for i := range list {
			c.Offer(&list[i])
		}
		after := q
		after.Cursor = c.Page("").Next
		for name, test := range map[string]struct {
			q    storage.Query
			most int
			want []storage.Action
		}{"in-memory": {q, 1 << 30, want}, "in-runs": {q, 1 << 20, want}, "after-a-cursor": {after, 1 << 20, want[1000:]}} {
			m, err := test.q.Compile()
			if err != nil {
				t.Fatal(err)
			}
			s := newSorter(m, test.most)
			for i := range list {
				if err := s.add(&list[i]); err != nil {
					t.Fatal(err)
				}
			}
			if runs := len(s.runs); runs < 5 && test.most == 1<<20 || runs > 0 && test.most == 1<<30 {
				t.Errorf("%s: %d runs", name, runs)
			}
			var got []storage.Action
			for a, err := range s.all() {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, *a)
			}
			s.close()
			if diff := cmp.Diff(idsOf(test.want), idsOf(got)); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", order, name, diff)
			} else if diff := cmp.Diff(test.want[0].Error, got[0].Error); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", order, name, diff)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("files stay: %v", left)
	}
	os.Remove(dir)
	m, _ := new(storage.Query).Compile()
	s := newSorter(m, 1)
	if err := s.add(&list[0]); err == nil || !strings.Contains(err.Error(), "temporary file") {
		t.Errorf("without a folder for temporary files: %v", err)
	}
	s.close()
}

func idsOf(list []storage.Action) []storage.ID {
	ids := make([]storage.ID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}
