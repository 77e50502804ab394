package storage_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"actionlog/storage"
)

// typical is an HTTP action as a service records it all day.
func typical() storage.Action {
	process := storage.NewProcess(time.Date(2025, 11, 13, 11, 0, 0, 0, time.UTC))
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	return storage.Action{
		Time:     time.Date(2025, 11, 13, 12, 0, 0, 123456789, time.UTC),
		Service:  "CaseService",
		Action:   "POST /cases/{id}",
		Status:   storage.Success,
		Duration: 45123456,
		ID:       process.ID(123456),
		HTTP: &storage.HTTP{
			Method: "POST", Route: "/cases/{id}", Path: "/cases/4711", Code: 201, Bytes: 512,
			Remote: netip.MustParseAddr("192.168.10.24"), RequestID: "7c9e6679-7425-40de-944b",
		},
		TraceID: trace,
	}
}

// BenchmarkEncode has the copy of as many bytes as its floor.
func BenchmarkEncode(b *testing.B) {
	a := typical()
	line := a.AppendJSON(nil)
	buf := make([]byte, 0, 1024)
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		b.ReportAllocs()
		for b.Loop() {
			buf = append(buf[:0], line...)
		}
	})
	b.Run("typical", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		b.ReportAllocs()
		for b.Loop() {
			buf = a.AppendJSON(buf[:0])
		}
	})
	b.Run("full", func(b *testing.B) {
		a := full()
		b.SetBytes(int64(len(a.AppendJSON(nil))))
		b.ReportAllocs()
		for b.Loop() {
			buf = a.AppendJSON(buf[:0])
		}
	})
}

// BenchmarkDecode has encoding/json's check of the syntax as its floor.
func BenchmarkDecode(b *testing.B) {
	a := typical()
	line := a.AppendJSON(nil)
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		b.ReportAllocs()
		for b.Loop() {
			if !json.Valid(line) {
				b.Fatal("not valid")
			}
		}
	})
	b.Run("typical", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		b.ReportAllocs()
		var got storage.Action
		for b.Loop() {
			if err := storage.DecodeJSON(line, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	a := full()
	for _, test := range []struct {
		name string
		q    storage.Query
	}{
		{"floor", storage.Query{}},
		{"status", storage.Query{Status: storage.Success}},
		{"fields", storage.Query{Services: []string{"CaseService"}, Status: storage.Failed, Code: storage.Class(2), MinDuration: 1, From: a.Time}},
		{"text-absent", storage.Query{Text: "rate limit exceeded"}},
	} {
		b.Run(test.name, func(b *testing.B) {
			m := compile(b, test.q)
			b.ReportAllocs()
			for b.Loop() {
				m.Match(&a)
			}
		})
	}
}

// BenchmarkCollector makes one page out of 100,000 actions.
func BenchmarkCollector(b *testing.B) {
	list := make([]storage.Action, 100_000)
	process := storage.NewProcess(now)
	for i := range list {
		list[i] = storage.Action{Time: now.Add(time.Duration(i)), Duration: time.Duration(i * 7919 % 100_003), ID: process.ID(uint64(i))}
	}
	for _, order := range []storage.Sort{storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst} {
		b.Run(string(order), func(b *testing.B) {
			m := compile(b, storage.Query{Sort: order})
			b.ReportAllocs()
			for b.Loop() {
				c := storage.NewCollector(m)
				for i := range list {
					c.Offer(&list[i])
				}
				c.Page("")
			}
		})
	}
}

// BenchmarkRedact has the loop over all bytes as its floor.
func BenchmarkRedact(b *testing.B) {
	r := storage.DefaultRedactor()
	const clean = "dial tcp 10.0.0.1:5432: connect: connection refused (attempt 3 of 5)"
	const secret = "dial postgres://app:hunter2@db/cases: no route to host (attempt 3 of 5)"
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(clean)))
		var sum byte
		for b.Loop() {
			for i := range len(clean) {
				sum += clean[i]
			}
		}
		_ = sum
	})
	for name, f := range map[string]func(){
		"clean-error": func() { r.Error(clean) },
		"secret":      func() { r.Error(secret) },
		"path":        func() { r.Path("/cases/4711/notes") },
		"path-query":  func() { r.Path("/cases?page=2&sort=-name&limit=50") },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	b.Run("clean-action", func(b *testing.B) {
		a := full()
		b.ReportAllocs()
		for b.Loop() {
			r.Clean(&a)
		}
	})
}

func BenchmarkHistogram(b *testing.B) {
	var h storage.Histogram
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		d := time.Duration(1)
		for b.Loop() {
			h.Add(d)
			d = d*5 + 1
			if d > time.Hour {
				d = 1
			}
		}
	})
	b.Run("quantile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.Quantile(0.99)
		}
	})
}
