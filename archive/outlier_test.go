package archive_test

import (
	"bytes"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// TestOutliersKeepNothing reads megabytes each of which has an action that is
// far older than the rest, one that is far newer, and a line that is none: all
// come in order and once, and a megabyte is not in memory for their sake.
func TestOutliersKeepNothing(t *testing.T) { // not parallel: it looks at the heap
	const megabytes, most = 20, 12 << 20
	m := newMaker(day0)
	var all []storage.Action
	var text []byte
	for i := range megabytes {
		for begun := len(text); len(text)-begun < 1<<20; {
			all = append(all, m.one())
			text = append(all[len(all)-1].AppendJSON(text), '\n')
		}
		for _, at := range []time.Time{time.Unix(int64(i), 0), day0.AddDate(1, 0, -i), day0.AddDate(-1, 0, i)} {
			a := m.one()
			a.Time = at.UTC()
			all = append(all, a)
			text = append(a.AppendJSON(text), '\n')
		}
		text = append(text, "{\"bad\":1}\n"...)
	}
	slices.SortFunc(all, byTime)
	want := ids(all)
	all = nil
	for _, base := range []string{"actions-2026-11-22.jsonl", "actions-2026-11-22.jsonl.gz"} {
		t.Run(filepath.Ext(base), func(t *testing.T) {
			dir := t.TempDir()
			content := text
			if filepath.Ext(base) == ".gz" {
				content = packed(t, string(text))
			}
			put(t, filepath.Join(dir, base), string(content))
			a, err := archive.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			before := heapInUse()
			got := make([]storage.ID, 0, len(want))
			problems := 0
			for action, err := range a.Actions(t.Context(), storage.Query{}) {
				if err != nil {
					problems++
					continue
				}
				got = append(got, storage.ID(bytes.Clone([]byte(action.ID))))
				if n := len(got); n == 2*megabytes || n == len(want)/2 || n == len(want)-megabytes/2 {
					if held := heapInUse() - before - int64(n)*64; held > most {
						t.Errorf("after %d of %d actions, %d MB are held", n, len(want), held>>20)
					}
				}
			}
			if !slices.Equal(got, want) || problems != megabytes {
				t.Errorf("%d actions and %d problems; want %d and %d, in order", len(got), problems, len(want), megabytes)
			}
		})
	}
}

// heapInUse returns the bytes that are reachable.
func heapInUse() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
