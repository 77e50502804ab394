//go:build linux || darwin || freebsd

package inflate_test

import (
	"bytes"
	"syscall"
	"testing"

	"actionlog/archive/internal/inflate"
)

// beforeFault returns size bytes; an access to what comes after them ends the
// program.
func beforeFault(t *testing.T, size int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	pages := (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, pages+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	if err := syscall.Mprotect(all[pages:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return all[pages-size : pages] // with the capacity to go on
}

func TestNothingBeyondIsAccessed(t *testing.T) {
	t.Parallel()
	text := jsonLines(12, 20_000)
	var d inflate.Decoder
	for _, level := range []int{0, 1, 6, 9} {
		packed := deflate(t, text, level, true)
		src := beforeFault(t, len(packed))
		copy(src, packed)
		dst := beforeFault(t, len(text))
		if n, _, err := d.Inflate(dst, src); err != nil || !bytes.Equal(dst[:n], text) {
			t.Fatalf("level %d: got %d, error %v", level, n, err)
		}
		for i := range 600 {
			if n, _, err := d.Inflate(dst[i:], src); n != len(text)-i || (err != nil) != (i > 0) {
				t.Fatalf("level %d, %d bytes too little room: got %d, error %v", level, i, n, err)
			}
			d.Inflate(dst, src[len(src)-i:]) // whatever it is
		}
	}
}
