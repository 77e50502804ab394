package sqlite

import (
	"bytes"
	"cmp"
	"testing"
	"time"

	"actionlog/storage"
)

var processes = [2]storage.Process{
	storage.NewProcess(time.UnixMilli(1)),
	storage.NewProcess(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)),
}

// ids are ids of this module and others that lie everywhere between them.
func ids() []storage.ID {
	list := []storage.ID{"", "\x00", "/", "0", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "zzzzzzzzzzzzzzzzzzzzzzzzzzzz", "{", "\u00ff", "i", "018f2f6e-0000-7000-8000-ABCDEF012345",
		"000000000000000000000000000", "0000000000000000000000000000", "00000000000000000000000000"}
	for _, p := range processes {
		for _, n := range []uint64{0, 1, 31, 32, 255, 256, 65535, 65536, 1<<24 - 1, 1 << 24, 1<<50 - 1} {
			id := p.ID(n)
			list = append(list, id, id+"0", id+"-", id[:26], id[:20]+"U"+id[21:], id[:5]+"-"+id[6:])
		}
	}
	return list
}

func TestKeysOrderAsIDs(t *testing.T) {
	t.Parallel()
	list := ids()
	for _, x := range list {
		checkKey(t, x, x)
		for _, y := range list {
			checkKey(t, x, y)
		}
	}
}

// checkKey tests that the forms of two ids can be read back and compare as the
// ids do.
func checkKey(t *testing.T, x, y storage.ID) {
	t.Helper()
	kx, ky := appendKey(nil, x), appendKey(nil, y)
	if got, err := parseKey(kx); err != nil || got != x {
		t.Fatalf("parseKey(appendKey(%q)) is %q, %v; the form is %x", x, got, err, kx)
	}
	if got, want := bytes.Compare(kx, ky), cmp.Compare(x, y); got != want {
		t.Fatalf("%q and %q compare as %d, but their forms %x and %x as %d", x, y, want, kx, ky, got)
	}
}

func TestKeyIsShort(t *testing.T) {
	t.Parallel()
	if n := len(appendKey(nil, processes[1].ID(1_000_000))); n != 15 {
		t.Errorf("the form of an id with the number 1,000,000 has %d bytes, want 15", n)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	good := appendKey(nil, processes[1].ID(1000))
	for _, key := range [][]byte{nil, {0x80}, good[:11], good[:len(good)-1], append([]byte{0x40}, good[1:]...), append(append(good[:11:11], 8), 1, 2, 3, 4, 5, 6, 7, 8)} {
		if id, err := parseKey(key); err == nil {
			t.Errorf("parseKey(%x) is %q, want an error", key, id)
		}
	}
}

func FuzzKey(f *testing.F) {
	list := ids()
	for i := range list {
		f.Add(string(list[i]), string(list[len(list)-1-i]))
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		checkKey(t, storage.ID(x), storage.ID(y))
		if id, err := parseKey([]byte(x)); err == nil && len(id) == 0 && x != "\x00" {
			t.Fatalf("parseKey(%q) is empty", x)
		}
	})
}
