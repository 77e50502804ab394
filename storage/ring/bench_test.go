package ring_test

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"
)

// request is what a middleware hands over for an ordinary request.
func request(h storage.Handle) storage.Finish {
	return storage.Finish{
		Handle: h, HTTP: true, Code: 200, Bytes: 512, Path: "/cases/42",
		RequestID: "0b5a9c1e7d3f4a26", Remote: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
	}
}

// recordOne records one action that took no time.
func recordOne(r *ring.Ring, h storage.Handle, a *storage.Active, f *storage.Finish) {
	*f = request(h)
	r.End(*a, f)
}

// BenchmarkRecord is one action into the ring, with everything counted: by
// handle (End, which reads the clock) and by name (Record, which looks it up).
// The floor is the clock reading, and making what is handed over.
func BenchmarkRecord(b *testing.B) {
	b.Run("floor=clock", func(b *testing.B) {
		base := time.Now()
		var sum time.Duration
		for b.Loop() {
			sum += time.Since(base)
		}
	})
	b.Run("floor=clock+request", func(b *testing.B) {
		base := time.Now()
		var sum time.Duration
		var f storage.Finish
		for b.Loop() {
			f = request(1)
			sum += time.Since(base)
		}
		runtime.KeepAlive(&f)
	})
	b.Run("end", func(b *testing.B) {
		r := ring.New(ring.Options{})
		h := r.Intern("S", "GET /cases/{id}", "/cases/{id}", "GET")
		var f storage.Finish
		a := storage.Active{Mono: 1 << 60}
		b.ReportAllocs()
		for b.Loop() {
			recordOne(r, h, &a, &f)
		}
	})
	b.Run("begin-end", func(b *testing.B) {
		r := ring.New(ring.Options{})
		h := r.Intern("S", "GET /cases/{id}", "/cases/{id}", "GET")
		s := storage.Start{Method: "GET", Path: "/cases/42", Remote: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Place: r.Place()}
		var f storage.Finish
		b.ReportAllocs()
		for b.Loop() {
			a := r.Begin(h, &s)
			recordOne(r, h, &a, &f)
		}
	})
	b.Run("by-name", func(b *testing.B) {
		r := ring.New(ring.Options{})
		now := time.Now()
		b.ReportAllocs()
		for b.Loop() {
			r.Record(storage.Action{Time: now, Service: "S", Action: "a", Status: storage.Success, Duration: time.Millisecond})
		}
	})
	b.Run("failed", func(b *testing.B) {
		r := ring.New(ring.Options{})
		h := r.Intern("S", "GET /cases/{id}", "/cases/{id}", "GET")
		a := storage.Active{Mono: 1 << 60}
		var f storage.Finish
		b.ReportAllocs()
		for b.Loop() {
			f = request(h)
			f.Failed, f.Error = true, "case 42 is locked by another user"
			r.End(a, &f)
		}
	})
}

// BenchmarkRecordContended has 1, 8 or 64 writers at full speed while two
// readers ask for recent(100) a hundred times a second, on two windows. It
// reports the quantiles of one Record among them, the clock reading included.
func BenchmarkRecordContended(b *testing.B) {
	for _, window := range []int{1000, 100_000} {
		for _, writers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("window=%d/writers=%d", window, writers), func(b *testing.B) {
				r := ring.New(ring.Options{Window: window})
				h := r.Intern("S", "GET /cases/{id}", "/cases/{id}", "GET")
				stop := make(chan struct{})
				var readers, wg sync.WaitGroup
				for range 2 {
					readers.Go(func() {
						tick := time.NewTicker(10 * time.Millisecond)
						defer tick.Stop()
						for {
							select {
							case <-stop:
								return
							case <-tick.C:
								_, _ = r.Search(context.Background(), storage.Query{})
							}
						}
					})
				}
				var left atomic.Int64
				left.Store(int64(b.N))
				times := make([][]time.Duration, writers)
				b.ReportAllocs()
				b.ResetTimer()
				for w := range writers {
					wg.Go(func() {
						a := storage.Active{Mono: 1 << 60}
						var f storage.Finish
						for left.Add(-256) > -256 {
							for i := range 256 {
								if i%16 != 0 {
									recordOne(r, h, &a, &f)
									continue
								}
								t := time.Now()
								recordOne(r, h, &a, &f)
								times[w] = append(times[w], time.Since(t))
							}
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				close(stop)
				readers.Wait()
				all := slices.Concat(times...)
				slices.Sort(all)
				b.ReportMetric(float64(all[len(all)/2]), "p50-ns")
				b.ReportMetric(float64(all[len(all)*999/1000]), "p99.9-ns")
			})
		}
	}
}

// BenchmarkRecent is recent(100), alone and while a writer on each core
// records at full speed.
func BenchmarkRecent(b *testing.B) {
	for _, window := range []int{1000, 100_000} {
		for _, writers := range []int{0, runtime.GOMAXPROCS(0)} {
			b.Run(fmt.Sprintf("window=%d/writers=%d", window, writers), func(b *testing.B) {
				r := ring.New(ring.Options{Window: window})
				h := r.Intern("S", "GET /cases/{id}", "/cases/{id}", "GET")
				a := storage.Active{Mono: 1 << 60}
				var f storage.Finish
				for range window + 1000 {
					recordOne(r, h, &a, &f)
				}
				var stop atomic.Bool
				var wg sync.WaitGroup
				for range writers {
					wg.Go(func() {
						var f storage.Finish
						for !stop.Load() {
							recordOne(r, h, &a, &f)
						}
					})
				}
				var times []time.Duration
				b.ReportAllocs()
				for b.Loop() {
					t := time.Now()
					if page, err := r.Search(context.Background(), storage.Query{}); err != nil || len(page.Actions) != 100 {
						b.Fatal(len(page.Actions), err)
					}
					times = append(times, time.Since(t))
				}
				stop.Store(true)
				wg.Wait()
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2]), "p50-ns")
			})
		}
	}
}

// BenchmarkFollowers is one Record with a thousand followers, at some ten
// thousand actions a second: ten at a time, the median of the tens.
func BenchmarkFollowers(b *testing.B) {
	for _, followers := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint("followers=", followers), func(b *testing.B) {
			r := ring.New(ring.Options{})
			h := r.Intern("S", "a", "", "")
			ctx, cancel := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			for range followers {
				wg.Go(func() {
					c := r.Follow(r.Newest())
					buf := make([]storage.Action, 128)
					for {
						if _, _, err := c.Next(ctx, buf); err != nil {
							return
						}
					}
				})
			}
			a := storage.Active{Mono: 1 << 60}
			var f storage.Finish
			var times []time.Duration
			for b.Loop() {
				t := time.Now()
				for range 10 {
					recordOne(r, h, &a, &f)
				}
				times = append(times, time.Since(t))
				time.Sleep(time.Millisecond)
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2])/10, "p50-ns/record")
			cancel()
			wg.Wait()
		})
	}
}

// BenchmarkGC is one garbage collection with a full window of a million
// actions that all have request ids of their own, beside one without.
func BenchmarkGC(b *testing.B) {
	for _, window := range []int{0, 1_000_000} {
		b.Run(fmt.Sprint("window=", window), func(b *testing.B) {
			var r *ring.Ring
			if window > 0 {
				r = ring.New(ring.Options{Window: window})
				h := r.Intern("S", "GET /cases/{id}", "/cases/{id}", "GET")
				a := storage.Active{Mono: 1 << 60}
				for i := range window + 1000 {
					f := request(h)
					f.RequestID = fmt.Sprintf("%032d", i)
					r.End(a, &f)
				}
			}
			for b.Loop() {
				runtime.GC()
			}
			runtime.KeepAlive(r)
		})
	}
}
