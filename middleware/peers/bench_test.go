package main

import "testing"

func BenchmarkPeers(b *testing.B) {
	for _, p := range peers() {
		b.Run(p.slug, func(b *testing.B) {
			if err := measure(b, p); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// TestEachRecords shows that what is measured is recorded: status and bytes,
// as far as a row claims them.
func TestEachRecords(t *testing.T) {
	claims := map[string]record{
		"reqlog":     {wanted.status, untold, ""},
		"gin-logger": {wanted.status, untold, ""},
		"net-trace":  {untold, untold, ""},
		"promhttp":   {wanted.status, untold, ""},
	}
	for _, p := range peers() {
		t.Run(p.slug, func(t *testing.T) {
			out, err := newTape()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			h, records := p.build(setup{out: out}, create)
			for range 3 {
				if err := checkRecord(p, out, h, records); err != nil {
					t.Fatal(err)
				}
			}
			if p.kind == bare {
				return
			}
			out.keep(true)
			r, cancel := newRequest()
			defer cancel()
			h.ServeHTTP(&sink{header: map[string][]string{}}, r)
			want, ok := claims[p.slug]
			if !ok {
				want = wanted
			}
			if got := records(); len(got) != 1 || got[0] != want {
				t.Errorf("recorded %+v, want %+v", got, want)
			}
		})
	}
}
