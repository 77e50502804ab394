package sqlite_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

const (
	benchBatch = 1000
	benchDay   = 24 * time.Hour
)

var benchBegin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// benchSize is how many actions there are: a million in the full check.
func benchSize() int {
	if os.Getenv("ACTIONLOG_FULL") != "" {
		return 1_000_000
	}
	return 50_000
}

// traffic makes actions that spread over a day: 40 routes of 8 services, one in
// twenty failed.
type traffic struct {
	r       *rand.Rand
	process storage.Process
	n, size int
	plain   bool // actions that are no requests
	traced  bool // requests that came with an id and a trace
}

func newTraffic(size int) *traffic {
	return &traffic{r: rand.New(rand.NewPCG(1, 2)), process: storage.NewProcess(benchBegin), size: size}
}

var (
	benchServices = []string{"CaseService", "ChatService", "AuthenticationService", "Billing", "Search", "Files", "Mailer", "Users"}
	benchRoutes   = []string{"GET /cases/{id}", "POST /cases", "GET /cases/{id}/notes", "DELETE /documents/{id}", "GET /overview"}
	benchActions  = []string{"createCase", "sendMessage", "login", "deleteDocument", "refreshToken"}
)

func (t *traffic) fill(batch []storage.Action) []storage.Action {
	for i := range batch {
		t.n++
		at := benchBegin.Add(time.Duration(int64(benchDay) / int64(t.size) * int64(t.n)))
		k := t.r.IntN(len(benchRoutes))
		a := storage.Action{
			Time: at, Service: benchServices[t.r.IntN(len(benchServices))], Action: benchActions[k],
			Status: storage.Success, Duration: time.Duration(t.r.ExpFloat64() * 4e7), ID: t.process.ID(uint64(t.n)),
		}
		if !t.plain {
			method, route, _ := strings.Cut(benchRoutes[k], " ")
			a.Action = benchRoutes[k]
			a.HTTP = &storage.HTTP{
				Method: method, Route: route, Path: strings.Replace(route, "{id}", fmt.Sprint(1+t.r.IntN(2_000_000)), 1), Code: 200,
				Bytes: int64(t.r.ExpFloat64() * 2000), Remote: netip.AddrFrom4([4]byte{10, 0, 0, byte(t.r.IntN(256))}), RequestID: string(a.ID),
			}
			if t.traced {
				binary.BigEndian.PutUint64(a.TraceID[:], t.r.Uint64())
				binary.BigEndian.PutUint64(a.TraceID[8:], t.r.Uint64())
				binary.BigEndian.PutUint64(a.SpanID[:], t.r.Uint64())
				a.HTTP.RequestID = fmt.Sprintf("%08x-%04x-4000-8000-%012x", t.r.Uint32(), t.r.Uint32()&0xffff, t.r.Uint64()&(1<<48-1))
			}
		}
		if t.r.IntN(20) == 0 {
			a.Status, a.Error = storage.Failed, "connection refused by 10.0.0.12:5432"
			if a.HTTP != nil {
				a.HTTP.Code = 500
			}
		}
		batch[i] = a
	}
	return batch
}

// benchStore is a database of a day.
func benchStore(b *testing.B, size int) *sqlite.Store {
	b.Helper()
	s := openNew(b)
	t := newTraffic(size)
	batch := make([]storage.Action, benchBatch)
	for t.n < size {
		if err := s.Write(b.Context(), t.fill(batch)); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkWrite reports rows a second, and bytes of file a row.
func BenchmarkWrite(b *testing.B) {
	for _, kind := range []string{"requests", "plain", "traced"} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			size := benchSize()
			var spent time.Duration
			var rows, bytes int64
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "actions.sqlite")
				s, err := sqlite.Open(path, sqlite.Options{MaxAge: -1})
				if err != nil {
					b.Fatal(err)
				}
				t := newTraffic(size)
				t.plain, t.traced = kind == "plain", kind == "traced"
				batch := make([]storage.Action, benchBatch)
				for t.n < size {
					t.fill(batch)
					began := time.Now()
					if err := s.Write(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
					spent += time.Since(began)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				info, err := os.Stat(path)
				if err != nil {
					b.Fatal(err)
				}
				rows, bytes = rows+int64(size), bytes+info.Size()
			}
			b.ReportMetric(float64(rows)/spent.Seconds(), "rows/s")
			b.ReportMetric(float64(bytes)/float64(rows), "bytes/row")
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	s := benchStore(b, benchSize())
	noon := benchBegin.Add(12 * time.Hour)
	newest := search(b, s, storage.Query{Limit: 1})
	for _, test := range []struct {
		name string
		q    storage.Query
	}{
		{"recent", storage.Query{}},
		{"failed", storage.Query{Status: storage.Failed}},
		{"service", storage.Query{Services: []string{"ChatService"}}},
		{"failed-of-service", storage.Query{Services: []string{"ChatService"}, Status: storage.Failed}},
		{"hour-slower-than-150ms", storage.Query{From: noon, To: noon.Add(time.Hour), MinDuration: 150 * time.Millisecond}},
		{"hour-slower-than-1s", storage.Query{From: noon, To: noon.Add(time.Hour), MinDuration: time.Second}},
		{"slowest", storage.Query{Sort: storage.SlowestFirst}},
		{"text", storage.Query{Text: "nowhere"}},
		{"request-id", storage.Query{RequestID: string(newest[0].ID)}},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Search(b.Context(), test.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("traced-request-id", func(b *testing.B) {
		s := openNew(b)
		t := newTraffic(benchSize())
		t.traced = true
		batch := make([]storage.Action, benchBatch)
		for t.n < t.size {
			if err := s.Write(b.Context(), t.fill(batch)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		for b.Loop() {
			if list := search(b, s, storage.Query{RequestID: batch[7].HTTP.RequestID}); len(list) != 1 {
				b.Fatalf("%d were found", len(list))
			}
		}
	})
	b.Run("stats", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Stats(b.Context(), storage.Query{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("stats-between-minutes", func(b *testing.B) {
		b.ReportAllocs()
		q := storage.Query{From: benchBegin.Add(90*time.Minute + time.Second), To: benchBegin.Add(20*time.Hour + time.Second)}
		for b.Loop() {
			if _, err := s.Stats(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("series-by-minute", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Series(b.Context(), storage.Query{}, 5*time.Minute); err != nil {
				b.Fatal(err)
			}
		}
	})
}
