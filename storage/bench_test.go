package storage_test

import (
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

func BenchmarkEncode(b *testing.B) {
	a := typical()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = a.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecode(b *testing.B) {
	a := typical()
	line := a.AppendJSON(nil)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	var got storage.Action
	for b.Loop() {
		if err := storage.DecodeJSON(line, &got); err != nil {
			b.Fatal(err)
		}
	}
}
