package inflate_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"actionlog/archive/internal/inflate"
)

// readMembers unpacks all members, and tells where each ended.
func readMembers(r *inflate.Reader, from io.Reader) (text []byte, ends []int64, err error) {
	r.Reset(from)
	for {
		if err := r.Next(); err != nil {
			if err == io.EOF {
				err = nil
			}
			return text, ends, err
		}
		more, err := io.ReadAll(r)
		text = append(text, more...)
		if err != nil {
			return text, ends, err
		}
		ends = append(ends, r.Offset())
	}
}

// seams are readers that give the same in other portions.
var seams = map[string]func(io.Reader) io.Reader{
	"whole":     func(r io.Reader) io.Reader { return r },
	"one-byte":  iotest.OneByteReader,
	"halves":    iotest.HalfReader,
	"data-err":  iotest.DataErrReader,
	"uneven":    func(r io.Reader) io.Reader { return &uneven{r, rand.New(rand.NewPCG(1, 2))} },
	"sometimes": func(r io.Reader) io.Reader { return &sometimes{r: r} },
}

// uneven gives portions of random lengths.
type uneven struct {
	r   io.Reader
	rnd *rand.Rand
}

func (u *uneven) Read(p []byte) (int, error) {
	return u.r.Read(p[:min(len(p), 1+u.rnd.IntN(1<<u.rnd.IntN(18)))])
}

// sometimes gives nothing every other time.
type sometimes struct {
	r    io.Reader
	last bool
}

func (s *sometimes) Read(p []byte) (int, error) {
	if s.last = !s.last; s.last {
		return 0, nil
	}
	return s.r.Read(p)
}

func TestReader(t *testing.T) {
	t.Parallel()
	for name, text := range texts() {
		for seam, wrap := range seams {
			t.Run(name+"/"+seam, func(t *testing.T) {
				t.Parallel()
				var packed, want []byte
				var wantEnds []int64
				for _, level := range []int{flate.NoCompression, flate.HuffmanOnly, 1, 6, 9} {
					var b bytes.Buffer
					zw, err := gzip.NewWriterLevel(&b, level)
					if err != nil {
						t.Fatal(err)
					}
					zw.Name = name
					zw.Write(text)
					zw.Close()
					packed, want = append(packed, b.Bytes()...), append(want, text...)
					wantEnds = append(wantEnds, int64(len(packed)))
				}
				var r inflate.Reader
				for range 2 {
					got, ends, err := readMembers(&r, wrap(bytes.NewReader(packed)))
					if err != nil || !bytes.Equal(got, want) {
						t.Fatalf("got %d bytes of %d, error %v", len(got), len(want), err)
					}
					if len(ends) != len(wantEnds) || ends[0] != wantEnds[0] || ends[4] != wantEnds[4] {
						t.Fatalf("members end at %d, want %d", ends, wantEnds)
					}
				}
			})
		}
	}
}

// TestReaderLong has a stream of many windows with matches as far back as can
// be, and of every kind of block.
func TestReaderLong(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	var want []byte
	for len(want) < 6<<20 {
		switch rnd.IntN(4) {
		case 0:
			noise := make([]byte, rnd.IntN(100_000))
			for i := range noise {
				noise[i] = byte(rnd.Uint32())
			}
			want = append(want, noise...)
		case 1:
			if len(want) > 32<<10 {
				from := len(want) - 32<<10
				want = append(want, want[from:from+rnd.IntN(32<<10)]...)
			}
		case 2:
			want = append(want, bytes.Repeat([]byte{byte(rnd.Uint32())}, rnd.IntN(300_000))...)
		default:
			want = append(want, jsonLines(rnd.Uint64(), rnd.IntN(200_000))...)
		}
	}
	for _, level := range []int{1, 6, 9, flate.NoCompression} {
		packed := memberOf(t, want, level)
		var r inflate.Reader
		got, _, err := readMembers(&r, &uneven{bytes.NewReader(packed), rnd})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("level %d: got %d bytes of %d, error %v", level, len(got), len(want), err)
		}
	}
}

func memberOf(tb testing.TB, text []byte, level int) []byte {
	tb.Helper()
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	zw.Write(text)
	zw.Close()
	return b.Bytes()
}

// TestReaderDamaged compares with the decoder of what is whole in memory.
func TestReaderDamaged(t *testing.T) {
	t.Parallel()
	text := jsonLines(3, 20_000)
	packed := member(t, text, gzip.Header{Name: "name", Extra: []byte("extra")})
	rnd := rand.New(rand.NewPCG(5, 6))
	var r inflate.Reader
	for range 3000 {
		src := bytes.Clone(packed)
		if rnd.IntN(2) == 0 {
			src = src[:rnd.IntN(len(src))]
		}
		for range rnd.IntN(3) {
			if len(src) > 0 {
				src[rnd.IntN(len(src))] ^= 1 << rnd.IntN(8)
			}
		}
		compareReader(t, &r, src)
	}
}

// compareReader fails where a Reader and a Decoder are of different opinions on
// the first member of src.
func compareReader(t *testing.T, r *inflate.Reader, src []byte) {
	t.Helper()
	var d inflate.Decoder
	dst := make([]byte, 1<<20)
	n, read, want := d.Member(dst, src)
	if want == inflate.ErrTooLong {
		return
	}
	r.Reset(&uneven{bytes.NewReader(src), rand.New(rand.NewPCG(uint64(len(src)), 1))})
	err := r.Next()
	if len(src) == 0 && err == io.EOF {
		return
	}
	var got []byte
	if err == nil {
		got, err = io.ReadAll(r)
	}
	switch {
	case want == nil && (err != nil || r.Offset() != int64(read)),
		!errors.Is(err, want):
		t.Fatalf("got the error %v at %d, want %v at %d", err, r.Offset(), want, read)
	case !bytes.Equal(got, dst[:n]):
		t.Fatalf("got %d bytes, want %d", len(got), n)
	}
}

func TestReaderFails(t *testing.T) {
	t.Parallel()
	packed := memberOf(t, jsonLines(1, 3<<20), 6)
	broken := errors.New("broken")
	var r inflate.Reader
	for _, n := range []int{0, 5, 12, 1000, len(packed) - 5, len(packed)} {
		got, _, err := readMembers(&r, io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(broken)))
		if err != broken {
			t.Errorf("after %d bytes packed and %d of text: got the error %v", n, len(got), err)
		}
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Errorf("after %d bytes: read on", n)
		}
	}
	idle := iotest.ErrReader(nil)
	if _, _, err := readMembers(&r, idle); err != io.ErrNoProgress {
		t.Errorf("got the error %v of a reader that gives nothing", err)
	}
}

func TestReaderLongHeader(t *testing.T) {
	t.Parallel()
	head := append([]byte{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte("n"), 200_000)...)
	packed := append(append(head, 0), memberOf(t, []byte("text"), 6)[10:]...)
	var r inflate.Reader
	if got, _, err := readMembers(&r, iotest.HalfReader(bytes.NewReader(packed))); err != nil || string(got) != "text" {
		t.Errorf("got %q, error %v", got, err)
	}
	endless := io.MultiReader(bytes.NewReader(head), &repeating{'n'})
	if _, _, err := readMembers(&r, endless); err != inflate.ErrHeader {
		t.Errorf("got the error %v of a header without end", err)
	}
}

// repeating gives a byte for ever.
type repeating struct{ c byte }

func (r *repeating) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.c
	}
	return len(p), nil
}

func FuzzReader(f *testing.F) {
	f.Add(memberOf(f, jsonLines(1, 3000), 6))
	f.Add(memberOf(f, bytes.Repeat([]byte("x"), 70_000), 0))
	f.Add(member(f, []byte("text"), gzip.Header{Comment: "c"}))
	var r inflate.Reader
	f.Fuzz(func(t *testing.T, src []byte) { compareReader(t, &r, src) })
}

func BenchmarkReader(b *testing.B) {
	text := jsonLines(1, 16<<20)
	packed := memberOf(b, text, 6)
	var r inflate.Reader
	dst := make([]byte, 1<<20)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Reset(bytes.NewReader(packed))
		if err := r.Next(); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Read(dst); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
