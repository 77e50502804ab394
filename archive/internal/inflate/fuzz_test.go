package inflate_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"testing"

	"actionlog/archive/internal/inflate"
)

func FuzzInflate(f *testing.F) {
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		f.Add(deflate(f, jsonLines(20, 1500), level, level&1 == 0))
	}
	f.Add(deflate(f, bytes.Repeat([]byte("ab"), 2000), 6, false))
	var w bitWriter
	w.fixed(false).end()
	block := w.fixed(true)
	block.literals([]byte("literals that repeat")...)
	block.match(258, 3)
	block.match(20, 20)
	block.end()
	f.Add(w.b)
	var d inflate.Decoder
	f.Fuzz(func(t *testing.T, src []byte) {
		compare(t, &d, src)
	})
}

// FuzzCodes puts what it is given behind the lengths of codes, so that most
// inputs reach the symbols.
func FuzzCodes(f *testing.F) {
	f.Add([]byte{2, 2, 1}, []byte{1, 1}, []byte("some bits that are read as symbols"))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15}, []byte{1}, []byte{0x55, 0xaa, 0xff})
	f.Add(bytes.Repeat([]byte{8}, 256), bytes.Repeat([]byte{5}, 30), bytes.Repeat([]byte{0x5a, 1}, 300))
	f.Add([]byte{}, []byte{}, []byte{})
	var d inflate.Decoder
	f.Fuzz(func(t *testing.T, lits, dists, rest []byte) {
		// From the end of the alphabet, where the lengths are; a cheap length for
		// the end of the block keeps more of the codes whole.
		own, ownDists := make([]uint8, 286), make([]uint8, 30)
		for i, n := range lits[:min(len(lits), 286)] {
			own[285-i] = n & 15
		}
		for i, n := range dists[:min(len(dists), 30)] {
			ownDists[i] = n & 15
		}
		// What is missing is filled up, so that the code is complete more often.
		fillUp(own)
		fillUp(ownDists)
		var w bitWriter
		block := w.dynamic(true, own, ownDists)
		for range 8 {
			for _, c := range rest {
				block.bits(uint(c), 8)
			}
		}
		compare(t, &d, w.b)
	})
}

// fillUp makes symbols that have no code use up what the others leave.
func fillUp(lengths []uint8) {
	left := 1 << 15
	for _, n := range lengths {
		if n > 0 {
			left -= 1 << (15 - n)
		}
	}
	for i := range lengths {
		if lengths[i] > 0 || left <= 0 {
			continue
		}
		for n := uint8(1); n <= 15; n++ {
			if size := 1 << (15 - n); size <= left {
				lengths[i] = n
				left -= size
				break
			}
		}
	}
}

func FuzzMember(f *testing.F) {
	text := jsonLines(21, 1000)
	f.Add(member(f, text, gzip.Header{}))
	f.Add(withHeaderCRC(member(f, text, gzip.Header{Name: "n", Comment: "c", Extra: []byte("extra")}), 10+2+5+2+2))
	f.Add([]byte{0x1f, 0x8b, 8})
	var d inflate.Decoder
	f.Fuzz(func(t *testing.T, src []byte) {
		dst, untouched := guarded(1 << 16)
		n, read, err := d.Member(dst, src)
		if !untouched() || n > len(dst) || read > len(src) {
			t.Fatalf("got %d of %d, read %d of %d, in bounds %v", n, len(dst), read, len(src), untouched())
		}
		var want []byte
		r := bytes.NewReader(src)
		zr, wantErr := gzip.NewReader(r)
		if wantErr == nil {
			zr.Multistream(false)
			want, wantErr = io.ReadAll(io.LimitReader(zr, 1<<16+1))
		}
		switch {
		case wantErr == nil && len(want) > len(dst):
			if err != inflate.ErrTooLong && err != inflate.ErrHeader {
				t.Fatalf("error %v of a text that is too long", err)
			}
		case err == nil && (wantErr != nil || !bytes.Equal(dst[:n], want) || read != len(src)-r.Len()):
			// Names that are longer than compress/gzip wants are fine.
			if wantErr != gzip.ErrHeader || bytes.IndexByte(src[10:], 0) < 100 {
				t.Fatalf("got %d, read %d; compress/gzip %d, read %d, error %v", n, read, len(want), len(src)-r.Len(), wantErr)
			}
		case err != nil && wantErr == nil && src[3]&0xe0 == 0:
			t.Fatalf("error %v where compress/gzip has none", err)
		}
	})
}
