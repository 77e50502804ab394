package inflate_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"actionlog/archive/internal/inflate"

	"github.com/google/go-cmp/cmp"
)

// member returns a gzip member, made by the standard library.
func member(tb testing.TB, text []byte, header gzip.Header) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Header = header
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// withHeaderCRC gives a member without one the checksum of its header, which
// has the given length.
func withHeaderCRC(member []byte, header int) []byte {
	b := bytes.Clone(member)
	b[3] |= 2
	sum := binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(b[:header])))
	return append(b[:header:header], append(sum, b[header:]...)...)
}

func TestMember(t *testing.T) {
	t.Parallel()
	text := jsonLines(10, 20_000)
	all := gzip.Header{Name: "actions.jsonl", Comment: "a day", Extra: bytes.Repeat([]byte{0, 1}, 300), ModTime: time.Unix(1_800_000_000, 0), OS: 3}
	plain := member(t, text, gzip.Header{})
	tests := map[string][]byte{
		"plain":        plain,
		"empty-text":   member(t, nil, gzip.Header{}),
		"extra":        member(t, text, gzip.Header{Extra: make([]byte, 32)}),
		"longest":      member(t, text, gzip.Header{Extra: make([]byte, 65535)}),
		"name":         member(t, text, gzip.Header{Name: "x"}),
		"comment":      member(t, text, gzip.Header{Comment: "y"}),
		"all":          member(t, text, all),
		"checksum":     withHeaderCRC(plain, 10),
		"all-checksum": withHeaderCRC(member(t, text, all), 10+2+600+14+6),
	}
	for name, packed := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zr, err := gzip.NewReader(bytes.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			want, err := io.ReadAll(zr)
			if err != nil {
				t.Fatal(err)
			}
			for _, after := range []string{"", "what follows it"} {
				dst, untouched := guarded(len(want))
				n, read, err := new(inflate.Decoder).Member(dst, append(packed[:len(packed):len(packed)], after...))
				if err != nil || n != len(want) || read != len(packed) || !untouched() {
					t.Fatalf("got %d of %d, read %d of %d, error %v, in bounds %v", n, len(want), read, len(packed), err, untouched())
				}
				if !bytes.Equal(dst, want) {
					t.Error("the text differs")
				}
			}
		})
	}
}

func TestMemberDamaged(t *testing.T) {
	t.Parallel()
	text := []byte("a line and a line and a line\n")
	packed := member(t, text, gzip.Header{})
	change := func(at int, to byte) []byte {
		b := bytes.Clone(packed)
		b[(at+len(b))%len(b)] = to
		return b
	}
	wrongSum := withHeaderCRC(packed, 10)
	wrongSum[10] ^= 1
	tests := map[string]struct {
		src  []byte
		room int
		want error
	}{
		"as-it-should-be":  {packed, len(text), nil},
		"first-byte":       {change(0, 0x1e), 100, inflate.ErrHeader},
		"second-byte":      {change(1, 0), 100, inflate.ErrHeader},
		"method":           {change(2, 7), 100, inflate.ErrHeader},
		"reserved-flag":    {change(3, 0x20), 100, inflate.ErrHeader},
		"last-flag":        {change(3, 0x80), 100, inflate.ErrHeader},
		"text-flag":        {change(3, 1), 100, nil},
		"header-checksum":  {wrongSum, 100, inflate.ErrHeader},
		"other-text":       {[]byte("a line\n"), 100, inflate.ErrHeader},
		"other-short-text": {[]byte{'a'}, 100, inflate.ErrHeader},
		"stream":           {change(10, 0xff), 100, inflate.ErrCorrupt},
		"checksum":         {change(-8, packed[len(packed)-8]^1), 100, inflate.ErrChecksum},
		"checksum-high":    {change(-5, packed[len(packed)-5]^1), 100, inflate.ErrChecksum},
		"length":           {change(-4, packed[len(packed)-4]^1), 100, inflate.ErrChecksum},
		"length-high":      {change(-1, 1), 100, inflate.ErrChecksum},
		"too-little-room":  {packed, len(text) - 1, inflate.ErrTooLong},
		"no-room":          {packed, 0, inflate.ErrTooLong},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, read, err := new(inflate.Decoder).Member(make([]byte, test.room), test.src)
			if err != test.want {
				t.Errorf("got %d, read %d, error %v, want %v", n, read, err, test.want)
			}
		})
	}
}

func TestMemberTruncated(t *testing.T) {
	t.Parallel()
	text := jsonLines(11, 2000)
	packed := withHeaderCRC(member(t, text, gzip.Header{Name: "name", Comment: "comment", Extra: []byte("extra")}), 10+2+5+5+8)
	var d inflate.Decoder
	dst := make([]byte, len(text))
	for i := range packed {
		if n, read, err := d.Member(dst, packed[:i]); err != inflate.ErrTruncated || read > i {
			t.Fatalf("%d of %d bytes: got %d, read %d, error %v", i, len(packed), n, read, err)
		}
	}
}

// TestErrors has the sentences that people read.
func TestErrors(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, err := range []error{inflate.ErrCorrupt, inflate.ErrTruncated, inflate.ErrTooLong, inflate.ErrHeader, inflate.ErrChecksum} {
		if text := err.Error(); seen[text] || strings.HasSuffix(text, ".") {
			t.Errorf("%q", text)
		} else {
			seen[text] = true
		}
	}
}

// TestMemberOfOthers unpacks what gzip itself wrote.
func TestMemberOfOthers(t *testing.T) {
	t.Parallel()
	packed, err := os.ReadFile("testdata/gzip.gz")
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 1000)
	var got []string
	var d inflate.Decoder
	for len(packed) > 0 {
		n, read, err := d.Member(dst, packed)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(dst[:n]))
		packed = packed[read:]
	}
	want := []string{"first member, first member, first member\n", "", "second\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
