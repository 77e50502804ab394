package cli

import (
	"io"
	"testing"
	"time"

	"actionlog/storage"
)

// BenchmarkWrite writes an action in each form; floor is its JSON alone.
func BenchmarkWrite(b *testing.B) {
	a := storage.Action{
		Time: time.Unix(1_795_000_000, 123_000_000), Service: "CaseService", Action: "POST /cases/{id}", Status: storage.Failed,
		Duration: 12 * time.Millisecond, Error: "connection refused", ID: "01kav3d5xq8r2m4c00000000059",
		HTTP: &storage.HTTP{Method: "POST", Route: "/cases/{id}", Path: "/cases/1", Code: 503, RequestID: "req-059"},
	}
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		var line []byte
		for b.Loop() {
			line = a.AppendJSON(line[:0])
		}
	})
	for _, form := range append([]string{"parquet"}, formats...) {
		b.Run(form, func(b *testing.B) {
			b.ReportAllocs()
			w := (&export{form: form, view: view{loc: time.UTC}}).writer(io.Discard)
			for b.Loop() {
				if err := w.write(&a); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.flush(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
