package archive_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"

	"actionlog/archive"
	"actionlog/storage"
)

const benchBatch = 1000

// BenchmarkWrite appends batches of a thousand actions, forced to the disk each
// second, and reports actions per second. Its floors are encoding alone, and
// writing bytes that are encoded already.
func BenchmarkWrite(b *testing.B) {
	batch := newMaker(day0).next(benchBatch)
	text := lines(batch)
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N)*benchBatch/b.Elapsed().Seconds(), "actions/s")
	}
	b.Run("archive", func(b *testing.B) {
		w := openWriter(b, b.TempDir(), archive.Options{MaxAge: -1})
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if err := w.Write(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
	b.Run("encode-only", func(b *testing.B) {
		var buf []byte
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			buf = buf[:0]
			for i := range batch {
				buf = append(batch[i].AppendJSON(buf), '\n')
			}
		}
		perSecond(b)
	})
	b.Run("write-only", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := io.WriteString(f, text); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
}

// BenchmarkSeal seals a file of 16 MB: it packs, indexes, forces to the disk,
// reads back and compares. Its floors are packing alone, and indexing alone.
// cpu-MB/s are those of a core that does not wait for the disk; MB/s include
// what is waited for.
func BenchmarkSeal(b *testing.B) {
	batch := newLoad(1, day0).next(50_000)
	text := lines(batch)
	b.Run("archive", func(b *testing.B) {
		w := openWriter(b, b.TempDir(), archive.Options{MaxAge: -1})
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		var used time.Duration
		for b.Loop() {
			b.StopTimer()
			if err := w.Write(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
			before := cpuTime(b)
			b.StartTimer()
			if err := w.Rotate(context.Background()); err != nil {
				b.Fatal(err)
			}
			used += cpuTime(b) - before
		}
		if used > 0 {
			b.ReportMetric(float64(b.N)*float64(len(text))/1e6/used.Seconds(), "cpu-MB/s")
		}
	})
	b.Run("pack-only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		packedLen := 0
		for b.Loop() {
			packedLen = len(packed(b, text))
		}
		b.ReportMetric(float64(len(text))/float64(packedLen), "x-smaller")
	})
	b.Run("deflate-only", func(b *testing.B) {
		zw, err := flate.NewWriter(io.Discard, 6)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			for at := 0; at < len(text); at += 1 << 20 {
				zw.Reset(io.Discard)
				if _, err := io.WriteString(zw, text[at:min(at+1<<20, len(text))]); err != nil {
					b.Fatal(err)
				}
				zw.Close()
			}
		}
	})
	b.Run("index-only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := archive.IndexText([]byte(text), false); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRead goes through a sealed day of 100,000 actions. Its floor is
// decoding lines that are in memory.
func BenchmarkRead(b *testing.B) {
	const n = 100_000
	dir := b.TempDir()
	text := lines(newMaker(day0).next(n))
	put(b, filepath.Join(dir, "actions-2026-11-22.jsonl.gz"), string(packed(b, text)))
	a, err := archive.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	search := func(q storage.Query) func(*testing.B) {
		return func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Search(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("actions", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			seen := 0
			for _, err := range a.Actions(context.Background(), storage.Query{}) {
				if err != nil {
					b.Fatal(err)
				}
				seen++
			}
			if seen != n {
				b.Fatal(seen)
			}
		}
	})
	b.Run("newest-100", search(storage.Query{}))
	b.Run("failed", search(storage.Query{Status: storage.Failed}))
	b.Run("text", search(storage.Query{Text: "nowhere"}))
	b.Run("minute", search(storage.Query{Text: "nowhere", From: day0, To: day0.Add(time.Minute / 10)}))
	b.Run("decode-only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		var action storage.Action
		for b.Loop() {
			for line := range strings.Lines(text) {
				if err := storage.DecodeJSON([]byte(line), &action); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
