package inflate_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"actionlog/archive/internal/inflate"
)

// texts are what is packed by compressors.
func texts() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func(size, values int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(rnd.IntN(values))
		}
		return b
	}
	// Powers of two, so that the codes of the rare become as long as they may.
	var skewed []byte
	for i := range 16 {
		skewed = append(skewed, bytes.Repeat([]byte{byte(i)}, 1<<i)...)
	}
	rnd.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	return map[string][]byte{
		"empty":         nil,
		"one-byte":      {'x'},
		"short":         []byte("a line\n"),
		"random":        random(80_000, 256),
		"few-values":    random(50_000, 3),
		"skewed":        skewed,
		"zeros":         make([]byte, 300_000),
		"period-of-7":   bytes.Repeat([]byte("seven77"), 20_000),
		"period-of-40k": bytes.Repeat(random(40_000, 256), 3),
		"lines":         jsonLines(1, 150_000),
		"mixed":         slices.Concat(random(70_000, 256), jsonLines(3, 100_000), make([]byte, 70_000), random(1000, 8)),
	}
}

func TestCompressors(t *testing.T) {
	t.Parallel()
	for name, text := range texts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d inflate.Decoder
			for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
				for _, klauspost := range []bool{false, true} {
					packed := deflate(t, text, level, klauspost)
					if got, _, err := reference(packed); err != nil || !bytes.Equal(got, text) {
						t.Fatalf("level %d: not what the compressor was given", level)
					}
					compare(t, &d, packed)
					compare(t, &d, append(packed, "what follows the stream"...))
				}
			}
		})
	}
}

func TestMuchText(t *testing.T) {
	t.Parallel()
	compare(t, new(inflate.Decoder), deflate(t, jsonLines(2, 2<<20), 6, true))
}

func TestFlushes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		t.Fatal(err)
	}
	text := jsonLines(4, 50_000)
	for part := range slices.Chunk(text, 997) {
		w.Write(part)
		w.Flush() // an empty stored block
	}
	w.Close()
	compare(t, new(inflate.Decoder), b.Bytes())
}

// TestOverlaps copies from each small distance in each length, in the middle of
// much and at the very end, and continues with a match that reads the last.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	var d inflate.Decoder
	start := []byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'()*+,-./:;<=")
	for dist := 1; dist <= 72; dist++ {
		for length := 3; length <= 258; length += 1 + length/100*7 {
			want := slices.Clone(start)
			for range length {
				want = append(want, want[len(want)-dist])
			}
			want = append(want, 'z')
			want = append(want, want[len(want)-7:]...)
			for _, more := range []int{0, 500} {
				var w bitWriter
				block := w.fixed(true)
				block.literals(start...)
				block.match(length, dist)
				block.literals('z')
				block.match(7, 7)
				tail := bytes.Repeat([]byte{'.'}, more)
				block.literals(tail...)
				block.end()
				got := make([]byte, len(want)+more)
				n, read, err := d.Inflate(got, w.b)
				if err != nil || n != len(got) || read != len(w.b) {
					t.Fatalf("distance %d, length %d, %d more: got %d of %d, read %d of %d, error %v", dist, length, more, n, len(got), read, len(w.b), err)
				}
				if !bytes.Equal(got, append(want, tail...)) {
					t.Fatalf("distance %d, length %d, %d more: got %q, want %q", dist, length, more, got, want)
				}
			}
		}
	}
}

func TestDistances(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, dist int
		ok         bool
	}{
		{0, 1, false}, {1, 1, true}, {1, 2, false}, {5, 5, true}, {5, 6, false}, {8, 16, false},
		{300, 300, true}, {300, 301, false}, {300, 32768, false},
		{32767, 32768, false}, {32768, 32768, true}, {40000, 32768, true},
	}
	for _, test := range tests {
		for _, more := range []int{0, 1000} {
			t.Run(fmt.Sprintf("%d-back-after-%d-with-%d-more", test.dist, test.text, more), func(t *testing.T) {
				t.Parallel()
				var w bitWriter
				block := w.fixed(true)
				for i := range test.text {
					block.literals(byte(i * i >> 3))
				}
				block.match(9, test.dist)
				for range more {
					block.literals('.')
				}
				block.end()
				if _, _, err := reference(w.b); (err == nil) != test.ok {
					t.Fatalf("compress/flate: error %v", err)
				}
				// With as much room as a text without the error would need.
				_, _, err := new(inflate.Decoder).Inflate(make([]byte, test.text+9+more), w.b)
				if test.ok && err != nil || !test.ok && err != inflate.ErrCorrupt {
					t.Fatalf("error %v", err)
				}
				compare(t, new(inflate.Decoder), w.b)
			})
		}
	}
}

// TestLengths has each length and a distance for each of its symbols and ends.
func TestLengths(t *testing.T) {
	t.Parallel()
	var w bitWriter
	block := w.fixed(true)
	block.literals([]byte("some text")...)
	op := 9
	for length := 3; length <= 258; length++ {
		block.match(length, min(op, length))
		op += length
	}
	for n := 2; n <= 1<<15; n *= 2 {
		for _, dist := range []int{n - 1, n, n + 1, n + n/2, n + n/2 + 1} {
			if dist <= 1<<15 {
				block.match(11, dist)
			}
		}
	}
	// 258 as the longest of the symbol before.
	block.symbol(block.lits, 284)
	block.bits(31, 5)
	block.symbol(block.dists, 0)
	block.end()
	if _, _, err := reference(w.b); err != nil {
		t.Fatal(err)
	}
	compare(t, new(inflate.Decoder), w.b)
}

func TestStored(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 7, 8, 9, 65535} {
		for bit := range uint(8) {
			text := bytes.Repeat([]byte{'s'}, size)
			var w bitWriter
			// An empty block of the fixed code has ten bits.
			for range bit {
				w.fixed(false).end()
			}
			w.head(true, 0)
			w.n = 0
			start := len(w.b)
			w.b = append(w.b, byte(size), byte(size>>8), ^byte(size), ^byte(size>>8))
			w.b = append(w.b, text...)
			if got, _, err := reference(w.b); err != nil || !bytes.Equal(got, text) {
				t.Fatal(err)
			}
			var d inflate.Decoder
			compare(t, &d, w.b)
			compare(t, &d, append(w.b, "what follows"...))
			for i := range 4 {
				w.b[start+i] ^= 1
				compare(t, &d, w.b)
				w.b[start+i] ^= 1
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	text := jsonLines(5, 100_000)
	packed := deflate(t, text, 6, true)
	dst := make([]byte, len(text))
	var d inflate.Decoder
	allocs := testing.AllocsPerRun(10, func() {
		if _, _, err := d.Inflate(dst, packed); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Inflate(dst, packed[:1000]); err != inflate.ErrTruncated {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
