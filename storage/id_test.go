package storage_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
)

func TestID(t *testing.T) {
	t.Parallel()
	p := storage.NewProcess(now)
	r := rand.New(rand.NewPCG(11, 12))
	last := storage.ID("")
	for _, n := range []uint64{0, 1, 31, 32, 1023, 1024, 1 << 32, 1<<50 - 1} {
		id := p.ID(n)
		if len(id) != 27 || strings.Trim(string(id), "0123456789abcdefghjkmnpqrstvwxyz") != "" {
			t.Errorf("%d: %q is not 27 characters of base 32", n, id)
		}
		if id <= last {
			t.Errorf("%d: %q is not greater than %q", n, id, last)
		}
		last = id
		if got, ok := p.Number(id); !ok || got != n {
			t.Errorf("%q: got the number %d, %v, want %d", id, got, ok, n)
		}
		if got := string(p.AppendID([]byte("x"), n)); got != "x"+string(id) {
			t.Errorf("appended %q", got)
		}
	}
	for range 1000 {
		x, y := r.Uint64N(1<<50), r.Uint64N(1<<50)
		if (x < y) != (p.ID(x) < p.ID(y)) {
			t.Errorf("%d and %d are ordered as numbers and not as ids", x, y)
		}
	}
}

func TestIDOfAnother(t *testing.T) {
	t.Parallel()
	p, q := storage.NewProcess(now), storage.NewProcess(now)
	if p == q {
		t.Error("two processes of one moment are the same")
	}
	own := p.ID(5)
	for _, id := range []storage.ID{"", "x", q.ID(5), own[:26], own + "0", own[:26] + "u", own[:26] + "Z", own[:26] + "\xff"} {
		if n, ok := p.Number(id); ok {
			t.Errorf("%q: got the number %d", id, n)
		}
	}
	later := storage.NewProcess(now.Add(time.Millisecond))
	if later.ID(0) <= p.ID(1<<50-1) {
		t.Error("ids of a process that began later are not greater")
	}
}

func TestIDBefore(t *testing.T) {
	t.Parallel()
	p := storage.NewProcess(now)
	for _, n := range []uint64{1, 2, 32, 1 << 40, 1<<50 - 1} {
		if got, ok := p.ID(n).Before(); !ok || got != p.ID(n-1) {
			t.Errorf("before number %d comes %q, %v", n, got, ok)
		}
	}
	for _, id := range []storage.ID{"", "x", p.ID(0), p.ID(5)[:26], p.ID(5) + "0", p.ID(5)[:26] + "u"} {
		if got, ok := id.Before(); ok {
			t.Errorf("before %q comes %q", id, got)
		}
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	p := storage.NewProcess(now)
	stamp := storage.Stamp{Process: &p, Number: 7}
	if got := string(stamp.AppendID(nil)); got != string(p.ID(7)) {
		t.Errorf("got %q", got)
	}
	if got := (storage.Stamp{Number: 7}).AppendID([]byte("x")); string(got) != "x" {
		t.Errorf("got %q of what was not recorded", got)
	}
}

func TestTraceIDs(t *testing.T) {
	t.Parallel()
	trace, ok := storage.ParseTraceID("4BF92f3577b34da6a3ce929d0e0e4736")
	if !ok || trace.IsZero() || trace.String() != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("got %v, %v", trace, ok)
	}
	span, ok := storage.ParseSpanID("00f067AA0ba902b7")
	if !ok || span.IsZero() || span.String() != "00f067aa0ba902b7" {
		t.Errorf("got %v, %v", span, ok)
	}
	for _, s := range []string{"", "4bf9", strings.Repeat("0", 32), strings.Repeat("g", 32), strings.Repeat("a", 31), strings.Repeat("a", 33), strings.Repeat("a", 31) + "/"} {
		if got, ok := storage.ParseTraceID(s); ok || !got.IsZero() || got.String() != "" {
			t.Errorf("trace id %q: got %v", s, got)
		}
	}
	for _, s := range []string{"", "00f0", strings.Repeat("0", 16), strings.Repeat("g", 16), strings.Repeat("a", 15), strings.Repeat("a", 17), strings.Repeat("a", 15) + "/"} {
		if got, ok := storage.ParseSpanID(s); ok || !got.IsZero() || got.String() != "" {
			t.Errorf("span id %q: got %v", s, got)
		}
	}
	if a := full(); !a.Failed() {
		t.Error("a failed action is not failed")
	}
}
