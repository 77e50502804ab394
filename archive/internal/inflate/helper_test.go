package inflate_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"testing"

	"actionlog/archive/internal/inflate"
)

// reference unpacks with the standard library. used is the length of the stream.
func reference(src []byte) (text []byte, used int, err error) {
	r := bytes.NewReader(src)
	text, err = io.ReadAll(flate.NewReader(r)) // takes no byte too many of an io.ByteReader
	return text, len(src) - r.Len(), err
}

// compare unpacks src into memories of several lengths around that of its text
// and fails where compress/flate has another opinion.
func compare(t *testing.T, d *inflate.Decoder, src []byte) {
	t.Helper()
	want, used, wantErr := reference(src)
	for _, size := range []int{len(want), len(want) + 1, len(want) + 1000, len(want) - 1, len(want) / 2, 0} {
		if size < 0 {
			continue
		}
		dst, untouched := guarded(size)
		n, read, err := d.Inflate(dst, src)
		if !untouched() {
			t.Fatalf("room for %d of %d: wrote beyond it", size, len(want))
		}
		if n > size || read > len(src) || n < 0 || read < 0 {
			t.Fatalf("room for %d, %d bytes packed: n is %d, read is %d", size, len(src), n, read)
		}
		if common := min(n, len(want)); !bytes.Equal(dst[:common], want[:common]) {
			t.Fatalf("room for %d of %d: the text differs", size, len(want))
		}
		var corrupt flate.CorruptInputError
		switch {
		case size < len(want):
			if err != inflate.ErrTooLong || n != size {
				t.Fatalf("room for %d of %d: got %d, error %v", size, len(want), n, err)
			}
		case wantErr == nil:
			if err != nil || n != len(want) || read != used {
				t.Fatalf("room for %d: got %d of %d, read %d of %d, error %v", size, n, len(want), read, used, err)
			}
		case errors.As(wantErr, &corrupt):
			if err != inflate.ErrCorrupt || n != len(want) {
				t.Fatalf("room for %d: got %d of %d, error %v, want %v", size, n, len(want), err, wantErr)
			}
		default:
			// With few bits left, compress/flate waits for as many as the end of
			// the block needs; here what is there is used, for good or ill.
			if err == nil || n < len(want) {
				t.Fatalf("room for %d: got %d of %d, error %v, want %v", size, n, len(want), err, wantErr)
			}
		}
	}
}

// guarded returns a slice that is in the middle of more memory, its capacity
// included, and what tells whether all around it is still as it was.
func guarded(size int) (b []byte, untouched func() bool) {
	const margin = 600
	all := bytes.Repeat([]byte{0xa5}, margin+size+margin)
	b = all[margin : margin+size]
	clear(b)
	want := bytes.Repeat([]byte{0xa5}, margin)
	return b, func() bool {
		return bytes.Equal(all[:margin], want) && bytes.Equal(all[margin+size:], want)
	}
}
