package archive_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// FuzzIndex changes an index in three places and makes its checksums right, as
// somebody who forges one would. What it says is then believed; but nothing
// panics, and what is found is lines of the file that match.
func FuzzIndex(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 9))
	all := varied(r, 1500, day0)
	text := []byte(lines(all) + noise(r))
	dir := f.TempDir()
	gz := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	sealed, err := archive.Pack(text)
	if err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(gz, sealed, 0o600); err != nil {
		f.Fatal(err)
	}
	a, err := archive.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	ctx := context.Background()
	if err := a.Reindex(ctx, false, nil); err != nil {
		f.Fatal(err)
	}
	sound, err := os.ReadFile(gz + ".idx")
	if err != nil {
		f.Fatal(err)
	}
	if forged := archive.ForgeIndex(sound); !bytes.Equal(forged, sound) {
		f.Fatal("the checksums of a sound index are not those that forging makes")
	}
	for i, at := range archive.IndexParts(sound) {
		for n := range uint32(4) {
			f.Add(at+n*5, byte(0xff), at+n*7+3, byte(n), uint32(0), byte(0), uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, at1 uint32, v1 byte, at2 uint32, v2 byte, at3 uint32, v3 byte, seed uint64) {
		b := bytes.Clone(sound)
		b[at1%uint32(len(b))] ^= v1
		b[at2%uint32(len(b))] ^= v2
		b[at3%300] ^= v3
		if err := os.WriteFile(gz+".idx", archive.ForgeIndex(b), 0o600); err != nil {
			t.Fatal(err)
		}
		q := question(rand.New(rand.NewPCG(seed, 1)), all)
		m, err := q.Compile()
		if err != nil {
			t.Fatal(err)
		}
		page, err := a.Search(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Actions {
			line := append(page.Actions[i].AppendJSON(nil), '\n')
			if !m.Match(&page.Actions[i]) || page.Actions[i].Service != "Noise" && !bytes.Contains(text, line) {
				t.Fatalf("found %s", line)
			}
		}
		if _, err := a.Stats(ctx, q); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Errors(ctx, storage.Query{From: q.From, To: q.To}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Series(ctx, storage.Query{From: q.From, To: q.To}, 24*time.Hour); err != nil {
			var param *storage.ParamError
			if !errors.As(err, &param) {
				t.Fatal(err)
			}
		}
	})
}

// FuzzLineFilter compares what is found of mutated lines with a reader that
// decodes each.
func FuzzLineFilter(f *testing.F) {
	all := varied(rand.New(rand.NewPCG(2, 2)), 30, day0)
	f.Add([]byte(lines(all)), "timeout", "Service1", uint8(0))
	f.Add([]byte(lines(all[:5])), `tcp"`, "", uint8(1))
	f.Add([]byte(`{"status":"f\u0061iled","service":"A","action":"b","duration":1,"timestamp":"2026-01-01T00:00:00Z","error":"K"}`+"\n"), "k", "A", uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, find, service string, kind uint8) {
		q := storage.Query{Text: find, Limit: 1000}
		if service != "" {
			q.Services = []string{service}
		}
		switch kind % 4 {
		case 1:
			q.Status = storage.Failed
		case 2:
			q.Text, q.RequestID = "", find
		case 3:
			q.Text, q.Instance = "", find
		}
		m, err := q.Compile()
		if err != nil {
			t.Skip()
		}
		want := 0
		for line := range bytes.Lines(text) {
			var a storage.Action
			if storage.DecodeJSON(bytes.TrimSuffix(line, []byte{'\n'}), &a) == nil && m.Match(&a) {
				want++
			}
		}
		if want > 1000 {
			t.Skip()
		}
		page, err := archive.OpenReader(bytes.NewReader(text), "f").Search(context.Background(), q)
		if err != nil || len(page.Actions) != want {
			t.Fatalf("found %d, %v; want %d", len(page.Actions), err, want)
		}
	})
}
