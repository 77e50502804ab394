package ship_test

import (
	"context"
	"fmt"
	"testing"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/storage"
)

// BenchmarkShip delivers 20,000 actions of a sealed and a plain file, with the
// checkpoint on the disk behind each batch; the floor is reading them in the
// archive's own order.
func BenchmarkShip(b *testing.B) {
	const count = 20_000
	dir, _ := newArchive(b, count)
	perAction := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/action")
	}
	b.Run("floor-read", func(b *testing.B) {
		a, err := archive.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range a.Actions(b.Context(), storage.Query{}) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != count {
				b.Fatal(n)
			}
		}
		perAction(b)
	})
	for _, batch := range []int{100, 1000} {
		b.Run(fmt.Sprintf("batch-%d", batch), func(b *testing.B) {
			taken := 0
			to := deliverFunc(func(_ context.Context, list []storage.Action) (ship.Outcome, error) {
				taken += len(list)
				return ship.Outcome{}, nil
			})
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				s, err := ship.Open(dir, to, ship.Options{Name: fmt.Sprintf("b%d-%d-%d", batch, b.N, n), Batch: batch})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.CatchUp(b.Context()); err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
			if taken != n*count {
				b.Fatalf("%d were taken in %d rounds", taken, n)
			}
			perAction(b)
		})
	}
}
