package archive_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"actionlog/archive"
	"actionlog/storage"
)

// TestQuickLinesChangeNothing makes indexes with and without the quick look at
// lines, of lines as they are and with bytes changed.
func TestQuickLinesChangeNothing(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 5))
	texts := map[string]string{
		"load": lines(newLoad(seed, day0).next(3000)), "varied": lines(varied(r, 3000, day0)), "noise": noise(r),
	}
	changed := []byte(texts["load"])
	for range 2000 {
		changed[r.IntN(len(changed))] = "\"\\{}:,0129-eT.Z \n\x00\x80é"[r.IntN(20)]
	}
	texts["changed"] = string(changed)
	quick := 0
	for line := range strings.Lines(texts["load"]) {
		if _, ok := archive.QuickLine(strings.TrimSuffix(line, "\n")); ok {
			quick++
		}
	}
	if quick < 2800 {
		t.Errorf("only %d of 3000 lines are read quickly", quick)
	}
	for name, text := range texts {
		a, err1 := archive.IndexText([]byte(text), false)
		b, err2 := archive.IndexText([]byte(text), true)
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("seed %d: the indexes of %s differ, of %d and %d bytes; %v, %v", seed, name, len(a), len(b), err1, err2)
		}
	}
}

// FuzzQuickLine compares what is read quickly with what is decoded.
func FuzzQuickLine(f *testing.F) {
	for line := range strings.Lines(lines(newLoad(1, day0).next(3)) + lines(varied(rand.New(rand.NewPCG(1, 1)), 30, day0))) {
		f.Add(strings.TrimSuffix(line, "\n"))
	}
	f.Add(`{"timestamp":"2026-02-30T00:00:00Z","service":"A","action":"b","status":"success","duration":1,"error":null,"id":"c","durationNs":1}`)
	f.Add(`{"timestamp":"2026-02-28T00:00:00Z","service":"A","action":"b","status":"success","duration":9,"error":null,"id":"c","durationNs":1}`)
	f.Fuzz(func(t *testing.T, line string) {
		got, ok := archive.QuickLine(line)
		if !ok {
			return
		}
		var want storage.Action
		if err := storage.DecodeJSON([]byte(line), &want); err != nil {
			t.Fatalf("read quickly, and yet: %v", err)
		}
		same := got.Time.Equal(want.Time) && got.Service == want.Service && got.Action == want.Action && got.Status == want.Status &&
			got.Duration == want.Duration && got.ID == want.ID && got.TraceID == want.TraceID && got.Error == want.Error && (got.HTTP == nil) == (want.HTTP == nil)
		if same && got.HTTP != nil {
			same = got.HTTP.Code == want.HTTP.Code && got.HTTP.RequestID == want.HTTP.RequestID
		}
		if !same {
			t.Fatalf("read %+v; want %+v", got, want)
		}
	})
}

// TestQuickLineRefuses puts each byte in each place of a text, and wants those
// refused that may mean something else than themselves.
func TestQuickLineRefuses(t *testing.T) {
	t.Parallel()
	for place := range 20 {
		for c := range 256 {
			action := []byte("abcdefghijklmnopqrst")
			action[place] = byte(c)
			line := `{"timestamp":"2026-02-28T00:00:00Z","service":"A","action":"` + string(action) + `","status":"success","duration":9,"error":null,"id":"c","durationNs":1}`
			got, ok := archive.QuickLine(line)
			if want := c >= ' ' && c < 0x7f && c != '\\' && c != '"'; ok != want {
				t.Errorf("byte %#x in place %d: read quickly %t; want %t", c, place, ok, want)
			}
			if ok && got.Action != string(action) {
				t.Errorf("read %q; want %q", got.Action, action)
			}
		}
	}
}
