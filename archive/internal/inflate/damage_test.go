package inflate_test

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"testing"

	"actionlog/archive/internal/inflate"
)

// TestTruncated ends streams after each of their bytes, though the memory goes
// on with the rest of them.
func TestTruncated(t *testing.T) {
	t.Parallel()
	text := jsonLines(6, 2500)
	var d inflate.Decoder
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		packed := deflate(t, text, level, level&1 == 0)
		dst := make([]byte, len(text))
		for i := range packed {
			n, read, err := d.Inflate(dst, packed[:i])
			if err != inflate.ErrTruncated || read > i || !bytes.Equal(dst[:n], text[:n]) {
				t.Fatalf("level %d, %d of %d bytes: got %d, read %d, error %v", level, i, len(packed), n, read, err)
			}
			compare(t, &d, packed[:i])
		}
		if n, _, err := d.Inflate(dst, packed); err != nil || n != len(text) {
			t.Fatal(n, err)
		}
	}
}

func TestMutated(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	var d inflate.Decoder
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		packed := deflate(t, jsonLines(7, 4000), level, level&1 == 0)
		damaged := make([]byte, len(packed))
		for round := range 400 {
			copy(damaged, packed)
			for range 1 + rnd.IntN(3) {
				// The first bytes, which are codes, get a half of it.
				at := rnd.IntN(len(packed))
				if round&1 == 0 {
					at = rnd.IntN(100)
				}
				damaged[at] ^= 1 << rnd.IntN(8)
			}
			compare(t, &d, damaged)
		}
	}
}

func TestNoise(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(8, 8))
	var d inflate.Decoder
	for range 20_000 {
		b := make([]byte, rnd.IntN(300))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		if len(b) > 0 {
			b[0] = b[0]&^7 | byte(1+rnd.IntN(2))<<1 // no stored block
		}
		compare(t, &d, b)
	}
}

// TestDecoderForgets mixes good and damaged streams of all kinds in one decoder.
func TestDecoderForgets(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 9))
	text := jsonLines(9, 5000)
	var streams [][]byte
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
		packed := deflate(t, text, level, true)
		damaged := bytes.Clone(packed)
		damaged[len(damaged)/2] ^= 0x10
		streams = append(streams, packed, packed[:len(packed)/2], damaged)
	}
	var fixed, broken bitWriter
	for _, w := range []*bitWriter{&fixed, &broken} {
		block := w.fixed(true)
		block.literals(text[:300]...)
		block.end()
	}
	broken.b[40] ^= 0xff
	streams = append(streams, fixed.b, broken.b, nil, []byte{0xff})
	var d inflate.Decoder
	for range 500 {
		compare(t, &d, streams[rnd.IntN(len(streams))])
	}
}
