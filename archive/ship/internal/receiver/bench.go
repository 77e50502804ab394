package receiver

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"actionlog/archive/ship"
)

// benchBatch is how many actions are delivered at once.
const benchBatch = 1000

// Benchmark measures how long a destination takes for a batch that a far side
// takes at once, and beside it the floor: the same actions as JSON Lines, packed
// and posted.
func Benchmark(b *testing.B, header map[string]string, body string, open func(url string) (ship.Destination, error)) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		io.WriteString(w, body)
	}))
	b.Cleanup(s.Close)
	batch := Actions(benchBatch, time.Now())
	b.Run("deliver", func(b *testing.B) {
		d, err := open(s.URL)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if out, err := d.Deliver(b.Context(), batch); err != nil || len(out.Retry)+len(out.Refused) > 0 {
				b.Fatalf("%+v, %v", out, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBatch, "ns/action")
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		var lines, packed bytes.Buffer
		zip, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			lines.Reset()
			packed.Reset()
			for i := range batch {
				lines.Write(append(batch[i].AppendJSON(lines.AvailableBuffer()), '\n'))
			}
			zip.Reset(&packed)
			zip.Write(lines.Bytes())
			zip.Close()
			res, err := http.Post(s.URL, "application/json", bytes.NewReader(packed.Bytes()))
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBatch, "ns/action")
		http.DefaultClient.CloseIdleConnections()
	})
}

// BenchBatch returns n copies of an item, one for each action of the batch.
func BenchBatch(item string) string {
	return string(bytes.TrimSuffix(bytes.Repeat([]byte(item+","), benchBatch), []byte(",")))
}
