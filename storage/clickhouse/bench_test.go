package clickhouse_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/clickhouse"
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
}

func newTraffic(size int) *traffic {
	return &traffic{r: rand.New(rand.NewPCG(1, 2)), process: storage.NewProcess(benchBegin), size: size}
}

var (
	benchServices = []string{"CaseService", "ChatService", "AuthenticationService", "Billing", "Search", "Files", "Mailer", "Users"}
	benchRoutes   = []string{"GET /cases/{id}", "POST /cases", "GET /cases/{id}/notes", "DELETE /documents/{id}", "GET /overview"}
)

func (t *traffic) fill(batch []storage.Action) []storage.Action {
	for i := range batch {
		t.n++
		at := benchBegin.Add(time.Duration(int64(24*time.Hour) / int64(t.size) * int64(t.n-1)))
		name := benchRoutes[t.r.IntN(len(benchRoutes))]
		method, route, _ := strings.Cut(name, " ")
		a := storage.Action{
			Time: at, Service: benchServices[t.r.IntN(len(benchServices))], Action: name, Instance: "web-1",
			Status: storage.Success, Duration: time.Duration(t.r.ExpFloat64() * 4e7), ID: t.process.ID(uint64(t.n)),
		}
		a.HTTP = &storage.HTTP{
			Method: method, Route: route, Path: strings.Replace(route, "{id}", fmt.Sprint(1+t.r.IntN(2_000_000)), 1), Code: 200,
			Bytes: int64(t.r.ExpFloat64() * 2000), Remote: netip.AddrFrom4([4]byte{10, 0, 0, byte(t.r.IntN(256))}), RequestID: string(a.ID),
		}
		if t.r.IntN(20) == 0 {
			a.Status, a.Error, a.HTTP.Code = storage.Failed, "connection refused by 10.0.0.12:5432", 500
		}
		batch[i] = a
	}
	return batch
}

// load writes a day, and returns how long the writes took.
func load(b *testing.B, s storage.Sink, size, batchSize int) (spent time.Duration) {
	b.Helper()
	t := newTraffic(size)
	batch := make([]storage.Action, batchSize)
	for t.n < size {
		t.fill(batch)
		began := time.Now()
		if err := s.Write(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(began)
	}
	return spent
}

// BenchmarkWrite reports rows a second by the size of a batch, and, once parts
// are merged, bytes on disk a row and what they were before compression.
func BenchmarkWrite(b *testing.B) {
	for _, batch := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(batch), func(b *testing.B) {
			b.ReportAllocs()
			srv := single(b)
			var spent time.Duration
			rows := 0
			for b.Loop() {
				database := newDatabase(b, srv)
				s := open(b, srv.dsn(database), quiet())
				spent += load(b, s, benchSize(), batch)
				rows += benchSize()
				srv.run(b, "OPTIMIZE TABLE "+database+".action_logs FINAL")
				for name, what := range map[string]string{"bytes/row": "data_compressed_bytes", "raw-bytes/row": "data_uncompressed_bytes"} {
					n, err := strconv.ParseFloat(srv.one(b, "SELECT sum("+what+") FROM system.parts WHERE active AND table = 'action_logs' AND database = '"+database+"'"), 64)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(n/float64(benchSize()), name)
				}
			}
			b.ReportMetric(float64(rows)/spent.Seconds(), "rows/s")
		})
	}
}

// BenchmarkRead asks of a day; the floor is a question that reads nothing.
func BenchmarkRead(b *testing.B) {
	srv := single(b)
	database := newDatabase(b, srv)
	s := open(b, srv.dsn(database), quiet())
	load(b, s, benchSize(), 10_000)
	conn := srv.connect(b)
	defer conn.Close()
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			var one uint8
			if err := conn.QueryRow(b.Context(), "SELECT 1").Scan(&one); err != nil {
				b.Fatal(err)
			}
		}
	})
	half := benchBegin.Add(12 * time.Hour)
	for _, test := range []struct {
		name string
		q    storage.Query
	}{
		{"recent", storage.Query{}},
		{"failed", storage.Query{Status: storage.Failed}},
		{"failed-of-service", storage.Query{Services: []string{"ChatService"}, Status: storage.Failed}},
		{"hour-slower-than-150ms", storage.Query{From: half, To: half.Add(time.Hour), MinDuration: 150 * time.Millisecond}},
		{"slowest", storage.Query{Sort: storage.SlowestFirst}},
		{"text", storage.Query{Text: "nowhere"}},
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
	counts(b, s, "-of-rows")
	began := time.Now()
	if err := s.Tidy(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("a day of %d actions was rolled up in %v", benchSize(), time.Since(began))
	counts(b, s, "")
}

func counts(b *testing.B, s *clickhouse.Store, name string) {
	b.Run("stats"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Stats(b.Context(), storage.Query{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("series"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Series(b.Context(), storage.Query{}, 5*time.Minute); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("errors"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Errors(b.Context(), storage.Query{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCountByID compares ways to count each id once, which repeats make
// necessary until parts are merged, with counting rows.
func BenchmarkCountByID(b *testing.B) {
	srv := single(b)
	database := newDatabase(b, srv)
	s := open(b, srv.dsn(database), quiet())
	load(b, s, benchSize(), 10_000)
	conn := srv.connect(b)
	defer conn.Close()
	const groups = "service, action, status, duration_bucket"
	table := database + ".action_logs"
	for _, test := range []struct{ name, sql string }{
		{"rows", "SELECT " + groups + ", count(), max(duration_ns) FROM " + table + " GROUP BY " + groups},
		{"uniqExact", "SELECT " + groups + ", uniqExact(action_id), max(duration_ns) FROM " + table + " GROUP BY " + groups},
		{"final", "SELECT " + groups + ", count(), max(duration_ns) FROM " + table + " FINAL GROUP BY " + groups},
		{"limit-by", "SELECT " + groups + ", count(), max(duration_ns) FROM (SELECT " + groups + ", duration_ns, action_id FROM " + table + " LIMIT 1 BY action_id) GROUP BY " + groups},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				if err := conn.Exec(b.Context(), test.sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
