package inflate_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"testing"

	"actionlog/archive/internal/inflate"

	kflate "github.com/klauspost/compress/flate"
)

// BenchmarkInflate unpacks a member's worth of lines, beside the readers of
// streams, which have their memory already.
func BenchmarkInflate(b *testing.B) {
	text := jsonLines(1, 1<<20)
	packed := deflate(b, text, 6, true)
	dst := make([]byte, len(text))
	run := func(name string, unpack func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if n, err := unpack(); n != len(text) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
	var d inflate.Decoder
	run("inflate", func() (int, error) {
		n, _, err := d.Inflate(dst, packed)
		return n, err
	})
	var r bytes.Reader
	klauspost := kflate.NewReader(&r)
	run("klauspost", func() (int, error) {
		r.Reset(packed)
		klauspost.(kflate.Resetter).Reset(&r, nil)
		return io.ReadFull(klauspost, dst)
	})
	standard := flate.NewReader(&r)
	run("standard", func() (int, error) {
		r.Reset(packed)
		standard.(flate.Resetter).Reset(&r, nil)
		return io.ReadFull(standard, dst)
	})
	run("copy", func() (int, error) { return copy(dst, text), nil })
}

// BenchmarkMember is the same with the checksum.
func BenchmarkMember(b *testing.B) {
	text := jsonLines(1, 1<<20)
	packed := member(b, text, gzip.Header{Extra: make([]byte, 32)})
	dst := make([]byte, len(text))
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	var d inflate.Decoder
	for b.Loop() {
		if _, _, err := d.Member(dst, packed); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSmall is dear: the codes are read for few symbols.
func BenchmarkSmall(b *testing.B) {
	text := jsonLines(1, 2000)
	packed := deflate(b, text, 6, true)
	dst := make([]byte, len(text))
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	var d inflate.Decoder
	for b.Loop() {
		if _, _, err := d.Inflate(dst, packed); err != nil {
			b.Fatal(err)
		}
	}
}
